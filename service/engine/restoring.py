"""Reading a changelog back: a partition comes to the numbers that its predecessor had.

Nothing is done before all of it is read: what a record says depends on the clock, which may come
last, and only the newest record of a key counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from service.contacts.book import Customer
from service.contacts.record import Contact
from service.engine import orphans, state
from service.engine.partition import Partition

#: Rows of a table when state is read back: large enough for numpy, small beside the state.
RESTORE_ROWS = 10_000


class Restoring:
    """The newest record of each key, and the partition that is to come out of them."""

    def __init__(self, partition: Partition) -> None:
        self._partition = partition
        self._found: dict[bytes, bytes] = {}
        #: The contacts (customer, id) of which parts have left, but not from their records.
        self._reduced: list[tuple[str, str]] = []

    def take_in(self, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Takes in records of the changelog, in the order in which they were written."""
        for key, value in records:
            if value is None:
                self._found.pop(key, None)
                continue
            self._found[key] = value
            if key.startswith(state.TOGETHER):
                self._found.update(state.read_together(key, self._found))

    def finish(self) -> None:
        """All has been taken in: brings the partition to what it stands for."""
        found = self._found
        labels = found.pop(state.LABELS, None)
        if labels is not None:
            known = state.read_labels(labels)
            for name, dimension in self._partition.labels.each():
                dimension.resume(known.get(name, ()))
        clock = found.pop(state.CLOCK, None)
        if clock is not None:
            self._resume(state.read_clock(clock))
        halves = [key for key in found if key.startswith(state.TOGETHER)]
        owed = [key for half in halves for key, _ in state.read_together(half, found)]
        self._read_contacts()
        self._owe(halves, owed)
        self._found = {}

    def _resume(self, clock: state.Clock) -> None:
        partition, retired = self._partition, self._partition.retired
        partition.clock.resume(clock.now, clock.readings)
        partition.fold.advance(clock.now)
        partition.journal.resume(clock)
        retired.until = clock.retired_until
        retired.terms = clock.retired_terms
        retired.generation = clock.generation
        parts = [self._found[key] for key in state.retired_keys(clock)]
        for name, weight, total in state.read_retired(parts):
            retired.add(name, weight, total)
            partition.booking.ledger.add_counted(name, weight, total)

    def _read_contacts(self) -> None:
        """Customer by customer: what is counted of a contact depends on its neighbours."""
        partition, clock = self._partition, self._partition.clock.now
        read: list[tuple[Customer, Contact]] = []
        for customer_id, records in self._by_customer():
            contacts = list(self._staying(customer_id, records))
            if not contacts:
                continue
            customer = partition.book.add_customer(customer_id, contacts)
            partition.neighbours.index_if_busy(customer)
            if customer.indexed is not None:
                # Never packed: as they are when they come as events, all share their labels.
                for contact in contacts:
                    contact.share_labels()
            for contact in contacts:
                partition.departures.file_anew(customer, contact, clock)
                read.append((customer, contact))
            if len(read) >= RESTORE_ROWS:
                self._book(read)
                read = []
        self._book(read)

    def _by_customer(self) -> Iterator[tuple[str, list[bytes]]]:
        """The records of each customer's contacts; forgets them on the way."""
        customers: dict[str, list[bytes]] = {}
        while self._found:
            key, value = self._found.popitem()
            name = state.read_key(key)
            if isinstance(name, tuple):
                customers.setdefault(name[0], []).append(value)
        while customers:
            yield customers.popitem()

    def _staying(self, customer_id: str, records: Iterable[bytes]) -> Iterator[Contact]:
        """The contacts that have not left."""
        retired, journal = self._partition.retired, self._partition.journal
        until = retired.until - retired.terms.retention
        for record in records:
            contact = state.read_contact(record)
            # Nearly always: one that began so late has not left.
            recent = contact.started_at is not None and contact.started_at > until
            if not recent and retired.covers(contact):
                # It had left; only its tombstone was not written any more.
                if not orphans.outlast(contact, until):
                    key = state.contact_key(customer_id, contact.contact_id)
                    journal.tombstones.append(key)
                    continue
                orphans.take_out(contact, until)
                self._reduced.append((customer_id, contact.contact_id))
            yield contact

    def _book(self, contacts: Sequence[tuple[Customer, Contact]]) -> None:
        self._partition.booking.restore(contacts)
        self._partition.fold.settle()
        self._partition.book.rest(awake=0)

    def _owe(self, halves: Sequence[bytes], owed: Iterable[bytes]) -> None:
        """Records that were written together, but perhaps not each by itself, are still to be; and
        those from which parts have left."""
        journal = self._partition.journal
        journal.together = max((state.together_number(key) + 1 for key in halves), default=0)
        journal.tombstones.extend(halves)
        for customer_id, contact in self._those(state.read_key(key) for key in owed):
            journal.unwritten[contact] = customer_id
        for customer_id, contact in self._those(self._reduced):
            journal.reduced[contact] = customer_id

    def _those(self, names: Iterable[Sequence[str]]) -> Iterator[tuple[str, Contact]]:
        """Those of these contacts (customer, id) that are in the state, with their customers.

        Only when all are read, and none is packed away any more before they are written.
        """
        for customer_id, contact_id in names:
            customer = self._partition.book.customer(customer_id)
            contact = None if customer is None else customer.find(contact_id)
            if contact is not None:
                yield customer_id, contact
