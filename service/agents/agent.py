"""What is known of one agent."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from operator import attrgetter, itemgetter

from service.agents.parts import (
    NEVER,
    StateChange,
    TeamEntry,
    team_entry,
)
from service.agents.planning import Plan, Planning, key_of
from service.agents.spans import Planned, schedule, union
from service.aggregates.clock import BEFORE_ALL
from service.events.agents import AgentState

_at = attrgetter("at")
_begins = itemgetter(0)
#: States before all windows are left out so many at a time.
_MANY = 64

Part = StateChange | Plan


class Agent:
    """The parts of an agent that stand, and how they fit into the order of time."""

    __slots__ = (
        "_last_end",
        "_teams",
        "begun",
        "carried",
        "counted",
        "employed",
        "filed",
        "floor",
        "gone",
        "id",
        "is_replanned",
        "mark",
        "planning",
        "revised",
        "schedule",
        "since",
        "states",
        "team",
        "unfiled",
        "wake",
    )

    def __init__(self, agent_id: str) -> None:
        self.id = agent_id
        #: By `at`.
        self.states: list[StateChange] = []
        self.planning = Planning({}, {})
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
        #: By `at`, the states that no record of an hour has yet; and the hours that have a record.
        self.unfiled: dict[int, StateChange] = {}
        self.filed: set[int] = set()
        #: States before this have left, and tell nothing any more.
        self.since = BEFORE_ALL
        #: Whether shifts or employments differ from those that are written.
        self.is_replanned = False
        #: The next moment at which something of the agent changes by itself, as far as noted.
        self.wake = NEVER
        self.schedule: list[Planned] = []
        #: What of the schedule begins up to then is compared with the states.
        self.begun = BEFORE_ALL
        self.employed: list[tuple[int, int]] = []
        #: From when on the agent is in which team: the moments at which it changes.
        self._teams: list[tuple[int, str]] = []
        #: When the last of the shifts and employments ends that is not cancelled.
        self._last_end = BEFORE_ALL

    def anew(self) -> Agent:
        """The agent as if nobody had ever heard of him; his records are still there."""
        agent = Agent(self.id)
        agent.filed, agent.since, agent.is_replanned = self.filed, self.since, True
        return agent

    def standing(self, part: Part, shift_id: str) -> Part | None:
        """What stands for the part that this one is of."""
        if not isinstance(part, StateChange):
            return self.planning.standing.get(key_of(part, shift_id))
        place = bisect_left(self.states, part.at, key=_at)
        found = place < len(self.states) and self.states[place].at == part.at
        return self.states[place] if found else None

    def put_state(self, part: StateChange) -> None:
        """Sets the state from a moment on."""
        self.unfiled[part.at] = part
        place = bisect_left(self.states, part.at, key=_at)
        if place < len(self.states) and self.states[place].at == part.at:
            says_another = self.states[place].team not in (None, part.team)
            self.states[place] = part
        else:
            says_another = False
            self.states.insert(place, part)
        if says_another or part.team not in (None, self.team_at(part.at)):
            self._draw_up_teams()

    def put_plan(self, plan: Plan, shift_id: str) -> None:
        """Sets a shift or an employment; it bears on nothing before :meth:`replan`."""
        self.planning.put(key_of(plan, shift_id), plan)

    def outrank(self, part: Part, shift_id: str) -> bool:
        """A version came that does not stand; whether there is more to be remembered for it."""
        if isinstance(part, StateChange):
            return False
        is_more = self.planning.outrank(key_of(part, shift_id), part.ends)
        self.is_replanned = self.is_replanned or is_more
        return is_more

    def replan(self) -> None:
        """Draws up anew what shifts and employments say."""
        self.is_replanned = True
        self._plan()
        self._draw_up_teams()

    def _plan(self) -> None:
        shifts, employments = self.planning.shifts().values(), self.planning.employments()
        self.schedule = schedule(shifts)
        self.employed = union((it.begins, it.ends) for it in employments)
        standing = [it.ends for it in shifts if not it.cancelled]
        standing += [it.ends for it in employments]
        self._last_end = max(standing, default=BEFORE_ALL)

    def _draw_up_teams(self) -> None:
        self._teams = []
        for entry in sorted(self._entries()):
            if self._teams and self._teams[-1][0] == entry.begins:
                self._teams.pop()
            if not self._teams or self._teams[-1][1] != entry.team:
                self._teams.append((entry.begins, entry.team))

    def _entries(self) -> Iterator[TeamEntry]:
        parts: tuple[Part, ...] = (*self.states, *self.planning.standing.values())
        yield from filter(None, map(team_entry, parts))
        if self.carried is not None:
            yield self.carried

    def teams(self) -> Iterator[str]:
        """All teams that a part says, once or more often."""
        return (entry.team for entry in self._entries())

    def team_at(self, clock: int) -> str | None:
        """The team that the latest part up to then says."""
        place = bisect_right(self._teams, clock, key=_begins)
        return self._teams[place - 1][1] if place else None

    def next_team(self, clock: int) -> int:
        """The next moment after the clock at which the team changes; NEVER if there is none."""
        place = bisect_right(self._teams, clock, key=_begins)
        return self._teams[place][0] if place < len(self._teams) else NEVER

    def next_planned(self, clock: int) -> int:
        """The next moment after the clock at which something planned begins; NEVER likewise."""
        place = bisect_right(self.schedule, clock, key=_begins)
        return self.schedule[place].begins if place < len(self.schedule) else NEVER

    def planned(self, since: int, until: int) -> Iterator[Planned]:
        """What is planned between two moments and has begun by `begun`."""
        place = max(0, bisect_right(self.schedule, since, key=_begins) - 1)
        while place < len(self.schedule):
            planned = self.schedule[place]
            if planned.begins >= until or planned.begins > self.begun:
                break
            if planned.ends > since:
                yield planned
            place += 1

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
        latest = max(self._last_end, self.states[-1].at if self.states else BEFORE_ALL)
        # Cancelled shifts hold nobody; where there is nothing else, they are what is to leave.
        if latest == BEFORE_ALL:
            latest = max((it.ends for it in self.planning.standing.values()), default=NEVER)
        return min(NEVER, latest + longest)

    def forgets_at(self, longest: int) -> int:
        """The clock from which on a plan of one who has left need not be held any more."""
        return min(NEVER, self.planning.first_end + longest)

    def forget(self, horizon: int) -> None:
        """Forgets such plans."""
        if self.planning.take_out(horizon):
            self.replan()

    def leave(self, horizon: int) -> None:
        """Forgets all parts that can tell nothing any more; what was counted stays."""
        if self.states:
            # Of one who was in no state before, nothing was counted up to the mark.
            self.since, self.floor = self.states[-1].at + 1, self.mark
        self.states.clear()
        self.unfiled.clear()
        self.planning.take_out(horizon)
        self.carried = self.team = None
        self.gone = True
        self.replan()

    @property
    def is_forgotten(self) -> bool:
        """Whether nothing at all is held of the agent."""
        return self.gone and not (self.counted or self.planning)

    def is_too_late(self, part: Part, horizon: int) -> bool:
        """Whether a part tells only of what lies before all windows."""
        if not isinstance(part, StateChange):
            return part.ends <= horizon
        if part.at < self.since:
            return True
        if part.at > horizon:
            return False
        place = bisect_right(self.states, horizon, key=_at)
        return self.gone or (place > 0 and self.states[place - 1].at > part.at)

    def compact(self, horizon: int) -> None:
        """Leaves out what lies before all windows, but for the state and the team since then."""
        old = 0
        if len(self.states) > _MANY and self.states[_MANY].at <= horizon:
            old = bisect_right(self.states, horizon, key=_at) - 1
        plans = self.planning.take_out(horizon)
        if not (old or plans):
            return
        leaving: list[Part] = [*self.states[:old], *plans]
        del self.states[:old]
        entries = [entry for entry in map(team_entry, leaving) if entry is not None]
        if self.carried is not None:
            entries.append(self.carried)
        self.carried = max(entries, default=None)
        # The team since then is what it was.
        if plans:
            self._plan()
