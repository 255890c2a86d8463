"""The same questions as of :mod:`service.state.indexed`, asked of a handful of contacts.

Written out in single loops, without a call a neighbour where it was never updated: this is done
several times for each event of a customer who has more than one contact.
"""

from __future__ import annotations

from collections.abc import Iterable

from service.state.place import NEVER, Place
from service.state.record import NO_PART, Contact
from service.state.standing import Standings


class Few:
    """The contacts of a customer, looked at one by one."""

    def __init__(self, standings: Standings, *, by_reason: bool) -> None:
        self._standings = standings
        self._by_reason = by_reason

    def distances(  # noqa: C901 - a single loop, for speed
        self, few: Iterable[Contact], contact: Contact, place: Place
    ) -> tuple[int, int]:
        """The latest end of those that match and started before, the earliest start after.

        Also of those that are linked, whatever their reasons.
        """
        start, match, previous = place.start, place.match, place.previous
        by_reason, horizon = self._by_reason, self._standings.horizon
        covered, followed = -NEVER, NEVER
        for other in few:
            started = other.started_at
            if started is None or started == start or other.outbound:
                continue
            extras = other.extras
            if extras is None or extras.updates is None:
                reason = other.end_reason or other.reason
                # Most are about something else, and nobody names them.
                if by_reason and reason != match and previous is None and extras is None:
                    continue
                end, outcome = other.resolved_at, other.outcome
            else:
                end, outcome, reason = self._standings.of(other)
            if by_reason and reason != match:
                if started < start:
                    if previous is None or other.contact_id != previous:
                        continue
                elif extras is None or extras.previous != contact.contact_id:
                    continue
            if outcome in NO_PART:
                continue
            if started < start:
                if end is None:
                    end = started + horizon
                if end > covered:
                    covered = end
            elif started < followed:
                followed = started
        return covered, followed

    def followers(
        self, few: Iterable[Contact], contact: Contact, place: Place, since: int, until: int
    ) -> list[Contact]:
        """Those of the same match, or that name `contact`, starting after `since`, to `until`."""
        # Written out in the order of what is cheap: nearly none of them started within.
        named = contact.contact_id
        return [
            other
            for other in few
            if (start := other.started_at) is not None
            and since < start <= until
            and (self._matches(other, place) or other.previous == named)
        ]

    def earlier(self, few: Iterable[Contact], place: Place) -> list[Contact]:
        """Those of the same match, or named as previous, that started before and take part."""
        return [
            other
            for other in few
            if other.started_at is not None
            and other.started_at < place.start
            and not other.outbound
            and (self._matches(other, place) or other.contact_id == place.previous)
            and self._takes_part(other)
        ]

    def _matches(self, other: Contact, place: Place) -> bool:
        if not self._by_reason:
            return True
        if other.extras is None or other.extras.updates is None:
            return (other.end_reason or other.reason) == place.match
        return self._standings.of(other).reason == place.match

    def _takes_part(self, other: Contact) -> bool:
        if other.extras is None or other.extras.updates is None:
            return other.outcome not in NO_PART
        return self._standings.of(other).outcome not in NO_PART
