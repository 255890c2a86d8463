"""What was said of a contact between its start and its end: each distinct update is a part."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from service.state.rank import rank

if TYPE_CHECKING:
    from service.state.record import Contact

#: The latest of so many different ones are kept, for the reason that resolutions are.
UPDATES = 1_000

#: Who changed a status; an update has its number here.
BY = ("customer", "agent", "system")
OPEN, WAITING = 0, 1


class Update(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One of the distinct updates set by `contact-updated`; what is None it does not speak of."""

    at: int
    status: int | None
    by: int
    queue: str | None
    reason: str | None
    priority: str | None
    version: int = 0

    def standing(self, contact: Contact) -> Update | None:
        """This very update, if the record has it."""
        return self if self in updates(contact) else None

    def put_into(self, contact: Contact) -> None:
        known = updates(contact)
        ordered = [*known, self]
        if known and known[-1].at >= self.at:
            ordered.sort(key=lambda it: (it.at, rank(it)))
        # A new list: the one before may still be read as the record's former state.
        contact.need_extras().updates = ordered[-UPDATES:]


def updates(contact: Contact) -> list[Update]:
    """All updates that a record has, in the order of time, then of their rank."""
    return (contact.extras is not None and contact.extras.updates) or []


def overlaid(
    labels: tuple[str | None, str | None, str | None], known: Iterable[Update]
) -> tuple[str | None, str | None, str | None]:
    """Queue, reason and priority with what updates, in the order of their rank, say of them."""
    queue, reason, priority = labels
    for update in known:
        queue = update.queue or queue
        reason = update.reason or reason
        priority = update.priority or priority
    return queue, reason, priority
