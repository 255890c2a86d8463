"""When contacts leave the state."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from service.aggregates.clock import BEFORE_ALL
from service.definitions import HOUR, Definitions
from service.state import orphans
from service.state.customers import Customer, Customers
from service.state.record import Contact
from service.state.standing import Standings


class Terms(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How long contacts stay in the state, by the settings. Microseconds."""

    retention: int
    open_horizon: int
    #: How long after its start a contact could still be found not to have been answered, by
    #: release 1; now only while it is open.
    silence: int
    updates_are_read: bool = False

    @classmethod
    def of(cls, definitions: Definitions) -> Terms:
        return cls(definitions.retention, definitions.open_horizon, 0, definitions.contact_updated)

    @property
    def turns(self) -> int:
        """How long after it a customer's turn is kept by itself.

        Until his last contact, had it been open and expired, is settled and has left the windows.
        """
        return self.retention + self.open_horizon

    def leaves_at(self, contact: Contact) -> int:
        """The clock from which on nothing that is still counted depends on the contact.

        The latest of its events and the retention; for an open contact its expiry and the
        retention: whatever comes again, be it that nothing shows of it, is too late by then.
        Without its start, the parts do not wait for each other: the first of them leaves then.
        """
        start, extras = contact.started_at, contact.extras
        lost_until = BEFORE_ALL if extras is None else extras.lost_until or BEFORE_ALL
        if start is None:
            last = min(orphans.times(contact), default=lost_until)
        else:
            last = max(self._latest(contact, start), lost_until)
        if extras is not None and extras.touched is not None:
            return max(last + self.retention, extras.touched + 1)
        return last + self.retention

    def _latest(self, contact: Contact, start: int) -> int:
        last = max(self._end(contact, start), start)
        if contact.responded_at is not None and contact.responded_at > last:
            last = contact.responded_at
        if contact.surveys is not None:
            last = max(last, *(survey.answered_at for survey in contact.surveys.values()))
        extras = contact.extras
        if extras is None:
            return last
        if extras.responses is not None:
            last = max(last, extras.responses[-1][0])
        if extras.evaluations is not None:
            last = max(last, extras.evaluations[-1].at)
        if extras.updates is not None:
            last = max(last, extras.updates[-1].at)
        if extras.resolutions is not None:
            last = max(last, *(it.at for it in extras.resolutions))
        return last

    def _end(self, contact: Contact, start: int) -> int:
        """Its last closing, or its expiry."""
        extras = contact.extras
        if extras is not None and extras.updates is not None and self.updates_are_read:
            return Standings(self.open_horizon, updates_are_read=True).of(contact).end
        if contact.resolved_at is None:
            return start + self.open_horizon
        return max(contact.resolved_at, start + self.silence)


class _Hour:
    """What is looked at within an hour: customers, and single contacts of busy ones."""

    __slots__ = ("busy", "contacts", "customers")

    def __init__(self) -> None:
        self.customers: list[Customer] = []
        #: Customers, and their contacts in the same places.
        self.busy: list[Customer] = []
        self.contacts: list[Contact] = []

    def __len__(self) -> int:
        return len(self.customers) + len(self.contacts)


class Departures:
    """The contacts in the state by an hour in which to look whether they may leave.

    A contact is filed once, when it is new, and again each time it was looked at and may not leave
    yet; not whenever it changes. That is exact as long as no change lets it leave before it is
    looked at: an event at most `margin` late cannot, and after any other, and as long as its start
    is not known, it is filed anew.

    All contacts of a customer are looked at together, in the earliest of their hours; but those of
    a busy one each in its own.
    """

    def __init__(self, terms: Terms, customers: Customers) -> None:
        self._terms = terms
        self._customers = customers
        self.margin = terms.retention // 2
        self._hours: dict[int, _Hour] = {}

    def __len__(self) -> int:
        return sum(map(len, self._hours.values()))

    def file(self, moment: int, customer: Customer, contact: Contact) -> None:
        """Looks at the contact when the clock reaches `moment`, microseconds."""
        hour = moment // HOUR
        if customer.indexed is None:
            if customer.look_at is None or hour < customer.look_at:
                customer.look_at = hour
                self._hour(hour).customers.append(customer)
            return
        if customer.look_at is not None:
            # It has just become busy: no longer all at once.
            for other in customer.each():
                self._file_one(customer.look_at, customer, other)
            customer.look_at = None
        self._file_one(hour, customer, contact)

    def _file_one(self, hour: int, customer: Customer, contact: Contact) -> None:
        filed = self._hour(hour)
        filed.busy.append(customer)
        filed.contacts.append(contact)

    def _hour(self, hour: int) -> _Hour:
        filed = self._hours.get(hour)
        if filed is None:
            filed = self._hours[hour] = _Hour()
        return filed

    def file_anew(self, customer: Customer, contact: Contact, clock: int) -> None:
        """Files a contact after a change that may let it leave sooner, or once it was looked at.

        Not as late as it may stay as it is: an open one leaves much sooner once it is closed. But
        whatever happens, it stays for the retention after its start.
        """
        start = contact.started_at
        if start is not None and start + self._terms.retention > clock:
            self.file(start + self._terms.retention, customer, contact)
        else:
            leaves_at = self._terms.leaves_at(contact)
            self.file(min(leaves_at, clock + self.margin), customer, contact)

    def file_all(self, customer: Customer, earliest: int | None, clock: int) -> None:
        """Files anew all contacts of a customer who was read back.

        `earliest` is when the first of them began; None where that is not known of all.
        """
        moment = clock if earliest is None else earliest + self._terms.retention
        if customer.indexed is None and moment > clock:
            # They are looked at together: it need be said but once.
            self.file(moment, customer, next(iter(customer.each())))
        else:
            for contact in customer.each():
                self.file_anew(customer, contact, clock)

    def worth_while(self, clock: int, cost: int) -> bool:
        """Whether letting contacts go now is worth writing `cost` amounts of retired counters."""
        hours = [hour for hour in self._hours if hour < clock // HOUR]
        if not hours:
            # Those of the hour under way: at most once an interval, so never many writes.
            return clock // HOUR in self._hours
        overdue = sum(len(self._hours[hour]) for hour in hours)
        return overdue * 4 >= cost or min(hours) + 24 < clock // HOUR

    def due(self, clock: int) -> list[tuple[Customer, Contact]]:
        """Removes and returns all that may leave, the earliest first."""
        leaving: dict[Contact, tuple[int, Customer]] = {}
        staying: list[tuple[Customer, Contact]] = []
        for hour in [hour for hour in self._hours if hour <= clock // HOUR]:
            for customer, contact in self._looked_at(hour):
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

    def _looked_at(self, hour: int) -> Iterator[tuple[Customer, Contact]]:
        """Removes and returns those that are to be looked at in an hour."""
        filed = self._hours.pop(hour)
        for customer in filed.customers:
            if customer.look_at != hour:
                continue  # filed for an earlier hour since, or become busy
            customer.look_at = None
            self._customers.wake(customer)
            for contact in customer.each():
                yield customer, contact
        for customer, contact in zip(filed.busy, filed.contacts, strict=True):
            # It may be filed twice, and gone.
            if customer.find(contact.contact_id) is contact:
                yield customer, contact
