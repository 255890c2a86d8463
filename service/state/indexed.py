"""The contacts of a busy customer, found in time by match and by link."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TypeVar

from service.state.place import NEVER, Place
from service.state.record import Contact
from service.state.timeline import Timeline

Key = TypeVar("Key", bound=Hashable)


class Indexed:
    """What :mod:`service.state.neighbours` asks, in time that hardly grows with the contacts."""

    __slots__ = ("_links", "_matches")

    def __init__(self) -> None:
        self._matches: dict[str | None, Timeline] = {}
        #: By contact id: the contacts that name it as their previous one.
        self._links: dict[str, Timeline] = {}

    def move(self, contact: Contact, before: Place | None, after: Place | None) -> None:
        """Takes note of a contact's new place; None: it has none."""
        if before == after:
            return
        if before is not None and after is not None and before.differs_in_end_only(after):
            self._matches[after.match].set_end(after.start, after.end, contact)
            if after.previous is not None:
                self._links[after.previous].set_end(after.start, after.end, contact)
            return
        if before is not None:
            _leave(self._matches, before.match, before.start, contact)
            if before.previous is not None:
                _leave(self._links, before.previous, before.start, contact)
        if after is not None:
            _enter(self._matches, after.match, after, contact)
            if after.previous is not None:
                _enter(self._links, after.previous, after, contact)

    def latest_end_before(self, place: Place) -> int:
        """The latest end of those of the same match that started before."""
        timeline = self._matches.get(place.match)
        return -NEVER if timeline is None else timeline.latest_end_before(place.start)

    def next_start(self, contact: Contact, place: Place) -> int:
        """The earliest later start of those of the same match, or that name `contact`."""
        timeline = self._matches.get(place.match)
        earliest = NEVER if timeline is None else timeline.next_start(place.start)
        linked = self._links.get(contact.contact_id)
        return earliest if linked is None else min(earliest, linked.next_start(place.start))

    def next_start_of_match(self, place: Place, moment: int) -> int:
        """The earliest start after a moment of those of the same match."""
        return self._matches[place.match].next_start(moment)

    def followers(
        self, contact: Contact, place: Place, since: int, until: int, enough: int
    ) -> Iterator[Contact]:
        """Those that started after `since`, at the latest `until`, and for which it can matter
        that `contact`, having this place, covers them: no other does for as long, nor until at
        most `enough` before their start."""
        linked = self._links.get(contact.contact_id)
        if linked is not None:
            for start, _, other in linked.after(since):
                if start > until:
                    break
                yield other
        timeline = self._matches.get(place.match)
        if timeline is not None:
            yield from _uncovered(timeline, contact, place.end, since, until, enough)

    def last_before(self, contact: Contact, place: Place) -> Iterator[Contact]:
        """Those of the same match whose next start is this place's, and of no other contact."""
        timeline = self._matches.get(place.match)
        if timeline is not None and not timeline.has_at(place.start, besides=contact):
            yield from timeline.last_before(place.start)


def _uncovered(
    timeline: Timeline, contact: Contact, end: int, since: int, until: int, enough: int
) -> Iterator[Contact]:
    """See :meth:`Indexed.followers`, of those of the same match."""
    first = timeline.next_start(since)
    if first > until:
        return
    covered = timeline.latest_end_before(since + 1, besides=contact)
    if covered + enough > since:
        since = covered + enough
        covered = max(covered, timeline.latest_end_before(since + 1, besides=contact))
    at_once, ends = since, covered
    for start, its_end, other in timeline.after(since):
        if start > at_once:
            # Only now: of two that start at once, neither covers the other.
            at_once, covered = start, ends
        if start > until or covered >= end:
            return
        if other is not contact:
            if start > covered + enough:
                yield other
            ends = max(ends, its_end)


def _enter(timelines: dict[Key, Timeline], key: Key, place: Place, contact: Contact) -> None:
    timelines.setdefault(key, Timeline()).add(place.start, place.end, contact)


def _leave(timelines: dict[Key, Timeline], key: Key, start: int, contact: Contact) -> None:
    timeline = timelines[key]
    timeline.remove(start, contact)
    if not timeline:
        del timelines[key]
