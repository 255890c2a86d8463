"""The form in which a partition of agents is kept in its changelog.

| key | value |
|---|---|
| `["agent", agent_id, 0]` | :class:`Kept`: what counters have of the agent, and his latest states |
| `["plans", agent_id, 0]` | :class:`Plans`: his shifts and employments |
| `["states", agent_id, hour]` | his states of an hour, counted since 1970 |
| `"clock"` | :class:`Clock` |

States are filed by hours some at a time, so that an event costs the same however long the windows
are; until then they are in the agent's own record, which goes before what is filed. It is written
first, and tells by itself up to when counters have his seconds, so every prefix of the log is
consistent: without the clock that goes with it, no second counts twice. A clock begins the log, and
says how many records must be found beside it: what is removed is removed after it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Final

import msgspec

from service.agents.agent import Agent
from service.agents.parts import NEVER, Employment, Shift, StateChange, TeamEntry
from service.agents.planning import Key, Plan, Planning
from service.aggregates.clock import BEFORE_ALL
from service.definitions import HOUR
from service.store.changelog import Change
from service.store.completeness import UNDONE_BY, StateIncompleteError

CLOCK: Final = UNDONE_BY
#: States are filed once there are so many.
_MANY: Final = 16
_at = attrgetter("at")


class Clock(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A partition's clock, the largest event time, and the teams that have a label, in order."""

    now: int
    latest: int
    teams: list[str]
    #: So many records of agents must be found beside this one.
    records: int


#: What a log begins with.
FIRST: Final = Clock(BEFORE_ALL, BEFORE_ALL, [], 0)


