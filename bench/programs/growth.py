"""What an event costs an engine with so many live contacts.

Arguments: see :class:`Size`, and `watched` if somebody wants to look at it from outside. An engine
alone, on decoded events. Prints `filled` once the contacts are there, waits a little if it is
watched, and then prints the CPU `seconds` of an event, the median.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from itertools import chain, islice
from statistics import median
from typing import NamedTuple

from bench.programs.feeding import Timed, cost_of, decoded, feed, new_engine
from bench.workload import Record, Workload
from service.definitions import DAY

WATCHED = "watched"
_SAMPLES = 7
#: What is looked at has to last for a while.
_WATCHED_SAMPLES = 15
_LOOK_SECONDS = 3.0
_SAMPLE_CONTACTS = 2_000
_CHUNK_CONTACTS = 5_000


class Size(NamedTuple):
    """So many live contacts of so many customers, of whom `a_week` begin in a week."""

    live: int
    customers: int
    a_week: int

    def arguments(self) -> list[str]:
        """Of this program."""
        return [str(number) for number in self]

    def __str__(self) -> str:
        of = "one customer" if self.customers == 1 else f"{self.customers:,} customers"
        return f"{self.live:,} contacts of {of}"


def main(size: Size, *, watched: bool) -> None:
    """Measure and print."""
    start = time.time_ns() // 1000 - 9 * DAY
    contacts = Workload(0, start, size.customers).contacts(7 * DAY // size.a_week)
    engine = new_engine()
    while engine.live_contacts < size.live:
        feed(engine, _events(contacts, min(_CHUNK_CONTACTS, size.live)))
    samples = _WATCHED_SAMPLES if watched else _SAMPLES
    events = [_events(contacts, _SAMPLE_CONTACTS) for _ in range(samples)]
    print(json.dumps({"filled": engine.live_contacts}), flush=True)
    if watched:
        time.sleep(_LOOK_SECONDS)
    print(json.dumps({"seconds": median(cost_of(engine, sample) for sample in events)}))


def _events(contacts: Iterator[list[Record]], count: int) -> list[Timed]:
    return decoded(sorted(chain.from_iterable(islice(contacts, count))))


if __name__ == "__main__":
    main(Size(*map(int, sys.argv[1:4])), watched=WATCHED in sys.argv)
