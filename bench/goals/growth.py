"""An event costs the same, however many contacts are live or a customer has.

Of an engine alone, on decoded events. As a program it measures one engine; its arguments are those
of :class:`Size`.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Iterator
from itertools import chain, islice
from statistics import median
from typing import NamedTuple

from bench.engines import Timed, decoded, feed, new_engine
from bench.measures import Measure, Plan, Say
from bench.processes import answer_of
from bench.workload import Record, contacts
from service.definitions import DAY
from service.partition.engine import Engine

_FEW = 10_000
_BUSY = 100_000
_PER_CUSTOMER = 4
_SECONDS = 1_800.0
_SAMPLES = 7
_SAMPLE_CONTACTS = 2_000
_CHUNK_CONTACTS = 5_000


class Size(NamedTuple):
    """So many live contacts of so many customers, of whom `a_week` begin in a week."""

    live: int
    customers: int
    a_week: int


def growth(plan: Plan, say: Say) -> list[Measure]:
    """Of engines with few contacts and with many."""
    many = plan.contacts
    few, busy = min(_FEW, many // 10), min(_BUSY, many // 10)
    say(f"engines with up to {many:,} contacts")
    one, all_ = (_cost(Size(live, live // _PER_CUSTOMER, many)) for live in (few, many))
    rare, often = (_cost(Size(live, 1, busy)) for live in (busy // 100, busy))
    return [
        Measure(f"cost of an event in an engine with {few:,} contacts", 1e6 * one, " us"),
        Measure(f"as much at {many:,} live contacts", all_ / one, " x", most=1.15),
        Measure(f"cost of an event of a customer with {busy // 100:,}", 1e6 * rare, " us"),
        Measure(f"as much for a customer with {busy:,} contacts", often / rare, " x", most=1.15),
    ]


def _cost(size: Size) -> float:
    command = [sys.executable, "-m", "bench.goals.growth", *map(str, size)]
    return float(answer_of(command, _SECONDS)["seconds"])


def _main(size: Size) -> None:
    start = time.time_ns() // 1000 - 9 * DAY
    made = contacts(start, size.customers, 7 * DAY // size.a_week)
    engine = new_engine()
    while engine.live_contacts < size.live:
        feed(engine, _events(made, min(_CHUNK_CONTACTS, size.live)))
    samples = [_events(made, _SAMPLE_CONTACTS) for _ in range(_SAMPLES)]
    print(json.dumps({"seconds": median(_seconds(engine, sample) for sample in samples)}))


def _seconds(engine: Engine, events: list[Timed]) -> float:
    """CPU time of an event."""
    gc.collect()
    begun = time.process_time()
    feed(engine, events)
    return (time.process_time() - begun) / len(events)


def _events(made: Iterator[list[Record]], count: int) -> list[Timed]:
    return decoded(sorted(chain.from_iterable(islice(made, count))))


if __name__ == "__main__":
    _main(Size(*map(int, sys.argv[1:4])))
