"""What stays of contacts that have left the state: their places, while these can matter to others.

Whom a contact repeats, and who repeats it, must not change because one of them has left. And which
of its neighbours it is that decides can change long after: another one turns out to have been
abandoned or about something else, or ends at last. So the place of each that has left is kept as
it was, whoever stands in front of it now, as long as its customer has a contact in the state that
could repeat it or be repeated by it. One without neighbours leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from service.state.customers import Customer
from service.state.neighbours import Neighbours
from service.state.place import NEVER, Place
from service.state.record import Contact, Extras, Outcome

#: What is added to an id that is in use, as often as it is.
_AGAIN = "\0"
#: So many are kept of one customer at most; of more, the half of them that ended last.
DEPARTED = 2_000


class Departure(NamedTuple):
    """What stays of contacts that have just left, and what stayed of former ones until now."""

    kept: list[Contact]
    forgotten: list[Contact]


def leave(neighbours: Neighbours, customer: Customer, contacts: Sequence[Contact]) -> Departure:
    """Removes contacts from their customer, and remembers what they are to those that stay."""
    for contact in contacts:
        _remove(neighbours, customer, contact)
    return remember(neighbours, customer, contacts)


def remember(neighbours: Neighbours, customer: Customer, left: Sequence[Contact]) -> Departure:
    """Keeps the places of contacts that have left, as far as they can matter to the others."""
    departed = customer.departed or Customer(customer.id, {}, anonymous=customer.anonymous)
    since = _matter_since(customer, neighbours.longest)
    kept: list[Contact] = []
    for contact in left:
        place = None if customer.anonymous else neighbours.place(contact)
        if place is None or max(place.start, place.end) < since:
            continue
        remains = _remains(contact, place, neighbours.reason(contact))
        while (former := departed.find(remains.contact_id)) is not None:
            if neighbours.place(former) == place:
                # It had left by what was read back, and is let go once more.
                _remove(neighbours, departed, former)
            else:
                # Its id was used again: to those between, the former one is what it was.
                remains.contact_id += _AGAIN
        departed.add(remains)
        neighbours.move(departed, remains, None, neighbours.place(remains))
        kept.append(remains)
    forgotten = _outlived(departed, since)
    for contact in forgotten:
        _remove(neighbours, departed, contact)
    neighbours.index_if_busy(departed)
    customer.departed = departed or None
    return Departure(kept, forgotten)


def _remove(neighbours: Neighbours, customer: Customer, contact: Contact) -> None:
    neighbours.move(customer, contact, neighbours.place(contact), None)
    customer.remove(contact)


def _remains(contact: Contact, place: Place, reason: str | None) -> Contact:
    """A record of nothing but the place of a contact that has left."""
    return Contact(
        contact.contact_id,
        started_at=place.start,
        reason=reason,
        resolved_at=place.end,
        outcome=Outcome.LEFT,
        extras=None if place.previous is None else Extras(place.previous),
    )


def _matter_since(customer: Customer, longest: int) -> int:
    """Those that ended before this moment are too far from all that are in the state.

    `longest`: the longest repeat window, microseconds.
    """
    if not customer:
        return NEVER
    if customer.indexed is not None and customer.remembered <= DEPARTED:
        # Not at each departure: it takes a look at every contact.
        return -NEVER
    starts = [contact.started_at for contact in customer.each()]
    known = [start for start in starts if start is not None]
    # One of which the start has yet to come may have begun at any time.
    return min(known) - longest if len(known) == len(starts) else -NEVER


def _outlived(departed: Customer, since: int) -> list[Contact]:
    """Those that no longer matter, and the half of those that are too many."""
    outlived = [] if since == -NEVER else [it for it in departed.each() if _last(it) < since]
    if len(departed) - len(outlived) > DEPARTED:
        oldest = sorted(departed.each(), key=_last)
        outlived = oldest[: max(len(outlived), len(oldest) - DEPARTED // 2)]
    return outlived


def _last(contact: Contact) -> int:
    """The last moment of a place: where a publisher's clock was wrong, its end is not."""
    return max(contact.started_at or 0, contact.resolved_at or 0)
