"""The same questions as of :mod:`service.contacts.indexed`, asked of a handful of contacts.

Written out in single loops, without a call a neighbour: this is done several times for each event
of a customer who has more than one contact.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.contacts.place import NEVER, Place
from service.contacts.record import ABANDONED, Contact


class Few:
    """The contacts of a customer, looked at one by one; `horizon` in microseconds."""

    def __init__(self, horizon: int, *, by_reason: bool) -> None:
        self._horizon = horizon
        self._by_reason = by_reason

    def distances(  # noqa: C901 - a single loop, for speed
        self, few: Sequence[Contact], contact: Contact, place: Place
    ) -> tuple[int, int]:
        """The latest end of those that match and started before, the earliest start after.

        Also of those that are linked, whatever their reasons.
        """
        start, match, previous = place.start, place.match, place.previous
        by_reason = self._by_reason
        covered, followed = -NEVER, NEVER
        for other in few:
            started = other.started_at
            if started is None or started == start:
                continue
            if by_reason and other.reason != match:
                if started < start:
                    if previous is None or other.contact_id != previous:
                        continue
                elif other.extras is None or other.extras.previous != contact.contact_id:
                    continue
            if other.outbound or other.outcome == ABANDONED:
                continue
            if started < start:
                end = other.resolved_at
                if end is None:
                    end = started + self._horizon
                if end > covered:
                    covered = end
            elif started < followed:
                followed = started
        return covered, followed

    def followers(
        self, few: Sequence[Contact], contact: Contact, place: Place, since: int, until: int
    ) -> list[Contact]:
        """Those of the same match, or that name `contact`, starting after `since`, to `until`."""
        match, by_reason = place.match, self._by_reason
        return [
            other
            for other in few
            if other.started_at is not None
            and since < other.started_at <= until
            and (not by_reason or other.reason == match or other.previous == contact.contact_id)
        ]

    def earlier(self, few: Sequence[Contact], place: Place) -> list[Contact]:
        """Those of the same match, or named as previous, that started before and take part."""
        start, match, previous = place.start, place.match, place.previous
        by_reason = self._by_reason
        return [
            other
            for other in few
            if other.started_at is not None
            and other.started_at < start
            and (not by_reason or other.reason == match or other.contact_id == previous)
            and not other.outbound
            and other.outcome != ABANDONED
        ]
