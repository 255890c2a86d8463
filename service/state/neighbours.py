"""Who repeats whom: the contacts beside a contact.

Two contacts *match* when they are the same customer's and, under `repeat_match = "reason"`,
have the same reason as last known; a contact that names a previous one is linked to it whatever
the reasons. Contact r repeats c within R when c.start < r.start <= c.end + R. Therefore all that a
contact has to know of its neighbours is

* for being a repeat: the latest end of the matching contacts that started before it, and
* for being repeated: the earliest start of the matching contacts after its own.

Only inbound contacts that are not closed as abandoned or void take part, and none of a customer of
whom nobody knows who it is. An open contact covers all that follows;
its end is taken to be its expiry, which is later than any start the clock has reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from service.definitions import Definitions
from service.state.customers import Customer
from service.state.few import Few
from service.state.indexed import Indexed
from service.state.parts import Start
from service.state.place import NEVER, Place
from service.state.record import NO_PART, Contact, copy_of
from service.state.resolution import Resolution
from service.state.standing import Standings
from service.state.update import Update

#: Up to so many contacts, looking at all of a customer's is faster than keeping an index of them.
FEW = 12


class Neighbours:
    """Answers the two questions of the module, and tells whose answers a change can alter."""

    def __init__(self, definitions: Definitions, standings: Standings) -> None:
        self._by_reason = definitions.repeat_match == "reason"
        lengths = [window.length for window in definitions.repeat_windows]
        self.shortest, self.longest = min(lengths), max(lengths)
        self.standings = standings
        self._few = Few(standings, by_reason=self._by_reason)

    # Places

    def place(self, contact: Contact) -> Place | None:
        """The contact's place; None while it takes no part."""
        start = contact.started_at
        if start is None or contact.outbound:
            return None
        extras = contact.extras
        # Written out, as it is asked twice for each event.
        if extras is None or extras.updates is None:
            end, outcome = contact.resolved_at, contact.outcome
            reason = contact.end_reason or contact.reason
            if end is None:
                end = start + self.standings.horizon
        else:
            end, outcome, reason = self.standings.of(contact)
        if outcome in NO_PART:
            return None
        previous = None if extras is None else extras.previous
        return Place(start, end, reason if self._by_reason else None, previous)

    def place_with(self, contact: Contact, part: Start | Resolution | Update) -> Place | None:
        """The place that the contact will have once `part` is put into it."""
        if contact.extras is None and contact.resolved_at is None:
            # Nearly always: it begins, or it ends, and was never updated.
            if type(part) is Start:
                if part.outbound:
                    return None
                reason = part.reason if self._by_reason else None
                return Place(part.at, part.at + self.standings.horizon, reason, part.previous)
            if type(part) is Resolution:
                if contact.started_at is None or contact.outbound or part.outcome in NO_PART:
                    return None
                reason = (part.reason or contact.reason) if self._by_reason else None
                return Place(contact.started_at, part.at, reason, None)
        trial = copy_of(contact)
        part.put_into(trial)
        return self.place(trial)

    def reason(self, contact: Contact) -> str | None:
        """What a contact is about, as last known."""
        return self.standings.of(contact).reason

    def move(
        self, customer: Customer, contact: Contact, before: Place | None, after: Place | None
    ) -> None:
        """Takes note of a contact's new place (None: it has none, or no longer any)."""
        if customer.indexed is not None and not customer.anonymous:
            customer.indexed.move(contact, before, after)

    def index_if_busy(self, customer: Customer) -> None:
        """Indexes the contacts of a customer who has come to have more than a few."""
        if customer.indexed is None and len(customer.contacts) > FEW:
            self.index(customer)

    def index(self, customer: Customer) -> None:
        """Indexes the contacts of a customer who has none yet."""
        indexed = customer.indexed = Indexed()
        if not customer.anonymous:
            for contact in customer.each():
                indexed.move(contact, None, self.place(contact))

    # The two questions

    def distances(self, customer: Customer, contact: Contact) -> tuple[int, int]:
        """The latest end of what the contact may repeat, the earliest start of what may repeat it.

        For a contact that takes no part, and where there are none: too far off to matter.
        """
        place = None if customer.anonymous else self.place(contact)
        if place is None:
            return -NEVER, NEVER
        if customer.indexed is None:
            covered, followed = self._few.distances(customer.contacts.values(), contact, place)
        else:
            covered, followed = self._distances(customer, contact, place)
        if customer.departed is not None:
            of_departed = self._distances(customer.departed, contact, place)
            covered, followed = max(covered, of_departed[0]), min(followed, of_departed[1])
        extras = contact.extras
        if extras is not None:
            if extras.covered_until is not None:
                covered = max(covered, extras.covered_until)
            if extras.followed_at is not None:
                followed = min(followed, extras.followed_at)
        return covered, followed

    def _distances(self, customer: Customer, contact: Contact, place: Place) -> tuple[int, int]:
        if customer.indexed is None:
            return self._few.distances(customer.contacts.values(), contact, place)
        covered = customer.indexed.latest_end_before(place)
        linked = self._linked(customer, place)
        if linked is not None and linked[1].start < place.start:
            covered = max(covered, linked[1].end)
        return covered, customer.indexed.next_start(contact, place)

    def _linked(self, customer: Customer, place: Place) -> tuple[Contact, Place] | None:
        """The contact that is named as the previous one, if it takes part."""
        previous = None if place.previous is None else customer.find(place.previous)
        its = None if previous is None else self.place(previous)
        return None if previous is None or its is None else (previous, its)

    # Whom a change concerns

    def affected(
        self, customer: Customer, contact: Contact, before: Place | None, after: Place | None
    ) -> list[Contact]:
        """Every other contact whose answers can differ once `contact` moves between two places.

        May name some whose answers stay the same; never leaves one out.
        """
        if before == after or customer.anonymous:
            return []
        if before is not None and after is not None and before.differs_in_end_only(after):
            # Only its end moves: whom it covers before and after is covered all along.
            longer, shorter = (before, after) if before.end > after.end else (after, before)
            since, until = shorter.end + self.shortest, longer.end + self.longest
            if since < after.start:
                since = after.start
            if customer.indexed is None:
                few = customer.contacts.values()
                return self._few.followers(few, contact, longer, since, until)
            return list(customer.indexed.followers(contact, longer, since, until, self.shortest))
        concerned: list[Contact] = []
        for place in (before, after):
            if place is None:
                continue
            if customer.indexed is None:
                few = customer.contacts.values()
                concerned += self._few.concerned(few, contact, place, self.longest)
            else:
                concerned += self._concerned(customer, customer.indexed, contact, place)
        return concerned

    def _concerned(
        self, customer: Customer, indexed: Indexed, contact: Contact, place: Place
    ) -> Iterator[Contact]:
        """Those whose answers `contact` can be in this place, among those of a busy customer."""
        start, until = place.start, place.end + self.longest
        # What is a repeat under every window because of others stays one.
        yield from indexed.followers(contact, place, start, until, self.shortest)
        for other in self._earlier(customer, indexed, contact, place):
            # One that was never closed is not yet asked who followed it.
            if (
                other.resolved_at is not None
                and start <= self.standings.of(other).end + self.longest
                and not self._repeated(indexed, other, start)
            ):
                yield other

    def _repeated(self, indexed: Indexed, other: Contact, moment: int) -> bool:
        """Whether one that started after `moment` repeats it under every window."""
        its = self.place(other)
        # Of one that was updated the first closing is asked, and that may be an earlier one.
        if its is None or not self.standings.is_plain(other):
            return False
        return indexed.next_start_of_match(its, moment) <= its.end + self.shortest

    def _earlier(
        self, customer: Customer, indexed: Indexed, contact: Contact, place: Place
    ) -> list[Contact]:
        """Those that take part and for which this place's start can be the next one."""
        linked = self._linked(customer, place)
        candidates: Iterable[Contact] = [
            *indexed.last_before(contact, place),
            *(() if linked is None else linked[:1]),
        ]
        return [
            other
            for other in candidates
            if (its := self.place(other)) is not None and its.start < place.start
        ]
