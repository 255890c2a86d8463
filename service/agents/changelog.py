"""The form in which a partition of agents is kept in its changelog.

| key | value |
|---|---|
| `["agent", agent_id]` | :class:`Kept`: the agent's parts, and what counters have of him |
| `"clock"` | :class:`Clock` |

An agent's record tells by itself up to when counters have his seconds, so every prefix of the log
is consistent: without the clock that goes with it, no second counts twice.
"""

from __future__ import annotations

import msgspec

from service.agents.agent import Agent
from service.agents.parts import Employment, Shift, StateChange, TeamEntry

CLOCK = msgspec.msgpack.encode("clock")


class Clock(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A partition's clock, the largest event time, and the teams that have a label, in order."""

    now: int
    latest: int
    teams: list[str]
    #: Agents whose records must be found beside this one.
    agents: int


class Kept(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An agent's record."""

    states: list[StateChange]
    shifts: dict[str, Shift]
    employments: list[Employment]
    carried: TeamEntry | None
    #: Team's label, state, microseconds.
    counted: list[tuple[str, str, int]]
    mark: int
    floor: int
    revised: int
    gone: bool


_key = msgspec.msgpack.Decoder(tuple[str, str]).decode
_kept = msgspec.msgpack.Decoder(Kept).decode
_clock = msgspec.msgpack.Decoder(Clock).decode


def agent_key(agent_id: str) -> bytes:
    return msgspec.msgpack.encode(("agent", agent_id))


def id_of(key: bytes) -> str:
    """The opposite of :func:`agent_key`."""
    return _key(key)[1]


def read_clock(value: bytes) -> Clock:
    return _clock(value)


def encode_clock(clock: Clock) -> bytes:
    return msgspec.msgpack.encode(clock)


def encode(agent: Agent) -> bytes:
    """The agent's record."""
    counted = [(*key, amount) for key, amount in agent.counted.items()]
    return msgspec.msgpack.encode(
        Kept(
            agent.states,
            agent.shifts,
            list(agent.employments.values()),
            agent.carried,
            counted,
            agent.mark,
            agent.floor,
            agent.revised,
            agent.gone,
        )
    )


def decode(agent_id: str, value: bytes) -> Agent:
    """The opposite of :func:`encode`."""
    kept = _kept(value)
    agent = Agent(agent_id)
    agent.states, agent.shifts = kept.states, kept.shifts
    agent.employments = {it.begins: it for it in kept.employments}
    agent.carried = kept.carried
    agent.counted = {(team, state): amount for team, state, amount in kept.counted}
    agent.mark, agent.floor = kept.mark, kept.floor
    agent.revised, agent.gone = kept.revised, kept.gone
    agent.replan()
    return agent


def flaw(key: bytes, value: bytes | None) -> str | None:
    """Why a record cannot be read by itself; None if it can."""
    try:
        if key == CLOCK:
            if value is not None:
                _clock(value)
        elif _key(key)[0] != "agent":
            return "of a kind that this release does not know"
        elif value is not None:
            _kept(value)
    except msgspec.DecodeError:
        return "not in the form that this release writes"
    return None
