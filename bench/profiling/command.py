"""`contact-metrics bench --profile`: what each step of an event costs, beside its floor."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable

from bench.brokers import Broker, running_broker
from bench.machine import cores
from bench.measures import table
from bench.processes import answer_of
from bench.profiling.sampling import Profile, sample_service
from bench.profiling.steps import NAMES
from bench.publishing import create_topics, publish
from bench.workload import past

_FLOOR_EVENTS = 50_000
_FLOOR_SECONDS = 300.0
_FUNCTIONS = 25


def profile(events: int, say: Callable[[str], None]) -> bool:
    """Measure and show."""
    os.sched_setaffinity(0, cores()[0])
    with running_broker(kafka=False) as broker:
        asyncio.run(create_topics(broker.bootstrap))
        asyncio.run(publish(broker.bootstrap, past(events, time.time_ns() // 1000).records()))
        found = sample_service(broker, events)
        floors = _floors(broker, events)
    say(f"{found.microseconds:.1f} us of CPU an event, by step:\n")
    say(_steps_table(found, floors) + "\n")
    say("The functions that most of it is spent in:\n")
    rows = [
        [f"{found.cost(samples):.2f}", name]
        for name, samples in found.functions.most_common(_FUNCTIONS)
    ]
    say(table(["us an event", "function"], rows, numbers_from=2))
    return True


def _steps_table(found: Profile, floors: dict[str, float]) -> str:
    rows = []
    for name in NAMES:
        cost = found.cost(found.steps[name])
        floor = f"{floors[name]:.2f}" if name in floors else ""
        rows.append([name, f"{cost:.2f}", f"{100 * cost / found.microseconds:.0f} %", floor])
    return table(["step", "us an event", "share", "floor, us"], rows, numbers_from=1)


def _floors(broker: Broker, events: int) -> dict[str, float]:
    """Of the steps that have one: the client alone, msgspec alone, a dict alone."""
    drain = answer_of(
        [sys.executable, "-m", "bench.peers.aiokafka_fetch", broker.bootstrap, str(events), "60"],
        _FLOOR_SECONDS,
    )
    floors = answer_of(
        [sys.executable, "-m", "bench.profiling.floors", str(_FLOOR_EVENTS)], _FLOOR_SECONDS
    )
    return {**floors, "fetch": 1e6 * drain["cpu_seconds"] / drain["events"]}