class Kept(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An agent's record; `unfiled`: his states that no record of an hour has, or another."""

    unfiled: list[StateChange]
    carried: TeamEntry | None
    #: Team's label, state, microseconds.
    counted: list[tuple[str, str, int]]
    mark: int
    floor: int
    revised: int
    gone: bool
    #: States before this have left.
    since: int


class Plans(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What an agent is planned for."""

    shifts: dict[str, Shift]
    employments: list[Employment]
    #: As :class:`service.agents.planning.Planning` has it.
    reach: dict[Key, int] = {}


class Found:
    """What has been read of a changelog."""

    def __init__(self) -> None:
        self.clock: Clock | None = None
        self._found: defaultdict[str, _Found] = defaultdict(_Found)
        self._agents: dict[str, Agent] | None = None
        #: Whether a record of any kind was read: then there must be a clock, unless it was undone.
        self._has_read = self._is_undone = False

    def take_in(self, records: Iterable[Change]) -> None:
        """Takes in records in the order of the log; a later one of its key replaces one."""
        for key, value in records:
            self._take(key, value)

    def _take(self, key: bytes, value: bytes | None) -> None:
        self._agents = None
        self._has_read = True
        if key == CLOCK:
            self.clock = None if value is None else _clock(value)
            # With all of a first flush, which a former owner wrote too late.
            self._is_undone = self._is_undone or value is None
        else:
            kind, agent_id, hour = _key(key)
            self._found[agent_id].take(kind, hour, value)

    def records(self) -> dict[str, int]:
        """How many records there are of each agent, by id."""
        return {it: found.records for it, found in self._found.items() if found.records}

    def require_whole(self) -> None:
        """Raises StateIncompleteError if records are missing that were never replaced.

        There may be more than the clock says, of a flush that did not come to its clock or its end.
        """
        found = sum(self.records().values())
        if self.clock is not None and found < self.clock.records:
            raise StateIncompleteError("records of agents", found, self.clock.records)
        if self.clock is None and (found or (self._has_read and not self._is_undone)):
            raise StateIncompleteError("clocks", 0, 1)

    def agents(self) -> dict[str, Agent]:
        """The agents that it holds, by id."""
        if self._agents is None:
            agents = ((agent_id, found.agent(agent_id)) for agent_id, found in self._found.items())
            self._agents = {agent_id: agent for agent_id, agent in agents if agent is not None}
        return self._agents

    def teams(self) -> Iterator[str]:
        """All teams that agents say, once or more often."""
        return (team for agent in self.agents().values() for team in agent.teams())


class _Found:
    """The records of an agent."""

    def __init__(self) -> None:
        self._kept: Kept | None = None
        self._plans: Plans | None = None
        self._hours: dict[int, list[StateChange]] = {}

    @property
    def records(self) -> int:
        return (self._kept is not None) + (self._plans is not None) + len(self._hours)

    def take(self, kind: str, hour: int, value: bytes | None) -> None:
        match kind:
            case "agent":
                self._kept = None if value is None else _kept(value)
            case "plans":
                self._plans = None if value is None else _plans(value)
            case _ if value is None:
                self._hours.pop(hour, None)
            case _:
                self._hours[hour] = _states(value)

    def agent(self, agent_id: str) -> Agent | None:
        """What they say; None where he has left."""
        kept = self._kept
        if kept is None:
            return None
        agent = Agent(agent_id)
        agent.filed = set(self._hours)
        agent.counted = {(team, state): amount for team, state, amount in kept.counted}
        agent.mark, agent.floor = kept.mark, kept.floor
        agent.revised, agent.gone, agent.since = kept.revised, kept.gone, kept.since
        plans = self._plans or Plans({}, [])
        standing = dict[Key, Plan](plans.shifts.items())
        standing |= {it.begins: it for it in plans.employments}
        agent.planning = Planning(standing, plans.reach)
        if agent.gone:
            # More may be found beside it, which was forgotten and not yet taken out.
            agent.replan()
            agent.is_replanned = self._plans == Plans({}, [])
            return agent
        filed = (it for states in self._hours.values() for it in states if it.at >= kept.since)
        agent.unfiled = {state.at: state for state in kept.unfiled}
        agent.states = sorted(({it.at: it for it in filed} | agent.unfiled).values(), key=_at)
        agent.carried = kept.carried
        agent.replan()
        agent.is_replanned = False
        return agent


_key = msgspec.msgpack.Decoder(tuple[str, str, int]).decode
_kept = msgspec.msgpack.Decoder(Kept).decode
_plans = msgspec.msgpack.Decoder(Plans).decode
_states = msgspec.msgpack.Decoder(list[StateChange]).decode
_clock = msgspec.msgpack.Decoder(Clock).decode
_encode = msgspec.msgpack.Encoder().encode
_READERS: Final = {"agent": _kept, "plans": _plans, "states": _states}


def encode_clock(clock: Clock) -> bytes:
    return _encode(clock)


def changes(agent: Agent) -> Iterator[Change]:
    """The records of an agent who has changed, in the order in which to write them."""
    counted = [(*key, amount) for key, amount in agent.counted.items()]
    states = list(agent.unfiled.values())
    numbers = agent.mark, agent.floor, agent.revised, agent.gone, agent.since
    kept = Kept(states, agent.carried, counted, *numbers)
    yield _encode(("agent", agent.id, 0)), _encode(kept)
    if agent.is_replanned:
        agent.is_replanned = False
        planning = agent.planning
        plans = Plans(planning.shifts(), planning.employments(), planning.reach)
        is_none = agent.gone and not planning
        # Of one who has come back without any it is written that there are none: a removal may
        # never come to be written.
        yield _encode(("plans", agent.id, 0)), None if is_none else _encode(plans)
    if len(states) >= _MANY or agent.gone:
        yield from _filed(agent)
    if agent.is_forgotten:
        yield _encode(("agent", agent.id, 0)), None


def _filed(agent: Agent) -> Iterator[Change]:
    """The records of the hours whose states have changed, or have left."""
    states = agent.states
    first = states[0].at if states else NEVER
    for hour in {at // HOUR for at in agent.unfiled if at >= first}:
        begin, end = (bisect_left(states, it * HOUR, key=_at) for it in (hour, hour + 1))
        agent.filed.add(hour)
        yield _encode(("states", agent.id, hour)), _encode(states[begin:end])
    agent.unfiled.clear()
    for hour in [hour for hour in agent.filed if (hour + 1) * HOUR <= first]:
        agent.filed.remove(hour)
        yield _encode(("states", agent.id, hour)), None


def flaw(key: bytes, value: bytes | None) -> str | None:
    """Why a record cannot be read by itself; None if it can."""
    try:
        if key == CLOCK:
            if value is not None:
                _clock(value)
        else:
            kind, _, _ = _key(key)
            if kind not in _READERS:
                return "of a kind that this release does not know"
            if value is not None:
                _READERS[kind](value)
    except msgspec.DecodeError:
        return "not in the form that this release writes"
    return None
