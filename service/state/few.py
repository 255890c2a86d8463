"""The same questions as of :mod:`service.state.indexed`, asked of a handful of contacts.

Written out in single loops, without a call a neighbour where it was never updated: this is done
several times for each event of a customer who has more than one contact. Most neighbours are about
something else, and nobody names them. They are left out by what is nearest in memory: to see when
they started would mean to fetch one more number of each.
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
            extras = other.extras
            reason = other.end_reason or other.reason
            if by_reason and reason != match and extras is None and previous is None:
                continue
            started = other.started_at
            if started is None or started == start or other.outbound:
                continue
            if extras is None or extras.updates is None:
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
        match, by_reason = place.match, self._by_reason
        found: list[Contact] = []
        for other in few:
            extras = other.extras
            reason = other.end_reason or other.reason
            if by_reason and reason != match and extras is None:
                continue
            started = other.started_at
            if started is None or not since < started <= until:
                continue
            if (
                extras is None
                or not by_reason
                or extras.previous == contact.contact_id
                or self._standings.of(other).reason == match
            ):
                found.append(other)
        return found

    def concerned(
        self, few: Iterable[Contact], contact: Contact, place: Place, longest: int
    ) -> list[Contact]:
        """Whose answers a contact of this place can be, those of the same match or linked.

        Those that started after it and can repeat it, and the closed ones that it can repeat;
        `longest` is the longest repeat window.
        """
        start, match, previous = place.start, place.match, place.previous
        by_reason = self._by_reason
        found: list[Contact] = []
        for other in few:
            extras = other.extras
            reason = other.end_reason or other.reason
            if by_reason and reason != match and extras is None and previous is None:
                continue
            started, end, outcome = other.started_at, other.resolved_at, other.outcome
            if started is None:
                continue
            if extras is not None and extras.updates is not None:
                last, outcome, reason = self._standings.of(other)
                end = None if end is None else last
            matches = not by_reason or reason == match
            if started > start:
                if started <= place.end + longest and (
                    matches or other.previous == contact.contact_id
                ):
                    found.append(other)
            # One that was never closed is not yet asked who followed it.
            elif (
                end is not None
                and started < start <= end + longest
                and (matches or other.contact_id == previous)
                and not other.outbound
                and outcome not in NO_PART
            ):
                found.append(other)
        return found
