"""The label values that the records of a changelog have: for their places in the group's list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from service.aggregates.labels import DIMENSIONS
from service.definitions import Definitions
from service.state.record import Contact
from service.state.resolution import Resolution
from service.state.update import Update
from service.store import changelog as state

Values = dict[str | None, None]


def label_values(
    found: Mapping[bytes, bytes], definitions: Definitions
) -> Iterator[tuple[str, str | None]]:
    """Those of all records that were found, by key, each once, by dimension."""
    channels, queues, reasons = Values(), Values(), Values()
    teams, segments = Values(), Values()
    for key, record in found.items():
        if key.startswith(state.ACCOUNT):
            if definitions.customer_changed:
                changes = state.read_account(record).changes
                segments.update((change.segment, None) for change in changes)
            continue
        name = state.read_key(key)
        # Of what has left, none is shown any more.
        if isinstance(name, tuple) and len(name) == 2:
            contact = state.read_contact(record)
            channels[contact.channel or None] = None
            queues[contact.queue] = queues[contact.end_queue] = None
            reasons[contact.reason] = reasons[contact.end_reason] = None
            teams[contact.team] = None
            for part in _further_parts(contact):
                queues[part.queue] = reasons[part.reason] = None
                if isinstance(part, Resolution):
                    teams[part.team] = None
    if not definitions.teams:
        teams.clear()
    every = (channels, queues, reasons, teams, segments)
    for dimension, values in zip(DIMENSIONS, every, strict=True):
        for value in values:
            yield dimension, value


def _further_parts(contact: Contact) -> Iterable[Resolution | Update]:
    """Those with labels of their own, beside what the record itself says."""
    extras = contact.extras
    return () if extras is None else [*(extras.resolutions or ()), *(extras.updates or ())]
