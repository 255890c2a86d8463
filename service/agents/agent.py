"""What is known of one agent."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from operator import attrgetter

from service.agents.parts import (
    NEVER,
    Employment,
    Shift,
    StateChange,
    TeamEntry,
    team_entry,
)
from service.agents.spans import Planned, schedule, union
from service.aggregates.clock import BEFORE_ALL
from service.events.agents import AgentState

_at = attrgetter("at")
_begins = attrgetter("begins")

Part = StateChange | Shift | Employment


class Agent:
    """The parts of an agent that stand, and how they fit into the order of time."""

    __slots__ = (
        "_of_plans",
        "_of_states",
        "carried",
        "counted",
        "employed",
        "employments",
        "floor",
        "gone",
        "id",
        "mark",
        "revised",
        "schedule",
        "shifts",
        "states",
        "team",
        "wake",
    )

    def __init__(self, agent_id: str) -> None:
        self.id = agent_id
        #: By `at`.
        self.states: list[StateChange] = []
        self.shifts: dict[str, Shift] = {}
        #: By `begins`.
        self.employments: dict[int, Employment] = {}
        #: The team of parts that were left out, where there is no later one.
        self.carried: TeamEntry | None = None
        #: The team as it stands at the clock.
        self.team: str | None = None
        #: Microseconds by label of the team and state that counters have, and up to when.
        self.counted: dict[tuple[str, str], int] = {}
        self.mark = BEFORE_ALL
        #: Up to when they have what was counted before the agent had left and come back.
        self.floor = BEFORE_ALL
        #: How often what was counted has changed.
        self.revised = 0
        #: Whether nothing is held of the agent but what was counted.
        self.gone = True
        #: The next moment at which something of the agent changes by itself, as far as noted.
        self.wake = NEVER
        self.schedule: list[Planned] = []
        self.employed: list[tuple[int, int]] = []
        self._of_states: list[TeamEntry] = []
        self._of_plans: list[TeamEntry] = []

    def standing(self, part: Part, shift_id: str) -> Part | None:
        """What stands for the part that this one is of."""
        match part:
            case StateChange():
                place = bisect_left(self.states, part.at, key=_at)
                found = place < len(self.states) and self.states[place].at == part.at
                return self.states[place] if found else None
            case Shift():
                return self.shifts.get(shift_id)
            case Employment():
                return self.employments.get(part.begins)

    def put_state(self, part: StateChange) -> None:
        """Sets the state from a moment on."""
        place = bisect_left(self.states, part.at, key=_at)
        if place < len(self.states) and self.states[place].at == part.at:
            former = team_entry(self.states[place])
            if former is not None:
                self._of_states.remove(former)
            self.states[place] = part
        else:
            self.states.insert(place, part)
        entry = team_entry(part)
        if entry is not None:
            insort(self._of_states, entry)

    def replan(self) -> None:
        """Draws up anew what shifts and employments say together."""
        self.schedule = schedule(self.shifts.values())
        self.employed = union((it.begins, it.ends) for it in self.employments.values())
        plans: list[Part] = [*self.shifts.values(), *self.employments.values()]
        self._of_plans = sorted(entry for entry in map(team_entry, plans) if entry is not None)

    def resume(self) -> None:
        """Draws up all that follows from the parts."""
        self._of_states = [it for it in map(team_entry, self.states) if it is not None]
        self.replan()

    def teams(self) -> Iterator[str]:
        """All teams that a part says, once or more often."""
        yield from (entry.team for entry in (*self._of_states, *self._of_plans))
        if self.carried is not None:
            yield self.carried.team

    def team_at(self, clock: int) -> str | None:
        """The team that the latest part up to then says."""
        latest = self.carried
        for entries in (self._of_states, self._of_plans):
            place = bisect_right(entries, clock, key=_begins)
            if place and (latest is None or entries[place - 1] > latest):
                latest = entries[place - 1]
        return None if latest is None else latest.team

    def next_team(self, clock: int) -> int:
        """The next moment after the clock at which a part says a team; NEVER if there is none."""
        nearest = NEVER
        for entries in (self._of_states, self._of_plans):
            place = bisect_right(entries, clock, key=_begins)
            if place < len(entries):
                nearest = min(nearest, entries[place].begins)
        return nearest

    def in_states(self, since: int, until: int) -> Iterator[tuple[int, int, AgentState]]:
        """The spans between two moments, and the state in each; before the first there is none."""
        states = self.states
        place = max(0, bisect_right(states, since, key=_at) - 1)
        while place < len(states) and states[place].at < until:
            ends = states[place + 1].at if place + 1 < len(states) else NEVER
            yield max(since, states[place].at), min(until, ends), states[place].state
            place += 1

    def leaves_at(self, longest: int) -> int:
        """The clock from which on nothing of the agent bears on any window; NEVER: not known."""
        if self.states and self.states[-1].state != "offline":
            return NEVER
        ends = [it.ends for it in self.shifts.values() if not it.cancelled]
        ends += [it.ends for it in self.employments.values()]
        if self.states:
            ends.append(self.states[-1].at)
        # Cancelled shifts hold nobody; where there is nothing else, they are what is to leave.
        ends = ends or [it.ends for it in self.shifts.values()]
        return min(NEVER, max(ends) + longest) if ends else NEVER

    def leave(self) -> None:
        """Forgets all parts; what was counted stays."""
        self.states.clear()
        self.shifts.clear()
        self.employments.clear()
        self.carried = self.team = None
        self.floor, self.gone = self.mark, True
        self.resume()

    def is_too_late(self, part: Part, horizon: int) -> bool:
        """Whether a part tells only of what lies before all windows."""
        if not isinstance(part, StateChange):
            return part.ends <= horizon
        if part.at > horizon:
            return False
        place = bisect_right(self.states, horizon, key=_at)
        return self.gone or (place > 0 and self.states[place - 1].at > part.at)

    def compact(self, horizon: int) -> None:
        """Leaves out what lies before all windows, but for the state and the team since then."""
        old = max(0, bisect_right(self.states, horizon, key=_at) - 1)
        shifts = [it for it, shift in self.shifts.items() if shift.ends <= horizon]
        employments = [it for it, one in self.employments.items() if one.ends <= horizon]
        leaving: list[Part] = [*self.states[:old], *map(self.shifts.pop, shifts)]
        leaving += map(self.employments.pop, employments)
        if not leaving:
            return
        del self.states[:old]
        entries = [entry for entry in map(team_entry, leaving) if entry is not None]
        if self.carried is not None:
            entries.append(self.carried)
        self.carried = max(entries, default=None)
        self.resume()
