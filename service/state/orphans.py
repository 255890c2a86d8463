"""Parts of contacts whose start has not been seen: each leaves the state at its own time.

Resolutions that follow each other without a status between them are one part, of the time of the
one that stands; updates of one time are one part too. Of events that stand behind such a part the
record remembers that they were lost, as long as they are not too late by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from service.events.model import CONTACT_RESOLVED
from service.state.evaluation import evaluations
from service.state.parts import digest
from service.state.rank import rank
from service.state.record import NOTHING, Contact, note_lost
from service.state.resolution import Resolution, have, resolutions
from service.state.update import updates

#: Parts that can leave the state without their contact having been seen.
ORPHANS = (
    CONTACT_RESOLVED,
    "survey-answered",
    "contact-responded",
    "contact-updated",
    "contact-evaluated",
)


def times(contact: Contact) -> Iterator[int]:
    """The event times of all parts but the start."""
    for run in _runs(contact):
        yield _time(run)
    if contact.surveys is not None:
        for survey in contact.surveys.values():
            yield survey.answered_at
    if contact.extras is not None:
        for at, _ in contact.extras.responses or ():
            yield at
        for update in contact.extras.updates or ():
            yield update.at
        for evaluation in contact.extras.evaluations or ():
            yield evaluation.at


def outlast(contact: Contact, until: int) -> bool:
    """Whether there is no start, and an event later than `until`, be it one that was lost."""
    if contact.started_at is not None:
        return False
    lost_until = None if contact.extras is None else contact.extras.lost_until
    behind = (resolution.at for resolution in resolutions(contact))
    return (lost_until or until) > until or any(at > until for at in (*times(contact), *behind))


def take_out(contact: Contact, until: int) -> Contact:
    """Takes the parts up to an event time out of a record without a start.

    Returns them as a record of their own, with what that remembers to have been counted of them.
    What stays remembers that answers and evaluations have left: when its start has come, one that
    comes again is no longer too late, but has been counted.
    """
    gone = Contact(contact.contact_id)
    leaving: list[Resolution] = []
    staying: list[Resolution] = []
    for run in _runs(contact):
        (leaving if _time(run) <= until else staying).extend(run)
    for resolution in leaving:
        if resolution.at > until:
            note_lost(contact, digest(resolution), resolution.at)
    have(gone, leaving)
    have(contact, staying)
    surveys = contact.surveys or {}
    gone.surveys = {key: it for key, it in surveys.items() if it.answered_at <= until} or None
    contact.surveys = {key: it for key, it in surveys.items() if it.answered_at > until} or None
    judged = evaluations(contact)
    slots = {f"survey:{key}" for key in gone.surveys or ()} | {
        evaluated_slot(it.key) for it in judged if it.at <= until
    }
    if contact.extras is None and not slots:
        return gone
    extras, gone_extras = contact.need_extras(), gone.need_extras()
    responses, counted = extras.responses or [], extras.counted or {}
    known = extras.updates or []
    gone_extras.responses = [it for it in responses if it[0] <= until] or None
    gone_extras.updates = [it for it in known if it.at <= until] or None
    gone_extras.evaluations = [it for it in judged if it.at <= until] or None
    gone_extras.counted = {slot: it for slot, it in counted.items() if slot in slots} or None
    contact.extras = replace(
        extras,
        responses=[it for it in responses if it[0] > until] or None,
        updates=[it for it in known if it.at > until] or None,
        evaluations=[it for it in judged if it.at > until] or None,
        counted={**counted, **dict.fromkeys(slots, NOTHING)} or None,
    )
    return gone


def evaluated_slot(key: str) -> str:
    """The slot in which counters have an evaluation, as its record remembers it."""
    return f"evaluation/{key}" if key else "evaluation"


def count(contact: Contact) -> dict[str, int]:
    """How many parts of each type the record holds without its contact having been seen."""
    if contact.started_at is not None:
        return {}
    if contact.surveys is None and contact.extras is None:
        # Nearly always: of a backlog a resolution is often read before its start.
        return {} if contact.resolved_at is None else {CONTACT_RESOLVED: 1}
    responses = contact.extras.responses if contact.extras is not None else None
    counts = (
        len(_runs(contact)),
        len(contact.surveys or ()),
        len(responses or ()),
        len({update.at for update in updates(contact)}),
        len(evaluations(contact)),
    )
    return {part: number for part, number in zip(ORPHANS, counts, strict=True) if number}


def _runs(contact: Contact) -> list[list[Resolution]]:
    """The resolutions, parted where a status lies between them."""
    known = resolutions(contact)
    if len(known) < 2:
        return [known] if known else []
    statuses = [update.at for update in updates(contact) if update.status is not None]
    runs: dict[int, list[Resolution]] = {}
    for resolution in known:
        before = sum(at <= resolution.at for at in statuses)
        runs.setdefault(before, []).append(resolution)
    return list(runs.values())


def _time(run: Sequence[Resolution]) -> int:
    return max(run, key=rank).at
