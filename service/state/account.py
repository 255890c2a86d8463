"""An account is a record: all that `customer-changed` has said of a customer, whatever the order.

Each change is a part, by its time; of two different ones for one time the one of the higher version
stands, then the one whose meaning is greater in the order of :func:`service.state.rank.rank`.

All times are microseconds of event time since the epoch, revenue is millionths.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from service.state.record import Extras

Value = TypeVar("Value")

ACTIVE, LEFT = 0, 1

#: So many of the latest changes are kept each for itself: nobody changes more often, and a record
#: must not grow until no broker takes it. Those before are summed up.
CHANGES = 1_000
#: So many of the latest contacts that have left the state are remembered.
ENDINGS = 100


class Change(msgspec.Struct, array_like=True, frozen=True, gc=False, omit_defaults=True):
    """What a customer was from a moment on; what is None is as it was before."""

    at: int
    status: int | None = None
    segment: str | None = None
    revenue: int | None = None
    version: int = 0

    def standing(self, account: Account) -> Change | None:
        """The change of the same time as the record has it."""
        place = bisect_left(account.changes, self.at, key=_time)
        known = account.changes[place : place + 1]
        return known[0] if known and known[0].at == self.at else None

    def put_into(self, account: Account) -> None:
        others = [change for change in account.changes if change.at != self.at]
        place = bisect_left(others, self.at, key=_time)
        # A new list: the one before may still be read as the record's former state.
        account.changes = [*others[:place], self, *others[place:]]
        if len(account.changes) > CHANGES:
            account.changes = summed_up(account.changes, account.changes[-CHANGES].at - 1)


class Ending(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How a contact that has left the state turned out.

    `after` is one of :data:`service.kpis.churn.AFTER` by its number.
    """

    started_at: int
    contact_id: str
    after: int
    #: When it was first closed.
    first_closed_at: int


class Account(msgspec.Struct, array_like=True, gc=False, eq=False, omit_defaults=True):
    """All that is known of one customer; also the form in which the changelog keeps it."""

    #: In the order of time, of each time one.
    changes: list[Change] = []
    #: Of contacts that have left the state: the latest ones.
    endings: list[Ending] = []
    extras: Extras | None = None

    def need_extras(self) -> Extras:
        if self.extras is None:
            self.extras = Extras()
        return self.extras

    def remember(self, endings: Sequence[Ending]) -> None:
        """Keeps how contacts that leave the state turned out."""
        known = {ending.contact_id: ending for ending in (*self.endings, *endings)}
        ordered = sorted(known.values(), key=lambda it: (it.started_at, it.contact_id))
        self.endings = ordered[-ENDINGS:]


#: What is summed up takes so many changes at most: the first, and one for each field.
SUMMARY = 4


def summed_up(changes: Sequence[Change], until: int) -> list[Change]:
    """Changes of which those up to a moment tell no more than what the customer was then.

    Of those the first stays, and of each field the last that has it: whatever comes among them
    later, or late, the same stays in any order. Of joinings up to then, the first is told; of
    leavings, none.
    """
    cut = bisect_left(changes, until + 1, key=_time)
    if cut <= 1:
        return list(changes)
    last = {"status": -1, "segment": -1, "revenue": -1}
    for number, change in enumerate(changes[:cut]):
        for field in last:
            if getattr(change, field) is not None:
                last[field] = number
    has_left = last["status"] >= 0 and changes[last["status"]].status == LEFT
    kept = [
        Change(
            change.at,
            LEFT if number == 0 and has_left else _of(change.status, number == last["status"]),
            _of(change.segment, number in (0, last["segment"])),
            _of(change.revenue, number == last["revenue"]),
            change.version,
        )
        for number, change in enumerate(changes[:cut])
        if number == 0 or number in last.values()
    ]
    return [*kept, *changes[cut:]]


def _of(value: Value | None, stays: bool) -> Value | None:
    return value if stays else None


def _time(change: Change) -> int:
    return change.at
