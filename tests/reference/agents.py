"""What the contract says of agents, read as plainly as can be: every moment by itself.

Times are microseconds, events are as `parse_value` leaves them. Shares no code with the service.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

FOREVER = 1 << 62
CONFORM = {"work": ("available", "busy", "wrap_up"), "pause": ("paused", "offline")}
KINDS = ("agent-state-changed", "agent-scheduled", "agent-employed")
#: The labels of each sample, in the order of `Agents.numbers`.
LABELS: Final = {
    "cx_agents": ("team", "state"),
    "cx_window_agent_seconds": ("team", "state", "window"),
    "cx_window_agent_scheduled_seconds": ("team", "activity", "window"),
    "cx_window_agent_adherent_seconds": ("team", "activity", "window"),
    "cx_agents_employed": ("team",),
    "cx_window_agents_employed_seconds": ("team", "window"),
    "cx_window_agents_left": ("team", "window"),
    "cx_agent_seconds_total": ("team", "state"),
    "cx_revised_total": ("fact", "cause"),
}
Event = dict[str, Any]


def moment(text: str) -> int:
    since = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(microseconds=1)


class Person:
    """One agent: the events that stand by part, and what was counted of him."""

    def __init__(self) -> None:
        self.standing: dict[tuple[str, Any], Event] = {}
        #: The latest end that any version of a part has said.
        self.reach: dict[tuple[str, Any], int] = {}
        self.has_left = True
        #: The latest state before the agent last left.
        self.last_state = -FOREVER
        #: What lies before all windows says no more than the team.
        self.old: list[Event] = []
        #: Begin, end, team, state.
        self.counted: list[tuple[int, int, str, str]] = []
        self.revised = 0

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.standing.values() if event["topic"] == kind]

    def state(self, at: int) -> str | None:
        before = [it for it in self.of(KINDS[0]) if it["begins"] <= at]
        return max(before, key=lambda it: it["begins"])["state"] if before else None

    def team(self, clock: int) -> str:
        said = [
            (it["begins"], it["version"], KINDS.index(it["topic"]), _order(it), it["team"])
            for it in (*self.old, *self.standing.values())
            if it["team"] and not it["cancelled"] and it["begins"] <= clock
        ]
        return max(said)[-1] if said else "none"

    def planned(self, at: int) -> str | None:
        activities = {
            it["activity"]
            for it in self.of(KINDS[1])
            if not it["cancelled"] and it["begins"] <= at < it["ends"]
        }
        return "pause" if "pause" in activities else "work" if activities else None

    def employed(self, at: int) -> bool:
        return any(it["begins"] <= at < it["ends"] for it in self.of(KINDS[2]))

    def leaves_at(self, longest: int) -> int:
        states = self.of(KINDS[0])
        latest = max(states, key=lambda it: it["begins"], default=None)
        if latest and latest["state"] != "offline":
            return FOREVER
        plans = [it for it in self.standing.values() if it["topic"] != KINDS[0]]
        ends = [it["ends"] for it in plans if not it["cancelled"]]
        ends += [latest["begins"]] if latest else []
        ends = ends or [it["ends"] for it in plans]
        return max(ends) + longest if ends else FOREVER


def _order(event: Event) -> tuple[str, ...]:
    if event["topic"] == KINDS[0]:
        return (event["state"],)
    if event["topic"] == KINDS[1]:
        return (f"{event['ends']:020}", event["activity"])
    return (f"{event['ends']:020}",)


def _rank(event: Event) -> tuple[Any, ...]:
    team = event["team"] or ""
    if event["topic"] == KINDS[0]:
        return event["version"], event["state"], team
    if event["topic"] == KINDS[1]:
        fields = (event["begins"], event["ends"], event["activity"], team, event["cancelled"])
        return event["version"], *fields
    return event["version"], event["ends"], team


def read(topic: str, fields: Event) -> Event:
    first, last = {
        KINDS[0]: ("changed_at", "changed_at"),
        KINDS[1]: ("starts_at", "ends_at"),
        KINDS[2]: ("employed_from", "employed_until"),
    }[topic]
    begins = fields[first]
    return {
        "topic": topic,
        "agent": fields["agent_id"],
        "begins": begins,
        "ends": FOREVER if fields[last] is None else fields[last],
        "state": fields.get("state"),
        "activity": fields.get("activity"),
        "team": fields["team"],
        "cancelled": fields.get("cancelled", False),
        "version": fields["version"],
        "part": fields.get("shift_id", begins),
    }


class Agents:
    """A partition: `windows` by name, of (length, step) or of the name of a calendar window."""

    def __init__(
        self, windows: dict[str, tuple[int, int] | str], timezone: str, longest: int, lateness: int
    ) -> None:
        self.windows, self.zone = windows, ZoneInfo(timezone)
        self.longest, self.lateness = longest, lateness
        self.clock = -FOREVER
        self.people: dict[str, Person] = {}

    def apply(self, topic: str, fields: Event) -> str:
        event = read(topic, fields)
        horizon = self.clock - self.longest
        person = self.people.setdefault(event["agent"], Person())
        if topic == KINDS[0] and event["begins"] <= horizon:
            known = [it["begins"] for it in person.of(topic) if it["begins"] <= horizon]
            if person.has_left or any(at > event["begins"] for at in known):
                return "too_late"
            if event["begins"] <= person.last_state:
                return "too_late"
        elif topic != KINDS[0] and event["ends"] <= horizon:
            return "too_late"
        # A part is held until none of its versions, should one come again, could tell anything.
        for part, one in list(person.standing.items()):
            if one["topic"] != KINDS[0] and person.reach[part] <= horizon:
                person.old.append(person.standing.pop(part))
                del person.reach[part]
        part = topic, event["part"]
        stands = person.standing.get(part)
        person.reach[part] = max(event["ends"], person.reach.get(part, event["ends"]))
        if stands is not None and _rank(stands) >= _rank(event):
            return "duplicate" if stands == event else "accepted"
        before = person.state(event["begins"]) if topic == KINDS[0] else None
        final = self.clock - self.lateness
        person.standing[part] = event
        person.has_left = False
        if before is not None and before != event["state"] and event["begins"] < final:
            person.revised += 1
        self._count(person, final, self.clock)
        return "accepted"

    def advance(self, clock: int) -> None:
        former, self.clock = self.clock, max(self.clock, clock)
        for person in self.people.values():
            if person.has_left:
                continue
            leaves = person.leaves_at(self.longest)
            self._count(person, min(self.clock, leaves) - self.lateness, former)
            if leaves <= self.clock:
                horizon = self.clock - self.longest
                states = [it["begins"] for it in person.of(KINDS[0])]
                person.last_state = max([person.last_state, *states])
                for part, one in list(person.standing.items()):
                    if one["topic"] == KINDS[0] or person.reach[part] <= horizon:
                        del person.standing[part]
                        del person.reach[part]
                person.old.clear()
                person.has_left = True

    def _count(self, person: Person, until: int, known: int) -> None:
        """Counts every second before `until` that has a state and is not counted yet."""
        points = {it["begins"] for it in (*person.standing.values(), *person.old)}
        cuts = points | {at - self.lateness for at in points} | {known - self.lateness, until}
        cuts |= {at for begins, ends, *_ in person.counted for at in (begins, ends)}
        ordered = sorted(at for at in cuts if at <= until)
        for begins, ends in pairwise(ordered):
            state = person.state(begins)
            if state and not any(since <= begins < upto for since, upto, *_ in person.counted):
                team = person.team(max(begins + self.lateness, known))
                person.counted.append((begins, ends, team, state))

    def spans(self) -> dict[str, tuple[int, int]]:
        """Begin and end of each window, the end excluded."""
        found = {}
        for name, window in self.windows.items():
            if isinstance(window, tuple):
                length, step = window
                first = self.clock // step * step - length + step
                found[name] = first, self.clock
            else:
                found[name] = self._calendar(window)
        return found

    def _calendar(self, name: str) -> tuple[int, int]:
        today = datetime.fromtimestamp(self.clock // 1_000_000, self.zone).date()
        first, last = today, self.clock
        if name == "yesterday":
            first, last = today - timedelta(1), self._midnight(today)
        elif name == "this_week":
            first = today - timedelta(today.weekday())
        elif name == "this_month":
            first = today.replace(day=1)
        return self._midnight(first), last

    def _midnight(self, day: Any) -> int:
        return moment(datetime(day.year, day.month, day.day, tzinfo=self.zone).isoformat())

    def numbers(self) -> dict[tuple[str, ...], int]:
        """Sample name and labels to the value, seconds as microseconds; zeros are left out."""
        found: Counter[tuple[str, ...]] = Counter()
        spans = self.spans()
        for person in self.people.values():
            for begins, ends, team, state in person.counted:
                found["cx_agent_seconds_total", team, state] += ends - begins
            found["cx_revised_total", "agent_seconds", "late"] += person.revised
            if person.has_left:
                continue
            team = person.team(self.clock)
            state_now = person.state(self.clock)
            if state_now:
                found["cx_agents", team, state_now] += 1
            found["cx_agents_employed", team] += person.employed(self.clock)
            for name, (first, last) in spans.items():
                self._window(person, team, name, first, last, found)
        return {key: value for key, value in found.items() if value}

    def _window(
        self,
        person: Person,
        team: str,
        name: str,
        first: int,
        last: int,
        found: Counter[tuple[str, ...]],
    ) -> None:
        cuts = {at for it in person.standing.values() for at in (it["begins"], it["ends"])}
        ordered = sorted({first, last, *(at for at in cuts if first < at < last)})
        for begins, ends in pairwise(ordered):
            state, planned = person.state(begins), person.planned(begins)
            if state:
                found["cx_window_agent_seconds", team, state, name] += ends - begins
            if planned:
                found["cx_window_agent_scheduled_seconds", team, planned, name] += ends - begins
            if planned and state in CONFORM[planned]:
                found["cx_window_agent_adherent_seconds", team, planned, name] += ends - begins
            if person.employed(begins):
                found["cx_window_agents_employed_seconds", team, name] += ends - begins
        # An employment that another one goes on with has not ended.
        found["cx_window_agents_left", team, name] += any(
            first <= it["ends"] <= self.clock
            and (it["ends"] < last or last == self.clock)
            and not person.employed(it["ends"])
            for it in person.of(KINDS[2])
        )
