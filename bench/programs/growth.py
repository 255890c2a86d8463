"""What an event costs an engine with few and with many live contacts, and of a busy customer.

Arguments: how many are few, how many are many, and how many a busy customer has. An engine alone,
on decoded events, as many in an hour whatever their number; medians of CPU time.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain, islice
from statistics import median

from bench.programs.feeding import Timed, cost_of, decoded, feed, new_engine
from bench.workload import Record, Workload
from service.definitions import DAY

_SAMPLES = 7
_SAMPLE_CONTACTS = 2_000
_CHUNK_CONTACTS = 5_000
PER_CUSTOMER = 4


def cost_after(
    live: int,
    customers: int,
    spacing: int,
    samples: int = _SAMPLES,
    filled: Callable[[], None] = lambda: None,
) -> float:
    """Seconds an event once so many contacts are live; `filled` is called when they are."""
    contacts = Workload(0, time.time_ns() // 1000 - 9 * DAY, customers).contacts(spacing)
    engine = new_engine()
    while engine.live_contacts < live:
        feed(engine, _events(contacts, min(_CHUNK_CONTACTS, live)))
    events = [_events(contacts, _SAMPLE_CONTACTS) for _ in range(samples)]
    filled()
    return median(cost_of(engine, sample) for sample in events)


def _events(contacts: Iterator[list[Record]], count: int) -> list[Timed]:
    return decoded(sorted(chain.from_iterable(islice(contacts, count))))


def main(few: int, many: int, busy: int) -> None:
    """Measure and print."""
    spacing = 7 * DAY // many
    busy_spacing = 7 * DAY // busy
    print(
        json.dumps(
            {
                "few": cost_after(few, few // PER_CUSTOMER, spacing),
                "many": cost_after(many, many // PER_CUSTOMER, spacing),
                "calm_customer": cost_after(busy // 100, 1, busy_spacing),
                "busy_customer": cost_after(busy, 1, busy_spacing),
            }
        )
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
