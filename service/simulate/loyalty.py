"""Customers who come and leave: more often after they had to come back."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from service.definitions import DAY
from service.simulate import records
from service.simulate.profiles import ANONYMOUS, Spread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.simulate.case import Case
    from service.simulate.publication import Publication

#: Share of contacts after which the customer leaves, and when he says so.
_AFTER_HELP: Final = 0.002
_AFTER_REPEAT: Final = 0.02
DELAY: Final = Spread(6 * 3600, 0.8)
#: Share of those who make contact for the first time that have just become customers; the others
#: have been it for up to so many days.
_NEW: Final = 0.012
_LOYAL: Final = 1500
_SEGMENTS: Final = (("private", 0.7, 19.9), ("business", 0.95, 79.9), ("key-account", 1.0, 950.0))


class Worth(NamedTuple):
    """What kind of customer it is, and what he pays a month."""

    segment: str
    monthly_revenue: float


def worth(customer_id: str) -> Worth:
    """Of one customer always the same."""
    rng = Random(f"worth {customer_id}")
    drawn = rng.random()
    segment, _, usual = next(it for it in _SEGMENTS if drawn < it[1])
    return Worth(segment, round(usual * (0.5 + rng.random()), 2))


class Clientele:
    """Who the customers are. Memory holds those heard of: a plan has only so many."""

    def __init__(self, start: int) -> None:
        self._start = start
        self._met: set[str] = set()

    def meet(self, customer_id: str, now: int) -> Iterator[Publication]:
        """Tells of a customer who makes contact; most have been one long before the first time."""
        if customer_id == ANONYMOUS:
            return
        its = worth(customer_id)
        if customer_id not in self._met:
            self._met.add(customer_id)
            rng = Random(f"since {customer_id}")
            if rng.random() >= _NEW:
                since = (self._start // DAY - 1 - int(rng.random() * _LOYAL)) * DAY
                yield records.joined(customer_id, since, its, told_at=now)
        yield records.joined(customer_id, now, its)


def leaves(rng: Random, case: Case) -> bool:
    """Whether a customer whose contact was closed has had enough."""
    if case.customer_id == ANONYMOUS:
        return False
    had_to_repeat = case.attempt > 0 or not case.helped
    return rng.random() < (_AFTER_REPEAT if had_to_repeat else _AFTER_HELP)
