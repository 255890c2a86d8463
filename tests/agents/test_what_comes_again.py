"""Events that come again change nothing: however late, and wherever a worker has ended."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

import pytest

from service.definitions import SECOND
from tests.agents.running import Batch, Run, events_of
from tests.agents.test_random_logs import BEGIN, DEFINITIONS, an_event, numbers


def batch(*events: tuple[str, dict[str, Any]]) -> Batch:
    return events_of(json.dumps({"topic": topic, "value": it}).encode() for topic, it in events)


def at(hours: float) -> str:
    return (BEGIN + timedelta(hours=hours)).isoformat()


def clock(hours: float) -> int:
    return int((BEGIN + timedelta(hours=hours)).timestamp()) * SECOND


def shift(version: int, begins: float, ends: float, **fields: Any) -> tuple[str, dict[str, Any]]:
    plan = {"agent_id": "a", "version": version, "shift_id": "1", **fields}
    return "agent-scheduled", plan | {"starts_at": at(begins), "ends_at": at(ends)}


def employed(version: int, until: str | None) -> tuple[str, dict[str, Any]]:
    plan = {"agent_id": "a", "version": version, "employed_from": at(0)}
    return "agent-employed", plan | ({} if until is None else {"employed_until": until})


def state(name: str, begins: float) -> tuple[str, dict[str, Any]]:
    return "agent-state-changed", {"agent_id": "a", "changed_at": at(begins), "state": name}


@pytest.mark.parametrize("is_at_work", [True, False], ids=["at work", "left"])
@pytest.mark.parametrize("restarts", [True, False], ids=["restarted", "running"])
@pytest.mark.parametrize(
    ("former", "standing"),
    [
        (employed(0, None), employed(1, at(2))),
        (shift(0, 8, 40), shift(1, 1, 2)),
        (shift(0, 8, 40), shift(1, 1, 2, cancelled=True)),
        (shift(0, 30, 40), shift(1, 30, 40, cancelled=True)),
    ],
    ids=["ended employment", "moved shift", "moved and cancelled", "cancelled ahead"],
)
@pytest.mark.parametrize("comes_first", [True, False], ids=["in order", "out of order"])
def test_an_outranked_plan_that_comes_again_after_the_standing_one_has_left(
    former: tuple[str, dict[str, Any]],
    standing: tuple[str, dict[str, Any]],
    *,
    comes_first: bool,
    restarts: bool,
    is_at_work: bool,
) -> None:
    run = Run(DEFINITIONS)
    plans = (former, standing) if comes_first else (standing, former)
    run.feed(batch(state("busy" if is_at_work else "offline", 1), *plans), clock(1.5))
    run.feed([], clock(20))
    if restarts:
        run = run.successor()
    told = numbers(run.engine)
    run.feed(batch(former), clock(20))
    run.feed([], clock(20))
    assert numbers(run.engine) == told
    assert numbers(run.successor().engine) == told


def a_run(rng: random.Random) -> tuple[Run, Batch, int]:
    """Days of agents who come, work and leave; all events, and the number of the last ones."""
    run, hours = Run(DEFINITIONS), 0.0
    every: Batch = []
    events: Batch = []
    for _ in range(rng.randrange(2, 8)):
        hours += rng.choice((0.05, 3, 7, 12))
        events = batch(*(an_event(rng, hours) for _ in range(rng.randrange(12))))
        every += events
        run.feed(events, clock(hours))
    return run, every, len(events)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_comes_again_changes_no_number(seed: int) -> None:
    rng = random.Random(seed)
    run, every, _ = a_run(rng)
    told = numbers(run.engine)
    for again in (run, run.successor()):
        rng.shuffle(every)
        again.feed(every, run.engine.clock)
        assert numbers(again.engine) == told


@pytest.mark.parametrize("seed", range(60))
def test_a_worker_may_end_anywhere_in_a_flush_in_which_agents_leave(seed: int) -> None:
    rng = random.Random(seed)
    run, every, last = a_run(rng)
    told, now = numbers(run.engine), run.engine.clock
    before = run.successor(run.changelog)
    events = batch(*(an_event(rng, 80) for _ in range(rng.randrange(5))))
    before.feed(events, now + 12 * 3600 * SECOND)
    told, now = numbers(before.engine), before.engine.clock
    for written in range(len(run.changelog), len(before.changelog) + 1):
        again = run.successor(before.changelog[:written])
        again.feed(every[-last:] + events, now)
        assert numbers(again.engine) == told


@pytest.mark.parametrize("restarts", [True, False], ids=["restarted", "running"])
def test_a_late_state_of_one_who_was_in_none_when_he_left_is_counted_whole(
    *, restarts: bool
) -> None:
    run = Run(DEFINITIONS)
    plans = batch(shift(1, 0, 1, cancelled=True), shift(0, 1, 4))
    run.feed(plans, clock(1))
    run.feed([], clock(8))
    assert run.engine.live_contacts == 0
    if restarts:
        run = run.successor()
    late = batch(state("busy", 5))
    run.feed(late, clock(8))
    plain = Run(DEFINITIONS)
    plain.feed(plans + late, clock(8))
    for worker in (run, run.successor()):
        assert numbers(worker.engine) == numbers(plain.engine)
