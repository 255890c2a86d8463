"""The same questions as of :mod:`service.contacts.indexed`, asked of a handful of contacts.

Written out in single loops, without a call a neighbour: this is done several times for each event
of a customer who has more than one contact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.contacts.place import Place
from service.contacts.record import ABANDONED, Contact


class Few:
    """The contacts of a customer, looked at one by one; `horizon` in microseconds."""

    def __init__(self, horizon: int, *, by_reason: bool) -> None:
        self._horizon = horizon
        self._by_reason = by_reason

    def latest_end_before(self, few: Sequence[Contact], place: Place) -> int | None:
        """The latest end of those of the same match, or named as previous, that started before."""
        start, match, previous = place.start, place.match, place.previous
        by_reason, latest = self._by_reason, None
        for other in few:
            started = other.started_at
            if started is None or started >= start or other.outbound:
                continue
            if other.outcome == ABANDONED:
                continue
            if by_reason and other.reason != match and other.contact_id != previous:
                continue
            end = other.resolved_at
            if end is None:
                end = started + self._horizon
            if latest is None or end > latest:
                latest = end
        return latest

    def next_start(self, few: Sequence[Contact], contact: Contact, place: Place) -> int | None:
        """The earliest later start of those of the same match, or that name `contact`."""
        start, match = place.start, place.match
        by_reason, earliest = self._by_reason, None
        for other in few:
            started = other.started_at
            if started is None or started <= start or other.outbound:
                continue
            if other.outcome == ABANDONED or (earliest is not None and started >= earliest):
                continue
            if by_reason and other.reason != match and other.previous != contact.contact_id:
                continue
            earliest = started
        return earliest

    def followers(
        self, few: Sequence[Contact], contact: Contact, place: Place, since: int, until: int
    ) -> Iterator[Contact]:
        """Those of the same match, or that name `contact`, starting after `since`, to `until`."""
        match, by_reason = place.match, self._by_reason
        for other in few:
            started = other.started_at
            if started is None or not since < started <= until:
                continue
            if by_reason and other.reason != match and other.previous != contact.contact_id:
                continue
            yield other

    def earlier(self, few: Sequence[Contact], place: Place) -> Iterator[Contact]:
        """Those of the same match, or named as previous, that started before."""
        start, match, previous = place.start, place.match, place.previous
        by_reason = self._by_reason
        for other in few:
            started = other.started_at
            if started is None or started >= start:
                continue
            if by_reason and other.reason != match and other.contact_id != previous:
                continue
            yield other
