"""Logs of contacts as they really live: reopened, waiting, corrected, void after the fact.

Times crowd where something changes: at each other, at targets in counted time, at the ends of
office hours, at midnights, at changes to and from summer time, at the edges of windows.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.reference.business_time import due
from tests.reference.life import FOREVER
from tests.reference.settings import DAY, HOUR, MINUTE, ReferenceSettings, micro
from tests.reference.windows import greatest_length
from tests.reference.writing import EPOCH, Log, Value, spelled_line

#: Days on which clocks are put forward or back (Berlin, New York), turns of a year, week, month.
DAYS: Final = (
    *("2025-03-09", "2025-03-30", "2025-10-26", "2025-11-02"),
    *("2025-01-01", "2024-12-29", "2025-06-30", "2025-05-01", "2025-04-18"),
)
CUSTOMERS: Final = ("x", "x", "x", "y", "z", "Anonymous", "PRIVATE", "nobody")
CHANNELS: Final = ("voice", "voice", "Voice ", "chat", "email", "EMAIL", "fax")
QUEUES: Final = (None, None, "north", " north", "south", "South", "none", "", "  ")
REASONS: Final = (None, None, "bill", "bill ", "Bill", "fault", "none", "")
PRIORITIES: Final = (None, None, "high", " high", "High", "low")
TEAMS: Final = (None, "red", " red", "Blue", "none", "")
OUTCOMES: Final = (*("resolved",) * 5, "unresolved", "unresolved", "abandoned", "void", None, "")
STATUSES: Final = ("open", "open", "waiting", "waiting", None)
BY: Final = (None, "customer", "customer", "agent", "system", "")


def lively_log(seed: int, settings: ReferenceSettings, customers: int = 6) -> Log:
    """Any settings; lines in any order of arrival, some of them twice."""
    rng = random.Random(seed)
    made = Maker(rng, settings, about_a_turn(rng))
    for number in range(customers):
        made.customer(rng.choice((*CUSTOMERS, f"cust-{number}")), number)
    return shuffled(made)


def about_a_turn(rng: random.Random) -> int:
    """A moment of one of those days."""
    day = datetime.fromisoformat(rng.choice(DAYS)).replace(tzinfo=UTC)
    return (day - EPOCH) // timedelta(microseconds=1) + rng.randrange(micro(DAY))


def shuffled(made: Maker) -> Log:
    """What was made as lines in any order, some of them twice."""
    lines = [spelled_line(*event, made.rng) for event in made.events]
    lines += made.rng.sample(lines, len(lines) // 10)
    made.rng.shuffle(lines)
    return Log(tuple(lines), made.as_of)


@dataclass
class Maker:
    rng: random.Random
    settings: ReferenceSettings
    as_of: int
    events: list[tuple[str, Value]] = field(default_factory=list)

    def customer(self, name: str, number: int) -> None:
        begins: list[int] = []
        ends: list[int] = []
        for contact in range(self.rng.choice((1, 2, 3, 5))):
            ids = {"contact_id": f"k{number}-{contact}", "customer_id": name}
            begin = self.at_most_now(self.next_start(begins, ends))
            begins.append(begin)
            ends += self.contact(ids, begin, number)

    def contact(self, ids: Value, begin: int, number: int) -> list[int]:
        """What is known of it; the times of its resolutions."""
        rng = self.rng
        channel = rng.choice(CHANNELS)
        for _ in range(rng.choice((0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2))):
            start = {**ids, "started_at": begin, "channel": channel} | self.some(
                queue=QUEUES,
                reason=REASONS,
                priority=PRIORITIES,
                direction=(None,) * 9 + ("outbound", "inbound", ""),
                previous_contact_id=(None,) * 5 + (f"k{number}-{rng.randrange(4)}",),
            )
            self.tell("contact-started", start)
            begin = self.at_most_now(begin + rng.choice((0, 0, 1, micro(MINUTE))))
        ends = []
        at = begin - rng.choice((0, 0, 0, 0, 1, micro(HOUR)))
        for _ in range(rng.choice((0, 1, 1, 2, 3, 4, 6))):
            at = self.at_most_now(self.next_moment(channel, begin, at))
            if self.settings.contact_updated and rng.random() < 0.6:
                self.update(ids, at)
            else:
                ends.append(at)
                self.resolution(ids, at, begin)
        if self.settings.contact_responded:
            self.responses(ids, channel, begin)
        self.surveys(ids, at)
        if self.settings.contact_evaluated:
            self.evaluations(ids, at)
        return ends

    def update(self, ids: Value, at: int) -> None:
        rng = self.rng
        for _ in range(rng.choice((1, 1, 1, 1, 2, 3))):
            told = self.some(
                status=STATUSES, by=BY, queue=QUEUES, reason=REASONS, priority=PRIORITIES
            )
            if not {"queue", "reason", "priority", "status"} & {
                name for name, it in told.items() if str(it).strip()
            }:
                told["status"] = rng.choice(("open", "waiting"))
            self.tell("contact-updated", {**ids, "updated_at": at} | told)

    def resolution(self, ids: Value, at: int, begin: int) -> None:
        rng = self.rng
        for _ in range(rng.choice((1, 1, 1, 1, 2))):
            response = begin + rng.choice((0, 20, 60, 3600, -1)) * 1_000_000 + self.nudge()
            told = self.some(
                outcome=OUTCOMES,
                first_response_at=(None, None, min(response, self.as_of)),
                queue=QUEUES,
                reason=REASONS,
                agent_replies=(None, 0, 1, 2),
                handle_seconds=(None, 90, 12.5, 0.000001),
                transfers=(None, 0, 2),
                team=TEAMS,
                resolved_by=(None, "agent", "bot", "bot"),
            )
            self.tell("contact-resolved", {**ids, "resolved_at": at} | told)

    def responses(self, ids: Value, channel: str, begin: int) -> None:
        for _ in range(self.rng.choice((0, 0, 1, 2))):
            at = self.at_most_now(self.next_moment(channel, begin, begin))
            told = self.some(responder=(None, None, "agent", "bot"))
            self.tell("contact-responded", {**ids, "responded_at": at} | told)

    def surveys(self, ids: Value, at: int) -> None:
        rng = self.rng
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            survey = rng.choice(("csat", "csat", "nps", "ces"))
            told = self.some(
                issue_resolved=(None, True, False),
                survey_id=(None, None, "a", "b", ""),
                aspect=(None, "overall", "access", "resolution", "treatment"),
                scale=(None,) if survey == "nps" else (None, None, *range(2, 11)),
            )
            scale = told.get("scale") or {"csat": 5, "nps": 10, "ces": 7}[survey]
            score = rng.randint(0 if survey == "nps" else 1, scale)
            for _ in range(rng.choice((1, 1, 1, 2))):
                answered_at = self.at_most_now(at + rng.randrange(-1, micro(3 * DAY)))
                answer = {"answered_at": answered_at, "survey": survey, "score": score}
                self.tell("survey-answered", {**ids, **answer} | told)
                score = min(score + 1, scale)

    def evaluations(self, ids: Value, at: int) -> None:
        rng = self.rng
        for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
            evaluated_at = self.at_most_now(at + rng.randrange(-1, micro(3 * DAY)))
            told = self.some(
                evaluation_id=(None, None, "a", "b", ""),
                score=(None, 0, 87.5, 100, 33.333333),
                fatal_errors=(None, None, 0, 1, 2),
                nonfatal_errors=(None, 0, 1, 5),
                positive=(None, 0, 2.5, 10),
                negative=(None, 0, 7.25, 10.0),
            )
            self.tell("contact-evaluated", {**ids, "evaluated_at": evaluated_at} | told)

    # Times

    def next_start(self, begins: list[int], ends: list[int]) -> int:
        rng = self.rng
        window = micro(rng.choice(tuple(self.settings.repeat_windows.values())))
        if ends and rng.random() < 0.4:
            return rng.choice(ends) + rng.choice((0, window, window, -window // 2)) + self.nudge()
        if begins and rng.random() < 0.3:
            return rng.choice(begins) + rng.choice((0, 1, micro(MINUTE)))
        return rng.choice((self.edge(), self.recent(), self.recent(), self.local_edge()))

    def next_moment(self, channel: str, begin: int, at: int) -> int:
        """Of something that follows: at the same time, on a target, when the office opens."""
        rng, settings = self.rng, self.settings
        target = rng.choice(settings.targets(channel.strip().lower(), None)) or 60
        calendar = rng.choice((None, *settings.calendars.values()))
        passes = due(calendar, [(begin, FOREVER)], begin, micro(target))
        short = settings.short_abandon
        lengths = (0, 1, 5, short, 60, HOUR, DAY, settings.open_horizon)
        return rng.choice(
            (
                at,
                at + micro(rng.choice(lengths)) + self.nudge(),
                at + rng.randrange(micro(rng.choice((MINUTE, HOUR, 3 * DAY)))),
                (passes or at) + self.nudge(),
                (passes or at) + self.nudge(),
                begin + micro(settings.open_horizon) + self.nudge(),
                self.local_edge(),
            )
        )

    def edge(self) -> int:
        """A moment at which something changes at the clock."""
        rng, settings, t = self.rng, self.settings, self.as_of
        length, bucket = (micro(it) for it in rng.choice(tuple(settings.windows.values())))
        window = micro(rng.choice(tuple(settings.repeat_windows.values())))
        lateness = micro(settings.allowed_lateness)
        kept = greatest_length(settings) + max(map(micro, settings.repeat_windows.values()))
        return self.nudge() + rng.choice(
            (
                (t // bucket - length // bucket + 1) * bucket,
                t,
                t - lateness,
                t - window,
                t - window - lateness,
                t - micro(settings.open_horizon),
                t - micro(settings.open_horizon) - lateness,
                t - kept - lateness,
            )
        )

    def local_edge(self) -> int:
        """Midnight, the hours of an office, and those that summer time skips or repeats."""
        rng, settings = self.rng, self.settings
        zones = (settings.timezone, *(it.timezone for it in settings.calendars.values()))
        zone = ZoneInfo(rng.choice(zones))
        day = datetime.fromtimestamp(self.recent() // 1_000_000, zone).date()
        hours = (0, 0, 1, 2, 2.5, 3, 9, 17.5, 22)
        local = datetime(day.year, day.month, day.day, tzinfo=zone)
        local += timedelta(hours=rng.choice(hours))
        local = local.replace(fold=rng.choice((0, 1)))
        return (local.astimezone(UTC) - EPOCH) // timedelta(microseconds=1) + self.nudge()

    def recent(self) -> int:
        longest = (HOUR, DAY, 2 * DAY, 7 * DAY, 12 * DAY, 40 * DAY)
        return self.as_of - self.rng.randrange(micro(self.rng.choice(longest)))

    def nudge(self) -> int:
        return self.rng.choice((-1, 0, 0, 0, 1))

    def at_most_now(self, moment: int) -> int:
        return moment if moment <= self.as_of else self.rng.choice((self.as_of, self.recent()))

    # Events

    def some(self, **choices: tuple[Any, ...]) -> Value:
        """One of each; None: left out."""
        told = {name: self.rng.choice(of) for name, of in choices.items()}
        return {name: it for name, it in told.items() if it is not None}

    def tell(self, topic: str, value: Value) -> None:
        version = self.rng.choice((None,) * 7 + (0, 1, 2))
        self.events.append((topic, value if version is None else value | {"version": version}))
