"""Reading a changelog back: a partition comes to the numbers that its predecessor had.

Nothing is done before all of it is read: what a record says depends on the clock, which may come
last, and only the newest record of a key counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from service.aggregates.clock import BEFORE_ALL
from service.aggregates.labels import Label
from service.partition.account_restore import put_accounts, state_accounts
from service.partition.partition import Partition
from service.partition.settings_changed import SettingsChanged, bears_on_counters
from service.state import departed, orphans
from service.state.customers import Customer, pack_records, unpack
from service.state.record import Contact, Outcome
from service.store import changelog as state
from service.store.by_customer import by_customer
from service.store.completeness import StateIncompleteError, require_contacts, require_records
from service.store.in_force import InForce
from service.store.label_values import label_values

#: Contacts, or accounts, that are drawn up and restated at once: few enough to be in the
#: processor's cache still.
RESTATED_AT_ONCE = 1_000
#: Contacts that are restated before windows and timers hear of them: these are many small arrays,
#: of which each batch touches most.
SETTLED_AT_ONCE = 10_000


class Restoring:
    """The newest record of each key, and the partition that is to come out of them."""

    def __init__(self, partition: Partition, replaced: Callable[[bytes], None]) -> None:
        self._partition = partition
        #: To be told of the keys of which a record that holds several has newer values.
        self._replaced = replaced
        #: Those of contacts, and all others.
        self._contacts: dict[bytes, bytes] = {}
        self._found: dict[bytes, bytes] = {}
        #: Label values that had a place, and have lost it to others.
        self.displaced: list[Label] = []
        #: Whether a record of any kind was read: then there must be a clock, unless it was undone.
        self._has_read = self._is_undone = False
        #: The contacts (customer, id) of which parts have left, but not from their records.
        self._reduced: list[tuple[str, str]] = []
        #: Customers to be restated whose contacts are as they were written, and their packed form.
        self._packed: list[tuple[Customer, bytes]] = []
        #: Where other settings were in force that bear on counters.
        self._changed: SettingsChanged | None = None

    def take_in(self, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Takes in records of the changelog, in the order in which they were written."""
        contacts, found = self._contacts, self._found
        for key, value in records:
            self._has_read = True
            if key.startswith(state.CONTACTS):
                if value is None:
                    contacts.pop(key, None)
                else:
                    contacts[key] = value
            elif value is None:
                found.pop(key, None)
                if key == state.CLOCK:
                    # With all of a first flush, which a former owner wrote too late.
                    self._is_undone = True
            else:
                found[key] = value
                if key.startswith(state.TOGETHER):
                    self._take_in_together(key)

    def _take_in_together(self, key: bytes) -> None:
        for its, record in state.read_together(key, self._found):
            (self._contacts if its.startswith(state.CONTACTS) else self._found)[its] = record
            self._replaced(its)

    def undecided(self) -> list[Label]:
        """The label values of which it is to be decided whether they have a place, to finish.

        Those that had one, and where there is room, those that were `other`, or not shown so far.
        """
        labels, former = self._partition.labels, self._in_force()
        shown = self._partition.definitions
        if former is None:
            had, may_be_other = state.read_first_labels(self._found), True
        else:
            full = {name for name, its in former.labels().each() if not its.room}
            if shown.teams and not former.definitions.teams:
                full.add("team")
            if shown.customer_changed and not former.definitions.customer_changed:
                full.add("segment")
            had = list(former.values)
            may_be_other = any(its.room for name, its in labels.each() if name in full)
        if not may_be_other:
            return labels.undecided(had)
        accounts = (it for key, it in self._found.items() if key.startswith(state.ACCOUNT))
        return labels.undecided(chain(had, label_values(self._contacts, accounts, shown)))

    def finish(self) -> None:
        """All has been taken in: brings the partition to what it stands for.

        Raises StateIncompleteError where records are missing, DecodeError where one is unreadable.
        """
        found, clock = self._found, self._clock()
        for key in found:
            state.read_key(key)  # Of one that cannot be read nobody knows what it says.
        if clock is not None:
            require_records(clock, found.keys())
        elif found or self._contacts or (self._has_read and not self._is_undone):
            raise StateIncompleteError("clocks", 0, 1)
        former = self._in_force()
        if clock is not None:
            self._resume(clock, () if former is None else former.values)
        if former is not None:
            self.displaced = self._partition.labels.displaced(former.values)
        if (before := former or self._as_first()) is not None:
            self._compare_with(before)
        halves = [key for key in found if key.startswith(state.TOGETHER)]
        owed = [key for half in halves for key, _ in state.read_together(half, found)]
        accounts = put_accounts(self._partition, found)
        if clock is not None:
            require_contacts(clock, len(self._contacts), len(accounts))
        self._read_contacts()
        state_accounts(self._partition, accounts, self._changed, RESTATED_AT_ONCE)
        self._owe(halves, owed)
        if self._changed is not None:
            self._changed.finish()
        elif self._partition.former is not None:
            self._partition.unwritten.take_over([])

    def _clock(self) -> state.Clock | None:
        written = self._found.get(state.CLOCK)
        return None if written is None else state.read_clock(written)

    def _in_force(self) -> InForce | None:
        """What was in force; None where it was not written, or not all of it is there."""
        clock = self._clock()
        if clock is None or not clock.definitions_parts:
            return None
        definitions, labels = state.definitions_keys(clock), state.labels_keys(clock)
        if not all(key in self._found for key in (*definitions, *labels)):
            return None
        told, by_first_rules = state.read_definitions(self._found[key] for key in definitions)
        values = state.read_labels(self._found[key] for key in labels)
        return InForce(told, values, by_first_rules)

    def _as_first(self) -> InForce | None:
        """What is taken to have been in force where the first release wrote; None: it did not."""
        clock = self._clock()
        if clock is None or clock.definitions_parts:
            return None
        values = state.read_first_labels(self._found)
        return InForce(self._partition.definitions, values, by_first_rules=True)

    def _compare_with(self, former: InForce) -> None:
        """Has what was counted stay, where other settings were in force."""
        partition = self._partition
        if bears_on_counters(former, partition):
            self._changed = SettingsChanged(partition, former)
        elif former.definitions == partition.definitions:
            return
        partition.former = former.definitions
        partition.coverage.changed(former.definitions, partition.definitions)

    def _resume(self, clock: state.Clock, labels: Sequence[Label]) -> None:
        partition, retired = self._partition, self._partition.retired
        partition.clock.resume(clock.now, clock.readings)
        # The clock that begins a changelog may be the one before all: no calendar has such a day.
        if clock.now != BEFORE_ALL:
            partition.aggregator.advance(clock.now)
        partition.unwritten.resume(clock, labels)
        partition.coverage.resume(clock)
        retired.until = clock.retired_until
        retired.terms = clock.retired_terms
        retired.generation = clock.generation
        parts = [self._found[key] for key in state.retired_keys(clock)]
        for name, weight, total in state.read_retired(parts):
            retired.add(name, weight, total)
            partition.differences.retractions.add_counted(name, weight, total)

    def _read_contacts(self) -> None:
        """Customer by customer: what is counted of a contact depends on its neighbours."""
        aggregator = self._partition.aggregator
        read: list[tuple[Customer, Contact]] = []
        unsettled = 0
        for customer in self._customers():
            read.extend([(customer, contact) for contact in customer.each()])
            if len(read) >= RESTATED_AT_ONCE:
                self._restate(read)
                unsettled += len(read)
                read = []
            if unsettled >= SETTLED_AT_ONCE:
                aggregator.settle()
                unsettled = 0
        self._restate(read)
        aggregator.settle()

    def _customers(self) -> Iterator[Customer]:
        """The customers as they come into the state, with their contacts that have not left."""
        partition, clock = self._partition, self._partition.clock.now
        recent = partition.retired.until - partition.retired.terms.retention
        for customer_id, records in by_customer(self._contacts):
            packed = pack_records(records)
            contacts = unpack(packed)
            begun = [contact.started_at for contact in contacts if contact.started_at is not None]
            earliest = min(begun) if len(begun) == len(contacts) else None
            # Nearly always none has left, as all began so late.
            as_written = earliest is not None and earliest > recent
            leaving: list[Contact] = []
            if not as_written:
                earliest = None
                contacts, leaving = self._divided(customer_id, contacts)
            customer = partition.customers.add_customer(customer_id, contacts)
            if leaving or not customer:
                self._let_go(customer, leaving)
            if not customer:
                continue
            partition.neighbours.index_if_busy(customer)
            if customer.indexed is not None:
                # Never packed: as they are when they come as events, all share their labels.
                for contact in contacts:
                    contact.share_labels()
            elif as_written:
                self._packed.append((customer, packed))
            partition.departures.file_all(customer, earliest, clock)
            yield customer

    def _divided(
        self, customer_id: str, contacts: Iterable[Contact]
    ) -> tuple[list[Contact], list[Contact]]:
        """The contacts that have not left or of which something stays, and those still to leave."""
        retired = self._partition.retired
        until = retired.until - retired.terms.retention
        staying: list[Contact] = []
        leaving: list[Contact] = []
        for contact in contacts:
            if contact.outcome == Outcome.LEFT or not retired.covers(contact):
                staying.append(contact)
            elif orphans.outlast(contact, until):
                orphans.take_out(contact, until)
                self._reduced.append((customer_id, contact.contact_id))
                staying.append(contact)
            else:
                # It had left; only its tombstone was not written any more.
                leaving.append(contact)
        return staying, leaving

    def _let_go(self, customer: Customer, contacts: list[Contact]) -> None:
        """Contacts that had left leave nothing behind but what stays of them for the others."""
        partition, remembered = self._partition, customer.remembered
        departure = departed.remember(partition.neighbours, customer, contacts)
        partition.customers.removed(customer, 0, customer.remembered - remembered)
        partition.unwritten.remove(state.contact_key(customer.id, contact) for contact in contacts)
        partition.unwritten.note_departure(customer.id, departure)

    def _restate(self, contacts: Sequence[tuple[Customer, Contact]]) -> None:
        partition = self._partition
        remembering = self._changed.compare(contacts) if self._changed is not None else ()
        partition.differences.restore(contacts)
        if partition.outcomes is not None:
            partition.outcomes.restored(
                contacts, partition.clock.now, tell=partition.former is not None
            )
        for _, contact in contacts:
            if contact.started_at is None:
                partition.waiting.add(contact)
        for customer, packed in self._packed:
            customer.sleep(None if customer in remembering else packed)
        self._packed = []
        partition.customers.rest(awake=0)

    def _owe(self, halves: Sequence[bytes], owed: Iterable[bytes]) -> None:
        """Records that were written together, but perhaps not each by itself, are still to be; and
        those from which parts have left."""
        unwritten = self._partition.unwritten
        unwritten.together = max((state.together_number(key) + 1 for key in halves), default=0)
        unwritten.remove(halves)
        names = [state.read_key(key) for key in owed]
        for customer_id, contact in self._those(name for name in names if len(name) > 1):
            unwritten.changed[contact] = customer_id
        for customer_id, *others in names:
            account = self._partition.accounts.account(customer_id)
            if not others and account is not None:
                unwritten.changed[account] = customer_id
        for customer_id, contact in self._those(self._reduced):
            unwritten.reduced[contact] = customer_id

    def _those(self, names: Iterable[Sequence[str]]) -> Iterator[tuple[str, Contact]]:
        """Those of these contacts (customer, id) that are in the state, with their customers.

        Only when all are read, and none is packed away any more before they are written.
        """
        for customer_id, contact_id, *_ in names:
            customer = self._partition.customers.customer(customer_id)
            contact = None if customer is None else customer.find(contact_id)
            if contact is not None:
                yield customer_id, contact
