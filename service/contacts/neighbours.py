"""Who repeats whom: the contacts beside a contact.

Two contacts *match* when they are the same customer's and, under `repeat_match = "reason"`,
have the same start reason; a contact that names a previous one is linked to it whatever the
reasons. Contact r repeats c within R when c.start < r.start <= c.end + R. Therefore all that a
contact has to know of its neighbours is

* for being a repeat: the latest end of the matching contacts that started before it, and
* for being repeated: the earliest start of the matching contacts after its own.

Only inbound contacts that were not abandoned take part. An open contact covers all that follows;
its end is taken to be its expiry, which is later than any start the clock has reached.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from service.contacts.book import FEW, Customer
from service.contacts.record import Contact, Outcome, Resolution, Start
from service.contacts.timeline import Timeline
from service.definitions import Definitions

NEVER = 1 << 62


class Place(NamedTuple):
    """A contact's part in the question who repeats whom. Times are microseconds."""

    start: int
    end: int
    match: str | None
    previous: str | None


class Neighbours:
    """Answers the two questions of the module, and tells whose answers a change can alter."""

    def __init__(self, definitions: Definitions) -> None:
        self._by_reason = definitions.repeat_match == "reason"
        self._horizon = definitions.open_horizon
        lengths = [window.length for window in definitions.repeat_windows]
        self._shortest, self._longest = min(lengths), max(lengths)

    def place(self, contact: Contact) -> Place | None:
        """The contact's place; None while it takes no part."""
        start = contact.started_at
        if start is None or contact.outbound or contact.outcome == Outcome.ABANDONED:
            return None
        resolved = contact.resolved_at
        return Place(
            start,
            start + self._horizon if resolved is None else resolved,
            contact.reason if self._by_reason else None,
            None if contact.extras is None else contact.extras.previous,
        )

    def place_with(self, contact: Contact, part: Start | Resolution) -> Place | None:
        """The place that the contact will have once `part` is put into it."""
        if isinstance(part, Start):
            start: int | None = part.at
            outbound, reason, previous = part.outbound, part.reason, part.previous
            resolved, outcome = contact.resolved_at, contact.outcome
        else:
            start = contact.started_at
            outbound, reason, previous = contact.outbound, contact.reason, contact.previous
            resolved, outcome = part.at, part.outcome
        if start is None or outbound or outcome == Outcome.ABANDONED:
            return None
        end = start + self._horizon if resolved is None else resolved
        return Place(start, end, reason if self._by_reason else None, previous)

    def distances(self, customer: Customer, contact: Contact) -> tuple[int, int]:
        """Both answers for a contact; those of one that takes no part are too far off to matter."""
        place = self.place(contact)
        if place is None:
            return -NEVER, NEVER
        return (
            self.latest_end_before(customer, contact, place),
            self.next_start(customer, contact, place),
        )

    def latest_end_before(self, customer: Customer, contact: Contact, place: Place) -> int:
        """The latest end of all contacts that `contact`, if soon enough, is a repeat of."""
        latest = -NEVER
        extras = contact.extras
        if extras is not None and extras.covered_until is not None:
            latest = extras.covered_until
        if not customer.busy:
            for other in customer.contacts:
                if other is contact:
                    continue
                before = self.place(other)
                if before is not None and before.start < place.start and before.end > latest:
                    if before.match == place.match or other.contact_id == place.previous:
                        latest = before.end
            return latest
        found = customer.timelines[place.match].latest_end_before(place.start)
        if found is not None:
            latest = max(latest, found)
        linked = self._linked(customer, place)
        if linked is not None and linked[1].start < place.start:
            latest = max(latest, linked[1].end)
        return latest

    def next_start(self, customer: Customer, contact: Contact, place: Place) -> int:
        """The earliest start of all contacts that, if soon enough, are repeats of `contact`."""
        earliest = NEVER
        extras = contact.extras
        if extras is not None and extras.followed_at is not None:
            earliest = extras.followed_at
        if not customer.busy:
            for other in customer.contacts:
                if other is contact:
                    continue
                after = self.place(other)
                if after is not None and place.start < after.start < earliest:
                    if after.match == place.match or after.previous == contact.contact_id:
                        earliest = after.start
            return earliest
        found = customer.timelines[place.match].next_start(place.start)
        linked = customer.links.get(contact.contact_id)
        followed = None if linked is None else linked.next_start(place.start)
        return min(at for at in (earliest, found, followed) if at is not None)

    def affected(
        self, customer: Customer, contact: Contact, before: Place | None, after: Place | None
    ) -> Iterator[Contact]:
        """Every other contact whose answers can differ once `contact` moves between two places.

        May name some whose answers stay the same; never leaves one out.
        """
        if before == after:
            return
        if before is not None and after is not None and before[2:] == after[2:]:
            if before.start == after.start:
                # Only its end moves: whom it covers before and after is covered all along.
                since = min(before.end, after.end) + self._shortest
                until = max(before.end, after.end)
                yield from self._followers(customer, contact, after, since, until)
                return
        for place in (before, after):
            if place is None:
                continue
            yield from self._followers(customer, contact, place, place.start, place.end)
            if customer.busy:
                timeline = customer.timelines.get(place.match)
                if timeline is not None:
                    yield from timeline.last_before(place.start)
                linked = self._linked(customer, place)
                if linked is not None:
                    yield linked[0]
            else:
                for other in customer.contacts:
                    # An open contact is not yet asked who followed it.
                    if other is not contact and other.resolved_at is not None:
                        earlier = self.place(other)
                        if earlier is not None and earlier.start < place.start:
                            yield other

    def _followers(
        self, customer: Customer, contact: Contact, place: Place, since: int, end: int
    ) -> Iterator[Contact]:
        """The repeats of `contact` that started after `since`, while no other covers them as long."""
        since = max(since, place.start)
        until = end + self._longest
        if not customer.busy:
            for other in customer.contacts:
                if other is not contact and other.started_at is not None:
                    if since < other.started_at <= until:
                        yield other
            return
        linked = customer.links.get(contact.contact_id)
        if linked is not None:
            for start, _, other in linked.after(since):
                if start > until:
                    break
                yield other
        timeline = customer.timelines.get(place.match)
        if timeline is not None:
            for start, other_end, other in timeline.after(place.start):
                if start > until:
                    break
                if start > since and other is not contact:
                    yield other
                if other_end >= end and other is not contact:
                    # Whoever starts later is covered by this one at least as long.
                    until = min(until, start)

    def _linked(self, customer: Customer, place: Place) -> tuple[Contact, Place] | None:
        previous = None if place.previous is None else customer.find(place.previous)
        if previous is None:
            return None
        its_place = self.place(previous)
        return None if its_place is None else (previous, its_place)

    def bequeath(self, customer: Customer, contact: Contact, place: Place) -> Iterator[Contact]:
        """Takes the contact's place away for good; yields each neighbour that now remembers it.

        What a neighbour says of itself must not change because the contact has left the state: one
        that repeats it keeps its end, one that it repeats keeps its start.
        """
        if customer.busy:
            earlier = list(customer.timelines[place.match].last_before(place.start))
            linked = self._linked(customer, place)
            if linked is not None:
                earlier.append(linked[0])
        else:
            earlier = [other for other in customer.contacts if other is not contact]
        later = list(self._followers(customer, contact, place, place.start, place.end))
        self.move(customer, contact, place, None)
        if not customer.busy:
            customer.contacts.remove(contact)
        for other in later:
            its = self.place(other)
            if its is None or its.start <= place.start:
                continue
            if its.match != place.match and its.previous != contact.contact_id:
                continue
            if self.latest_end_before(customer, other, its) < place.end:
                other.need_extras().covered_until = place.end
                yield other
        for other in earlier:
            its = self.place(other)
            if its is None or its.start >= place.start or its.end + self._longest < place.start:
                continue
            if its.match != place.match and place.previous != other.contact_id:
                continue
            if self.next_start(customer, other, its) > place.start:
                other.need_extras().followed_at = place.start
                yield other
        if not customer.busy:
            customer.contacts.append(contact)

    # Keeping a busy customer's timelines

    def move(
        self, customer: Customer, contact: Contact, before: Place | None, after: Place | None
    ) -> None:
        """Takes note of a contact's new place (None: it has none, or no longer any)."""
        if not customer.busy or before == after:
            return
        if before is not None and after is not None and after == before._replace(end=after.end):
            customer.timelines[after.match].set_end(after.start, after.end, contact)
            if after.previous is not None:
                customer.links[after.previous].set_end(after.start, after.end, contact)
            return
        if before is not None:
            _leave(customer.timelines, before.match, before.start, contact)
            if before.previous is not None:
                _leave(customer.links, before.previous, before.start, contact)
        if after is not None:
            customer.timelines.setdefault(after.match, Timeline()).add(
                after.start, after.end, contact
            )
            if after.previous is not None:
                customer.links.setdefault(after.previous, Timeline()).add(
                    after.start, after.end, contact
                )

    def index_if_busy(self, customer: Customer) -> None:
        """Gives a customer who has become busy its index and timelines."""
        if customer.busy or len(customer.contacts) <= FEW:
            return
        contacts, customer.contacts = customer.contacts, []
        customer.index = {contact.contact_id: contact for contact in contacts}
        for contact in contacts:
            self.move(customer, contact, None, self.place(contact))


K = TypeVar("K")


def _leave(timelines: dict[K, Timeline], key: K, start: int, contact: Contact) -> None:
    timeline = timelines[key]
    timeline.remove(start, contact)
    if not timeline:
        del timelines[key]
