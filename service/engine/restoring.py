"""Reading a changelog back: a partition comes to the numbers that its predecessor had.

Nothing is done before all of it is read: what a record says depends on the clock, which may come
last, and only the newest record of a key counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from service.contacts.record import Contact
from service.engine import orphans, state
from service.engine.partition import Partition

#: Rows of a table when state is read back: large enough for numpy, small beside the state.
RESTORE_ROWS = 50_000


class Restoring:
    """The newest record of each key, and the partition that is to come out of them."""

    def __init__(self, partition: Partition) -> None:
        self._partition = partition
        self._found: dict[bytes, bytes] = {}

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
        self._book_contacts()
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
        partition = self._partition
        for customer_id, contact in self._staying():
            customer = partition.book.add(customer_id, contact)
            place = partition.neighbours.place(contact)
            partition.neighbours.move(customer, contact, None, place)
            # Afterwards: indexing takes note of all its contacts, this one too.
            partition.neighbours.index_if_busy(customer)
            partition.departures.file_anew(customer, contact, partition.clock.now)

    def _staying(self) -> Iterator[tuple[str, Contact]]:
        """The contacts that have not left, with their customers; forgets the records on the way."""
        retired, journal = self._partition.retired, self._partition.journal
        for key in list(self._found):
            value = self._found.pop(key)
            name = state.read_key(key)
            if isinstance(name, str):
                continue
            contact = state.read_contact(value)
            contact.share_labels()
            if retired.covers(contact):
                # It had left; only its tombstone was not written any more.
                until = retired.until - retired.terms.retention
                if not orphans.outlast(contact, until):
                    journal.tombstones.append(key)
                    continue
                orphans.take_out(contact, until)
                journal.reduced[contact] = name[0]
            yield name[0], contact

    def _book_contacts(self) -> None:
        """Only when all are read: what is counted of a contact depends on its neighbours."""
        everyone = [
            (customer, contact)
            for customer in self._partition.book.customers.values()
            for contact in customer.each()
        ]
        for start in range(0, len(everyone), RESTORE_ROWS):
            self._partition.booking.restore(everyone[start : start + RESTORE_ROWS])
            self._partition.fold.settle()

    def _owe(self, halves: Sequence[bytes], owed: Iterable[bytes]) -> None:
        """Records that were written together, but perhaps not each by itself, are still to be."""
        book, journal = self._partition.book, self._partition.journal
        journal.together = max((state.together_number(key) + 1 for key in halves), default=0)
        journal.tombstones.extend(halves)
        for key in owed:
            customer_id, contact_id = state.read_key(key)
            customer = book.customers.get(customer_id)
            contact = None if customer is None else customer.find(contact_id)
            if contact is not None:
                journal.unwritten[contact] = customer_id
