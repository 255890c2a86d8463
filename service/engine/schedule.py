"""When contacts leave the state."""

from __future__ import annotations

import msgspec

from service.contacts.book import Customer
from service.contacts.record import Contact
from service.definitions import HOUR, Definitions
from service.engine import orphans


class Terms(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How long contacts stay in the state, by the settings. Microseconds."""

    retention: int
    open_horizon: int
    #: How long after its start a contact can still be found not to have been answered.
    silence: int

    @classmethod
    def of(cls, definitions: Definitions) -> Terms:
        targets = (targets.first_response or 0 for targets in definitions.sla.all_targets())
        silence = max(targets) if definitions.contact_responded else 0
        return cls(definitions.retention, definitions.open_horizon, silence)

    def leaves_at(self, contact: Contact) -> int:
        """The clock from which on nothing that is still counted depends on the contact.

        The latest of its parts and the retention; for an open contact its expiry and the retention.
        Without its start, the parts do not wait for each other: the first of them leaves then.
        """
        start = contact.started_at
        if start is None:
            first = min(orphans.times(contact)) + self.retention
            touched = None if contact.extras is None else contact.extras.touched
            return first if touched is None else max(first, touched + 1)
        last = contact.resolved_at
        if last is None:
            last = start + self.open_horizon
        else:
            last = max(last, start + self.silence)
            if contact.responded_at is not None and contact.responded_at > last:
                last = contact.responded_at
        if contact.surveys is not None:
            last = max(last, *(survey.answered_at for survey in contact.surveys.values()))
        extras = contact.extras
        if extras is None:
            return last + self.retention
        if extras.responses is not None:
            last = max(last, extras.responses[-1][0])
        if extras.touched is not None:
            return max(last + self.retention, extras.touched + 1)
        return last + self.retention


class Departures:
    """The contacts in the state by an hour in which to look whether they may leave.

    A contact is filed once, when it is new, and again each time it was looked at and may not leave
    yet; not whenever it changes. That is exact as long as no change lets it leave before it is
    looked at: an event at most `margin` late cannot, and after any other, and as long as its start
    is not known, it is filed anew.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self.margin = terms.retention // 2
        #: Customers, and their contacts in the same places.
        self._hours: dict[int, tuple[list[Customer], list[Contact]]] = {}

    def file(self, moment: int, customer: Customer, contact: Contact) -> None:
        """Looks at the contact when the clock reaches `moment`, microseconds."""
        filed = self._hours.get(moment // HOUR)
        if filed is None:
            filed = self._hours[moment // HOUR] = ([], [])
        filed[0].append(customer)
        filed[1].append(contact)

    def file_new(self, at: int, customer: Customer, contact: Contact) -> None:
        """Files a contact of which an event of time `at` was the first."""
        self.file(at + self._terms.retention, customer, contact)

    def file_anew(self, customer: Customer, contact: Contact, clock: int) -> None:
        """Files a contact after a change that may let it leave sooner, and one that is read back.

        Not as late as it may stay as it is: an open one leaves much sooner once it is closed.
        """
        self.file(min(self._terms.leaves_at(contact), clock + self.margin), customer, contact)

    def worth_while(self, clock: int, cost: int) -> bool:
        """Whether letting contacts go now is worth writing `cost` amounts of retired counters."""
        hours = [hour for hour in self._hours if hour < clock // HOUR]
        if not hours:
            # Those of the hour under way: at most once an interval, so never many writes.
            return clock // HOUR in self._hours
        overdue = sum(len(self._hours[hour][0]) for hour in hours)
        return overdue * 4 >= cost or min(hours) + 24 < clock // HOUR

    def due(self, clock: int) -> list[tuple[Customer, Contact]]:
        """Removes and returns all that may leave, the earliest first."""
        leaving: dict[Contact, tuple[int, Customer]] = {}
        staying: list[tuple[Customer, Contact]] = []
        for hour in [hour for hour in self._hours if hour <= clock // HOUR]:
            for customer, contact in zip(*self._hours.pop(hour), strict=True):
                if customer.find(contact.contact_id) is not contact:
                    continue  # filed twice, and gone
                leaves_at = self._terms.leaves_at(contact)
                if leaves_at <= clock:
                    leaving[contact] = (leaves_at, customer)
                else:
                    staying.append((customer, contact))
        for customer, contact in staying:
            self.file_anew(customer, contact, clock)
        ordered = sorted(
            leaving.items(), key=lambda entry: (entry[1][0], entry[1][1].id, entry[0].contact_id)
        )
        return [(customer, contact) for contact, (_, customer) in ordered]
