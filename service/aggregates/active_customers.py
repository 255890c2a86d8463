"""The active customers: how many there are of each segment, and their monthly revenue."""

from __future__ import annotations

from typing import NamedTuple

from service.aggregates.labels import Labels
from service.state.account import Account
from service.state.loyalty import loyalty


class Standing(NamedTuple):
    """An active customer's segment, as a label, and monthly revenue in millionths."""

    segment: str
    revenue: int


class ActiveCustomers:
    """Sums by segment; one that has been seen stays. Python's integers: revenue has no bound."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        #: The number of customers, and their revenue.
        self.by_segment: dict[str, list[int]] = {}

    def standing(self, account: Account) -> Standing | None:
        """How a customer stands by all that is known; None: not active."""
        its = loyalty(account.changes)
        if not its.is_active:
            return None
        return Standing(self._labels.segment.label(its.segment), its.revenue or 0)

    def count(self, standing: Standing | None, weight: int) -> None:
        """Adds a customer, or takes him out again (-1)."""
        if standing is not None:
            sums = self.by_segment.setdefault(standing.segment, [0, 0])
            sums[0] += weight
            sums[1] += weight * standing.revenue
