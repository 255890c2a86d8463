"""Customers who come and leave: more often after they had to come back."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from service.simulate.profiles import Spread

if TYPE_CHECKING:
    from service.simulate.case import Case

#: Share of contacts after which the customer leaves, and when he says so.
_AFTER_HELP: Final = 0.002
_AFTER_REPEAT: Final = 0.02
DELAY: Final = Spread(6 * 3600, 0.8)
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


def leaves(rng: Random, case: Case) -> bool:
    """Whether a customer whose contact was closed has had enough."""
    had_to_repeat = case.attempt > 0 or not case.helped
    return rng.random() < (_AFTER_REPEAT if had_to_repeat else _AFTER_HELP)
