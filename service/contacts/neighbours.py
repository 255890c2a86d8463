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

from collections.abc import Iterable, Iterator

from service.contacts.book import Customer
from service.contacts.few import Few
from service.contacts.indexed import Indexed
from service.contacts.parts import Resolution, Start
from service.contacts.place import Place
from service.contacts.record import ABANDONED, Contact
from service.definitions import Definitions

NEVER = 1 << 62
#: Up to so many contacts, looking at all of a customer's is faster than keeping an index of them.
FEW = 12


class Neighbours:
    """Answers the two questions of the module, and tells whose answers a change can alter."""

    def __init__(self, definitions: Definitions) -> None:
        self._by_reason = definitions.repeat_match == "reason"
        self._horizon = definitions.open_horizon
        lengths = [window.length for window in definitions.repeat_windows]
        self._shortest, self._longest = min(lengths), max(lengths)
        self._few = Few(self._horizon, by_reason=self._by_reason)

    # Places

    def place(self, contact: Contact) -> Place | None:
        """The contact's place; None while it takes no part."""
        start = contact.started_at
        if start is None or contact.outbound or contact.outcome == ABANDONED:
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
        if start is None or outbound or outcome == ABANDONED:
            return None
        end = start + self._horizon if resolved is None else resolved
        return Place(start, end, reason if self._by_reason else None, previous)

    def move(
        self, customer: Customer, contact: Contact, before: Place | None, after: Place | None
    ) -> None:
        """Takes note of a contact's new place (None: it has none, or no longer any)."""
        if customer.indexed is not None:
            customer.indexed.move(contact, before, after)

    def index_if_busy(self, customer: Customer) -> None:
        """Indexes the contacts of a customer who has come to have more than a few."""
        if len(customer.few) <= FEW:
            return
        indexed = Indexed()
        for contact in customer.few:
            indexed.by_id[contact.contact_id] = contact
            indexed.move(contact, None, self.place(contact))
        customer.few, customer.indexed = [], indexed

    # The two questions

    def distances(self, customer: Customer, contact: Contact) -> tuple[int, int]:
        """The latest end of what the contact may repeat, the earliest start of what may repeat it.

        For a contact that takes no part, and where there are none: too far off to matter.
        """
        place = self.place(contact)
        if place is None:
            return -NEVER, NEVER
        return (
            self._latest_end_before(customer, contact, place),
            self._next_start(customer, contact, place),
        )

    def _latest_end_before(self, customer: Customer, contact: Contact, place: Place) -> int:
        extras = contact.extras
        latest = -NEVER
        if extras is not None and extras.covered_until is not None:
            latest = extras.covered_until
        if customer.indexed is None:
            found = self._few.latest_end_before(customer.few, place)
        else:
            found = customer.indexed.latest_end_before(place)
            linked = self._linked(customer, place)
            if linked is not None and linked[1].start < place.start:
                latest = max(latest, linked[1].end)
        return latest if found is None else max(latest, found)

    def _next_start(self, customer: Customer, contact: Contact, place: Place) -> int:
        extras = contact.extras
        earliest = NEVER
        if extras is not None and extras.followed_at is not None:
            earliest = extras.followed_at
        if customer.indexed is None:
            found = self._few.next_start(customer.few, contact, place)
        else:
            found = customer.indexed.next_start(contact, place)
        return earliest if found is None else min(earliest, found)

    def _linked(self, customer: Customer, place: Place) -> tuple[Contact, Place] | None:
        """The contact that is named as the previous one, if it takes part."""
        previous = None if place.previous is None else customer.find(place.previous)
        its = None if previous is None else self.place(previous)
        return None if previous is None or its is None else (previous, its)

    # Whom a change concerns

    def affected(
        self, customer: Customer, contact: Contact, before: Place | None, after: Place | None
    ) -> Iterator[Contact]:
        """Every other contact whose answers can differ once `contact` moves between two places.

        May name some whose answers stay the same; never leaves one out.
        """
        if before == after:
            return
        if before is not None and after is not None and before.differs_in_end_only(after):
            # Only its end moves: whom it covers before and after is covered all along.
            covered = min(before.end, after.end) + self._shortest
            longer = before if before.end > after.end else after
            since = max(covered, after.start)
            yield from self._followers(customer, contact, longer, since, self._shortest)
            return
        for place in (before, after):
            if place is not None:
                # What is a repeat under every window because of others stays one.
                yield from self._followers(customer, contact, place, place.start, self._shortest)
                for other, its in self._earlier(customer, contact, place):
                    # An open contact is not yet asked who followed it.
                    asked = other.resolved_at is not None
                    soon_enough = place.start <= its.end + self._longest
                    if asked and soon_enough and not self._repeated(customer, its, place.start):
                        yield other

    def _repeated(self, customer: Customer, its: Place, moment: int) -> bool:
        """Whether one that started after `moment` repeats it under every window.

        Not looked for where there are but few.
        """
        if customer.indexed is None:
            return False
        later = customer.indexed.next_start_of_match(its, moment)
        return later is not None and later <= its.end + self._shortest

    def _followers(
        self, customer: Customer, contact: Contact, place: Place, since: int, enough: int
    ) -> Iterator[Contact]:
        """Those that started after `since` and soon enough after the end to be repeats."""
        until = place.end + self._longest
        if customer.indexed is None:
            return self._few.followers(customer.few, contact, place, since, until)
        return customer.indexed.followers(contact, place, since, until, enough)

    def _earlier(
        self, customer: Customer, contact: Contact, place: Place
    ) -> Iterator[tuple[Contact, Place]]:
        """Those for which this place's start can be the next one."""
        if customer.indexed is None:
            candidates: Iterable[Contact] = self._few.earlier(customer.few, place)
        else:
            linked = self._linked(customer, place)
            candidates = [
                *customer.indexed.last_before(contact, place),
                *(() if linked is None else linked[:1]),
            ]
        for other in candidates:
            its = self.place(other)
            if its is not None and its.start < place.start:
                yield other, its

    # What stays of a contact that leaves

    def bequeath(self, customer: Customer, contact: Contact) -> list[Contact]:
        """Removes a contact from its customer; the neighbours that now remember it in its stead.

        What a neighbour says of itself must not change because the contact has left the state: one
        that repeats it keeps its end, one that it repeats keeps its start.
        """
        place = self.place(contact)
        if place is None:
            customer.remove(contact)
            return []
        later = list(self._followers(customer, contact, place, place.start, -NEVER))
        earlier = list(self._earlier(customer, contact, place))
        self.move(customer, contact, place, None)
        customer.remove(contact)
        heirs: list[Contact] = []
        for other in later:
            its = self.place(other)
            if its is None or not self._repeats(its, contact, place):
                continue
            if self._latest_end_before(customer, other, its) < place.end:
                other.need_extras().covered_until = place.end
                heirs.append(other)
        for other, its in earlier:
            if not self._repeats(place, other, its):
                continue
            if self._next_start(customer, other, its) > place.start:
                other.need_extras().followed_at = place.start
                heirs.append(other)
        return heirs

    def _repeats(self, place: Place, former: Contact, its: Place) -> bool:
        """Whether a contact of this place repeats `former` within the longest repeat window."""
        return its.start < place.start <= its.end + self._longest and (
            its.match == place.match or place.previous == former.contact_id
        )
