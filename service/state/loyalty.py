"""Whether a customer stays: when he joined and left, of which segment and worth he was.

In the order of time a customer joins with the first `active`, and with each that follows a `left`;
he leaves with each `left` that follows an `active`. A status that is absent is as before, at first
`active`. Segment and revenue at a time are those of the latest change up to then that has them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from service.state.account import ACTIVE, LEFT, Change


class Turn(NamedTuple):
    """A customer joined, or left, at a moment (microseconds), being of a segment then."""

    at: int
    leaves: bool
    segment: str | None


class Loyalty(NamedTuple):
    """The turns in the order of time, and what the customer is by all that is known."""

    turns: list[Turn]
    is_active: bool
    segment: str | None
    #: Monthly, in millionths; None: not known.
    revenue: int | None


def loyalty(changes: Iterable[Change]) -> Loyalty:
    """The loyalty that these changes, in the order of time, come to."""
    turns: list[Turn] = []
    status = ACTIVE
    was_active = False
    segment: str | None = None
    revenue: int | None = None
    for change in changes:
        status = status if change.status is None else change.status
        segment = segment if change.segment is None else change.segment
        revenue = revenue if change.revenue is None else change.revenue
        is_active = status != LEFT
        if is_active != was_active:
            turns.append(Turn(change.at, was_active, segment))
        was_active = is_active
    return Loyalty(turns, was_active, segment, revenue)
