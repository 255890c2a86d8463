"""What happens to events on their way: delays, duplicates, and events that nobody can use."""

from __future__ import annotations

from heapq import heappop, heappush
from random import Random
from typing import TYPE_CHECKING, Final

from service.definitions import SECOND
from service.simulate.bad_events import spoiled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.simulate.plan import Plan
    from service.simulate.publication import Publication

#: A publisher that hears no acknowledgement sends again within so long, in µs.
_RETRIED_WITHIN: Final = 30 * SECOND


def disturbed(events: Iterator[Publication], plan: Plan) -> Iterator[Publication]:
    """The same events as a careless publisher would bring them: late, twice, spoiled.

    Events that are late come in the order of their arrival; `at` is when that is. The good events
    are all there, whatever the share of bad ones: those come in addition.
    """
    faults = plan.faults
    if not (faults.disorder or faults.duplicates or faults.bad):
        return events
    return _disturbed(events, plan)


def _disturbed(events: Iterator[Publication], plan: Plan) -> Iterator[Publication]:
    faults = plan.faults
    rng = Random(f"faults {plan.seed}")
    under_way: list[tuple[int, int, Publication]] = []
    entries = 0

    def send(item: Publication, delay: float) -> None:
        nonlocal entries
        entries += 1
        arrives = item.at + int(delay)
        heappush(under_way, (arrives, entries, item._replace(at=arrives)))

    for item in events:
        while under_way and under_way[0][0] <= item.at:
            yield heappop(under_way)[2]
        send(item, rng.random() * faults.disorder)
        if rng.random() < faults.duplicates:
            send(item, rng.random() * max(faults.disorder, _RETRIED_WITHIN))
        if rng.random() < faults.bad:
            send(spoiled(rng, item), rng.random() * faults.disorder)
    while under_way:
        yield heappop(under_way)[2]
