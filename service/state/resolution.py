"""What closed a contact: each distinct resolution is a part of its record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from service.state.rank import Rank, rank

if TYPE_CHECKING:
    from service.state.record import Contact

#: The latest of so many different ones are kept: nobody closes a contact more often, and a record
#: must not grow until no broker takes it.
RESOLUTIONS = 100


class Resolution(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One of the distinct resolutions set by `contact-resolved`."""

    at: int
    outcome: int
    responded_at: int | None
    queue: str | None
    reason: str | None
    replies: int | None
    handle: int | None
    transfers: int | None
    team: str | None = None
    by_bot: bool = False
    version: int = 0
    #: Who closed it; None, too, where outcomes are not told.
    agent: str | None = None

    def standing(self, contact: Contact) -> Resolution | None:
        """This very resolution, if the record has it."""
        if contact.resolved_at is None:
            return None
        return self if self in resolutions(contact) else None

    def put_into(self, contact: Contact) -> None:
        if contact.resolved_at is None:
            # Nearly always it is the only one.
            _stand(contact, self)
        else:
            have(contact, [*resolutions(contact), self])


def have(contact: Contact, known: Sequence[Resolution]) -> None:
    """Has a record these resolutions, and no others: the greatest in the record itself."""
    # Those of equal time come in the order of their rank too.
    ordered = known if len(known) < 2 else sorted(known, key=_order)[-RESOLUTIONS:]
    standing = max(ordered, key=rank, default=_NONE)
    _stand(contact, standing)
    others = [resolution for resolution in ordered if resolution is not standing]
    if others or contact.extras is not None:
        contact.need_extras().resolutions = others or None


def _stand(contact: Contact, standing: Resolution) -> None:
    contact.resolved_at = None if standing is _NONE else standing.at
    contact.outcome = standing.outcome
    contact.responded_at = standing.responded_at
    contact.end_queue = standing.queue
    contact.end_reason = standing.reason
    contact.replies = standing.replies
    contact.handle = standing.handle
    contact.transfers = standing.transfers
    contact.team = standing.team
    contact.by_bot = standing.by_bot
    contact.version = standing.version
    if standing.agent is not None or contact.extras is not None:
        contact.need_extras().agent = standing.agent


def _order(resolution: Resolution) -> tuple[int, Rank]:
    return resolution.at, rank(resolution)


#: What a record has that was never closed; its outcome is that of :class:`Outcome`'s OPEN.
_NONE = Resolution(0, 3, None, None, None, None, None, None)


def resolutions(contact: Contact) -> list[Resolution]:
    """All resolutions that a record has."""
    if contact.resolved_at is None:
        return []
    standing = Resolution(
        contact.resolved_at,
        contact.outcome,
        contact.responded_at,
        contact.end_queue,
        contact.end_reason,
        contact.replies,
        contact.handle,
        contact.transfers,
        contact.team,
        contact.by_bot,
        contact.version,
        None if contact.extras is None else contact.extras.agent,
    )
    others = None if contact.extras is None else contact.extras.resolutions
    return [standing, *(others or ())]
