"""The label values that the records of a changelog have: for their places in the group's list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from service.aggregates.labels import DIMENSIONS
from service.definitions import Definitions
from service.state.record import Extras
from service.state.resolution import Resolution
from service.store import changelog as state

#: Contacts of which what they say is put together before it is looked through: their records are
#: nearly as many, and each says one of a few hundred things.
_AT_ONCE = 50_000

_Values = dict[str | None, None]


class _Said(NamedTuple):
    """The labels that a contact, or a part of one, says."""

    channel: str | None
    queue: str | None
    end_queue: str | None
    reason: str | None
    end_reason: str | None
    team: str | None


def label_values(
    contacts: Mapping[bytes, bytes], accounts: Iterable[bytes], definitions: Definitions
) -> Iterator[tuple[str, str | None]]:
    """Those of all records of contacts, by key, and of accounts, each once, by dimension."""
    channels, queues, reasons = _Values(), _Values(), _Values()
    teams, segments = _Values(), _Values()
    records = iter(contacts.items())
    for _ in range(0, len(contacts), _AT_ONCE):
        for it in map(_Said._make, _said(islice(records, _AT_ONCE))):
            channels[it.channel or None] = None
            queues[it.queue] = queues[it.end_queue] = None
            reasons[it.reason] = reasons[it.end_reason] = None
            teams[it.team] = None
    if not definitions.teams:
        teams.clear()
    if definitions.customer_changed:
        for record in accounts:
            changes = state.read_account(record).changes
            segments.update((change.segment, None) for change in changes)
    every = (channels, queues, reasons, teams, segments)
    for dimension, values in zip(DIMENSIONS, every, strict=True):
        for value in values:
            yield dimension, value


def _said(contacts: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[str | None, ...]]:
    """What these say, each once, in the order of :class:`_Said`."""
    said: dict[tuple[str | None, ...], None] = {}
    left, read = state.LEFT_CONTACT, state.read_contact
    for key, record in contacts:
        # Of what has left, none is shown any more.
        if not key.startswith(left):
            it = read(record)
            # Without the names: every contact of the state is asked.
            said[it.channel, it.queue, it.end_queue, it.reason, it.end_reason, it.team] = None
            if it.extras is not None:
                said.update((part, None) for part in _said_by_parts(it.extras))
    return said


def _said_by_parts(extras: Extras) -> Iterator[_Said]:
    """What those parts say that have labels of their own, beside what the record itself says."""
    for part in (*(extras.resolutions or ()), *(extras.updates or ())):
        team = part.team if isinstance(part, Resolution) else None
        yield _Said(None, part.queue, None, part.reason, None, team)
