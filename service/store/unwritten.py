"""What is to be written, so that a successor comes to the same numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from service.aggregates.clock import PartitionClock
from service.aggregates.labels import Label, Labels
from service.definitions import Definitions
from service.state.account import Account
from service.state.accounts import Accounts
from service.state.customers import Customers
from service.state.departed import Departure
from service.state.record import Contact
from service.store import changelog as state
from service.store.coverage import Coverage
from service.store.retired import Retired


class Unwritten:
    """What has changed since the changelog was last written.

    Only what is to be written is noted, not how it is now: a record that changes many times in a
    batch is encoded once.
    """

    def __init__(
        self,
        definitions: Definitions,
        clock: PartitionClock,
        labels: Labels,
        retired: Retired,
        coverage: Coverage,
        customers: Customers,
        accounts: Accounts,
    ) -> None:
        self._definitions = definitions
        self._clock = clock
        self._customers = customers
        self._accounts = accounts
        self._labels = labels
        self._retired = retired
        self._coverage = coverage
        #: What a take-over under changed settings came to, to be written before all else.
        self._take_over: list[state.Change] = []
        #: Contacts and accounts whose records are to be written, and their customers.
        self.changed: dict[Contact | Account, str] = {}
        #: Customers whose records count only all at once: see :mod:`service.store.changelog`.
        self.written_together: set[str] = set()
        #: Records from which parts have left, or all but the place; keys of what is gone.
        self.reduced: dict[Contact | Account, str] = {}
        self.tombstones: dict[bytes, None] = {}
        self.retired_changed = False
        #: The number that the next value holding several records gets.
        self.together = 0
        self._retired_parts = 0
        self._in_force = self._definitions_parts = 0
        #: How many of the label values are written, and whether all that is in force has to be.
        self._labels_written = 0
        self._in_force_is_new = True
        self._clock_written = self._durable_clock()
        self._has_written = False

    def resume(self, clock: state.Clock, labels: Sequence[Label]) -> None:
        """Takes note of the clock that was last written, and of the label values."""
        self._retired_parts = clock.parts
        self._in_force, self._definitions_parts = clock.in_force, clock.definitions_parts
        self._labels_written = len(labels)
        continues = self._labels.given[: len(labels)] == list(labels)
        self._in_force_is_new = not (clock.definitions_parts and continues)
        self._clock_written = clock
        self._has_written = True

    def note_departure(self, customer_id: str, departure: Departure) -> None:
        """What stays of contacts that have left is to be written, what no longer does removed."""
        for contact in departure.kept:
            self.reduced[contact] = customer_id
        self.remove(state.contact_key(customer_id, contact) for contact in departure.forgotten)

    def note_begun(self, contact: Contact, customer_id: str) -> None:
        """A new contact is to be written, be it that one of its id has left and is still there."""
        self.changed[contact] = customer_id
        # Nearly always there are none: contacts come before others leave, but after a restart.
        if self.tombstones:
            self.tombstones.pop(state.contact_key(customer_id, contact), None)

    def remove(self, keys: Iterable[bytes]) -> None:
        """The records with these keys are to be removed."""
        self.tombstones.update(dict.fromkeys(keys))

    def take_over(self, rewritten: Sequence[tuple[bytes, bytes]]) -> None:
        """Notes what a take-over under changed settings came to, with the records it rewrote.

        It counts by its clock, and no record of an event under these settings goes before that.
        """
        generations = [*self._written_retired(), *self._written_in_force()]
        clock = self._clock_written = self._durable_clock()
        self._take_over = [*rewritten, *generations, (state.CLOCK, state.encode(clock))]

    def records(self) -> list[state.Change]:
        """Draws up what has changed since the last call, in the order in which to write it.

        See :mod:`service.store.changelog` for why any prefix is consistent. None: a tombstone.
        """
        records, self._take_over = self._take_over, []
        former = self._clock_written
        if not self._in_force_is_new:
            records.extend(self._written_labels())
        elif self._has_changed():
            records.extend(self._written_in_force())
        changed = state.records_of(self.changed)
        together = self._written_together(changed)
        records.extend(together)
        records.extend(changed)
        records.extend(self._written_retired())
        clock = self._durable_clock()
        # Also when only a topic's reading has moved: a successor does not see its events again.
        if clock != former:
            self._clock_written = clock
            records.append((state.CLOCK, state.encode(clock)))
        records.extend(state.records_of(self.reduced))
        records.extend((key, None) for key in self.tombstones)
        records.extend((key, None) for key, _ in together)
        self._clear()
        if records and not self._has_written:
            self._has_written = True
            records.insert(0, (state.CLOCK, state.encode(former)))
        return records

    def _has_changed(self) -> bool:
        noted = (self.changed, self.reduced, self.tombstones)
        return self._durable_clock() != self._clock_written or any(noted)

    def _written_in_force(self) -> list[tuple[bytes, bytes]]:
        """The definitions and labels as a new generation."""
        self._in_force += 1
        parts = state.write_definitions(self._in_force, self._definitions)
        self._definitions_parts = len(parts)
        self._labels_written = 0
        self._in_force_is_new = False
        return [*parts, *self._written_labels()]

    def _written_labels(self) -> list[tuple[bytes, bytes]]:
        given, written = self._labels.given, self._labels_written
        self._labels_written = len(given)
        return state.write_labels(self._in_force, given, written) if len(given) > written else []

    def _written_retired(self) -> list[tuple[bytes, bytes]]:
        if not self.retired_changed:
            return []
        self.retired_changed = False
        parts = state.write_retired(self._retired.generation, self._retired.amounts())
        self._retired_parts = len(parts)
        return parts

    def _clear(self) -> None:
        self.changed.clear()
        self.written_together.clear()
        self.reduced.clear()
        self.tombstones.clear()

    def _written_together(
        self, changed: Sequence[tuple[bytes, bytes]]
    ) -> list[tuple[bytes, bytes]]:
        """What holds the records of each customer of whom several count only all at once.

        Given the records of all that has :attr:`changed`, in the same order.
        """
        if not self.written_together:
            return []
        groups: dict[str, list[tuple[bytes, bytes]]] = {}
        for record, customer_id in zip(changed, self.changed.values(), strict=True):
            if customer_id in self.written_together:
                groups.setdefault(customer_id, []).append(record)
        records = [record for group in groups.values() if len(group) > 1 for record in group]
        return state.write_together(self.together, records) if records else []

    def _durable_clock(self) -> state.Clock:
        return state.Clock(
            self._clock.now,
            dict(self._clock.readings()),
            self._retired.until,
            self._retired.terms,
            self._retired.generation,
            self._retired_parts,
            len(self._customers) + self._customers.remembered,
            self._in_force,
            self._definitions_parts,
            self._coverage.whole_since,
            self._coverage.repeats_since,
            self._labels_written,
            len(self._accounts),
        )
