"""Events about agents that everything here is measured with: shifts of a plain roster, the same
every time."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import orjson

from bench.workload import Record, moment
from service.definitions import DAY, HOUR, MINUTE, SECOND
from service.events.agents import AGENT_EMPLOYED, AGENT_SCHEDULED, AGENT_STATE_CHANGED

#: Shifts are told so long ahead.
_AHEAD = 7 * DAY
_SHIFT = 8 * HOUR
_PAUSES = ((2 * HOUR, 15 * MINUTE), (4 * HOUR, 30 * MINUTE), (6 * HOUR, 15 * MINUTE))
#: What follows on what, and mean seconds of each.
_CYCLE = (("available", 60), ("busy", 300), ("wrap_up", 45))


def days(agents: int, start: int, days: int) -> list[Record]:
    """So many days of so many agents, who all work eight hours of each, in the order of time.

    `start` (microseconds) is where the first day begins.
    """
    made = (record for number in range(agents) for record in _agent(number, start, days))
    return sorted(made)


def _agent(number: int, start: int, days: int) -> Iterator[Record]:
    rng = Random(number)
    agent = f"agent-{number}"
    team = f"team-{number % 20}"
    yield _record(start, AGENT_EMPLOYED, agent, {"employed_from": moment(start), "team": team})
    for day in range(days):
        # A third of the agents each: early, late, at night; not all on the minute.
        begins = start + day * DAY + number % 3 * _SHIFT + rng.randrange(30 * 60) * SECOND
        told = max(start, begins - _AHEAD)
        spans = [("work", begins, begins + _SHIFT)]
        spans += [("pause", begins + after, begins + after + lasts) for after, lasts in _PAUSES]
        for place, (activity, since, until) in enumerate(spans):
            shift = {"shift_id": f"{day}-{place}", "activity": activity, "team": team}
            yield _record(
                told,
                AGENT_SCHEDULED,
                agent,
                shift | {"starts_at": moment(since), "ends_at": moment(until)},
            )
        yield from _states(rng, agent, team, begins)


def _states(rng: Random, agent: str, team: str, begins: int) -> Iterator[Record]:
    at, pauses = begins, list(_PAUSES)
    while at < begins + _SHIFT:
        for state, mean in _CYCLE:
            yield _state(at, agent, state, team)
            at += int((1 + rng.expovariate(1 / mean)) * SECOND)
        if pauses and at >= begins + pauses[0][0]:
            _, lasts = pauses.pop(0)
            yield _state(at, agent, "paused", team)
            at += int(lasts * rng.uniform(0.9, 1.3))
    yield _state(at, agent, "offline", team)


def _state(at: int, agent: str, state: str, team: str) -> Record:
    value = {"changed_at": moment(at), "state": state, "team": team}
    return _record(at, AGENT_STATE_CHANGED, agent, value)


def _record(at: int, topic: str, agent: str, value: dict[str, str]) -> Record:
    return Record(at, topic, agent.encode(), orjson.dumps({"agent_id": agent, **value}))
