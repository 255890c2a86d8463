"""An account is a record: all that `customer-changed` has said of a customer, whatever the order.

Each change is a part, by its time; of two different ones for one time the one of the higher version
stands, then the one whose meaning is greater in the order of :func:`service.state.rank.rank`.

All times are microseconds of event time since the epoch, revenue is millionths.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import msgspec

from service.state.record import Extras

ACTIVE, LEFT = 0, 1

#: So many of the latest changes are kept each for itself: nobody changes more often, and a record
#: must not grow until no broker takes it.
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
        if len(account.changes) > CHANGES + SUMMARY:
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


#: What is summed up takes so many changes at most: one for each field.
SUMMARY = 3


def summed_up(changes: Sequence[Change], until: int) -> list[Change]:
    """Changes of which those up to a moment tell no more than what the customer was then.

    Of those only the fields stay that no later one of them has; of the status, the change since
    when it is so. So what comes later, or late, is told of as if all were there.
    """
    cut = bisect_left(changes, until + 1, key=_time)
    if cut <= 1:
        return list(changes)
    status, since = ACTIVE, 0
    segment = revenue = -1
    for number, change in enumerate(changes[:cut]):
        if change.status is not None and (number == 0 or change.status != status):
            status, since = change.status, number
        segment = number if change.segment is not None else segment
        revenue = number if change.revenue is not None else revenue
    kept_numbers = {since, *(number for number in (segment, revenue) if number >= 0)}
    # The first has it too: it must tell of no turn that lies behind.
    first = min(kept_numbers)
    kept = [
        Change(
            change.at,
            status if number in (since, first) else None,
            change.segment if number == segment else None,
            change.revenue if number == revenue else None,
            change.version,
        )
        for number, change in enumerate(changes[:cut])
        if number in kept_numbers
    ]
    return [*kept, *changes[cut:]]


def _time(change: Change) -> int:
    return change.at
