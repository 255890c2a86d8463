"""An event costs the same, however many contacts are live.

Of an engine alone, on decoded events; each engine in a process of its own.
"""

from __future__ import annotations

import time
from itertools import chain, islice

from bench.engines import cost, feed
from bench.measures import Measure, Plan, say
from bench.processes import alone
from bench.workload import Record, contacts
from service.definitions import DAY, Definitions
from service.partition.engine import Engine

_FEW = 10_000
_PER_CUSTOMER = 4
_SAMPLES = 7
_SAMPLE_CONTACTS = 2_000
_CHUNK_CONTACTS = 5_000


def growth(plan: Plan) -> list[Measure]:
    """Of engines with few contacts and with many."""
    many = plan.contacts
    few = min(_FEW, many // 10)
    say(f"engines with up to {many:,} contacts")
    one, all_ = (alone(_cost, live, many) for live in (few, many))
    return [
        Measure(f"cost of an event in an engine with {few:,} contacts", one, " us"),
        Measure(f"as much at {many:,} live contacts", all_ / one, " x", most=1.15),
    ]


def _cost(live: int, a_week: int) -> float:
    """With so many live contacts, of whom `a_week` begin in a week."""
    made = contacts(time.time_ns() // 1000 - 9 * DAY, live // _PER_CUSTOMER, 7 * DAY // a_week)

    def events(count: int) -> list[Record]:
        return sorted(chain.from_iterable(islice(made, count)))

    engine = Engine(Definitions())
    while engine.live_contacts < live:
        feed(engine, events(min(_CHUNK_CONTACTS, live)))
    return cost(engine, (events(_SAMPLE_CONTACTS) for _ in range(_SAMPLES)))
