"""Parts of contacts whose start has not been seen: each leaves the state at its own time."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from service.contacts.record import NOTHING, Contact

#: Parts that can leave the state without their contact having been seen.
ORPHANS = ("contact-resolved", "survey-answered", "contact-responded")


def times(contact: Contact) -> Iterator[int]:
    """The event times of all parts but the start."""
    if contact.resolved_at is not None:
        yield contact.resolved_at
    if contact.surveys is not None:
        for survey in contact.surveys.values():
            yield survey.answered_at
    if contact.extras is not None:
        for at, _ in contact.extras.responses or ():
            yield at


def outlast(contact: Contact, until: int) -> bool:
    """Whether there is no start, and a part later than `until`."""
    return contact.started_at is None and any(at > until for at in times(contact))


def take_out(contact: Contact, until: int) -> Contact:
    """Takes the parts up to an event time out of a record without a start.

    Returns them as a record of their own, with what that remembers to have been counted of them.
    What stays remembers that answers have left: when its start has come, one that comes again is
    no longer too late, but has been counted.
    """
    gone = Contact(contact.contact_id)
    if contact.resolved_at is not None and contact.resolved_at <= until:
        _move_resolution(contact, gone)
    surveys = contact.surveys or {}
    gone.surveys = {kind: it for kind, it in surveys.items() if it.answered_at <= until} or None
    contact.surveys = {kind: it for kind, it in surveys.items() if it.answered_at > until} or None
    slots = {f"survey:{kind}" for kind in gone.surveys or ()}
    if contact.extras is None and not slots:
        return gone
    extras, gone_extras = contact.need_extras(), gone.need_extras()
    responses, counted = extras.responses or [], extras.counted or {}
    gone_extras.responses = [it for it in responses if it[0] <= until] or None
    gone_extras.counted = {slot: it for slot, it in counted.items() if slot in slots} or None
    contact.extras = replace(
        extras,
        responses=[it for it in responses if it[0] > until] or None,
        counted={**counted, **dict.fromkeys(slots, NOTHING)} or None,
    )
    return gone


def _move_resolution(contact: Contact, gone: Contact) -> None:
    nothing = Contact(contact.contact_id)
    for name in (
        *("resolved_at", "outcome", "responded_at", "end_queue", "end_reason"),
        *("replies", "handle", "transfers"),
    ):
        setattr(gone, name, getattr(contact, name))
        setattr(contact, name, getattr(nothing, name))


def count(contact: Contact) -> dict[str, int]:
    """How many parts of each type the record holds without its contact having been seen."""
    if contact.started_at is not None:
        return {}
    responses = contact.extras.responses if contact.extras is not None else None
    counts = (
        int(contact.resolved_at is not None),
        len(contact.surveys or ()),
        len(responses or ()),
    )
    return {part: number for part, number in zip(ORPHANS, counts, strict=True) if number}
