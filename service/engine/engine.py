"""One partition: events in, true numbers out. Pure: no Kafka, no Prometheus, no wall clock.

A batch goes through three steps. `apply` upserts records and remembers how each touched contact,
and each whose neighbours changed, stood before. `advance` books the difference of their facts,
moves the clock, and lets go of what has been in the state for long enough. `changes` hands out
what has to be written for a successor to come to the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from service.contacts.book import Book, Customer
from service.contacts.neighbours import Neighbours
from service.contacts.parts import Part, Resolution, Start, digest, outranks, part_of
from service.contacts.record import Contact, Survey
from service.definitions import Definitions
from service.engine import orphans, state
from service.engine.backlog import OpenContacts
from service.engine.cells import Cells
from service.engine.exhibit import Exhibit
from service.engine.fold import Fold
from service.engine.labels import Labels
from service.engine.ledger import REVISABLE, Ledger
from service.engine.retirement import Retired, retire
from service.engine.rows import ABSENT, Rows
from service.engine.schedule import Departures, Terms
from service.engine.snapshot import Snapshot
from service.events.model import EVENT_CLASSES, Event
from service.kpis import contact_kpis, survey_kpis
from service.kpis.facts import ContactRow, Contacts, SurveyAnswers, SurveyRow
from service.kpis.layout import Layout
from service.windows.clock import BEFORE_ALL, PartitionClock

#: Contacts leave the state once the clock has moved on by so much (microseconds), or so many
#: are due: each time, what the counters hold of all that ever left is written anew.
DEPARTURE_INTERVAL = 300 * 1_000_000
#: Rows of a table when state is read back: large enough for numpy, small beside the state.
RESTORE_ROWS = 50_000

_TOPIC_OF = {event_class: topic for topic, event_class in EVENT_CLASSES.items()}


class Result(StrEnum):
    """What became of a decoded event."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    TOO_LATE = "too_late"


class _Former(msgspec.Struct, frozen=True, gc=False):
    """How a contact stood before a batch."""

    customer: Customer
    contact: Contact
    row: ContactRow
    surveys: Mapping[str, Survey] | None


class Engine:
    """The state and the numbers of one partition."""

    def __init__(self, definitions: Definitions) -> None:
        self._terms = Terms.of(definitions)
        topics = [
            topic
            for topic in EVENT_CLASSES
            if topic != "contact-responded" or definitions.contact_responded
        ]
        self._clock = PartitionClock(topics)
        self._book = Book()
        self._neighbours = Neighbours(definitions)
        self._departures = Departures(self._terms)
        self._labels = Labels(definitions.max_label_values, definitions.allowed_labels)
        layout = Layout()
        layout.add(
            "revised", "partition", [(fact,) for fact in REVISABLE], counter="cx_revised_total"
        )
        layout.add(
            "orphan",
            "partition",
            [(part,) for part in orphans.ORPHANS],
            counter="cx_pipeline_orphans_total",
        )
        kpis = contact_kpis(definitions, layout), survey_kpis(layout)
        self._fold = Fold(definitions)
        self._open = OpenContacts()
        self._cells = Cells(layout, self._labels)
        self._fold.grow(self._cells.count)
        self._ledger = Ledger(
            definitions, *kpis, self._cells, self._fold, self._rewrite, self._entangle
        )
        self._rows = Rows(definitions, self._cells, self._neighbours, self._open)
        self._exhibit = Exhibit(
            definitions, layout, self._labels, self._cells, self._fold, self._open
        )
        self._retired = Retired(self._terms)
        #: How each contact touched since the last `advance` stood before: its row and surveys.
        self._before: dict[Contact, _Former] = {}
        #: Events before this moment are late enough to bear on when a contact may leave.
        self._late_before = BEFORE_ALL
        #: Contacts whose records are to be written.
        self._unwritten: dict[Contact, str] = {}
        self._labels_unwritten = False
        self._retired_unwritten = False
        self._retired_parts = 0
        self._clock_written = self._durable_clock()
        #: Customers whose records count only all at once: see :mod:`service.engine.state`.
        self._entangled: set[str] = set()
        self._together = 0
        #: Records from which parts have left, and keys of contacts that have.
        self._reduced: dict[Contact, str] = {}
        self._tombstones: list[bytes] = []
        self._restored: dict[bytes, bytes] = {}

    @property
    def clock(self) -> int:
        """The partition's clock, microseconds of event time."""
        return self._clock.now

    @property
    def latest(self) -> int:
        """The largest event time seen."""
        return self._clock.latest

    @property
    def live_contacts(self) -> int:
        return len(self._book)

    # Events

    def apply(self, events: Sequence[tuple[Event, int]]) -> list[Result]:
        """Upserts decoded events, each with its event time; tells what became of each."""
        self._late_before = self._clock.now - min(
            self._departures.margin, self._retired.terms.retention // 2
        )
        results = [self._apply(event, at) for event, at in events]
        for event_class in {type(event) for event, _ in events}:
            latest = max(at for event, at in events if type(event) is event_class)
            self._clock.seen(_TOPIC_OF[event_class], latest)
        return results

    def _apply(self, event: Event, at: int) -> Result:
        customer = self._book.customer(event.customer_id)
        contact = None if customer is None else customer.find(event.contact_id)
        part = part_of(event, at)
        # A part that waits for its contact beside others is no less late than one alone.
        unseen = contact is None or (contact.started_at is None and not isinstance(part, Start))
        if unseen and at + self._terms.retention <= self._clock.now:
            return Result.TOO_LATE
        if contact is None or customer is None:
            contact = Contact(event.contact_id)
            customer = self._book.add(event.customer_id, contact)
            self._neighbours.index_if_busy(customer)
            self._before[contact] = _Former(customer, contact, ABSENT, None)
            self._departures.file_new(at, customer, contact)
        else:
            standing = part.standing(contact)
            if standing is not None:
                if part == standing:
                    return Result.DUPLICATE
                if not outranks(part, standing):
                    return self._lost(customer, contact, part)
                contact.note_lost(digest(standing))
            self._touch(customer, contact)
        if isinstance(part, Start | Resolution):
            self._admit_labels(part)
            self._put_and_move(customer, contact, part)
        else:
            part.put_into(contact)
        self._unwritten[contact] = customer.id
        start = contact.started_at
        if at < self._late_before or start is None or at < start:
            if self._retired.covers(contact):
                contact.need_extras().touched = self._clock.now
            self._departures.file_anew(customer, contact, self._clock.now)
        return Result.ACCEPTED

    def _lost(self, customer: Customer, contact: Contact, part: Part) -> Result:
        """An event that another one for its part stands against: nothing but its coming counts."""
        number = digest(part)
        if contact.has_lost(number):
            return Result.DUPLICATE
        contact.note_lost(number)
        self._unwritten[contact] = customer.id
        return Result.ACCEPTED

    def _put_and_move(self, customer: Customer, contact: Contact, part: Start | Resolution) -> None:
        """Puts a part that can change who repeats whom."""
        before = self._neighbours.place(contact)
        if customer.alone:
            part.put_into(contact)
            return
        after = self._neighbours.place_with(contact, part)
        # The neighbours' former rows are drawn up before anything moves.
        for other in list(self._neighbours.affected(customer, contact, before, after)):
            self._touch(customer, other)
        part.put_into(contact)
        self._neighbours.move(customer, contact, before, after)

    def _touch(self, customer: Customer, contact: Contact) -> None:
        if contact not in self._before:
            row = self._rows.contact(customer, contact)
            self._before[contact] = _Former(customer, contact, row, contact.surveys)

    def _admit_labels(self, part: Start | Resolution) -> None:
        if isinstance(part, Start):
            # Nearly always: labels that have their places already.
            if self._cells.are_settled(part.channel, part.queue, part.reason):
                return
        elif part.queue is None and part.reason is None:
            return
        labels = self._labels
        new = labels.queue.admit(part.queue) | labels.reason.admit(part.reason)
        if isinstance(part, Start):
            new |= labels.channel.admit(part.channel)
        self._labels_unwritten |= new

    # Time

    def caught_up(self, event_type: str, wall_us: int) -> None:
        """That topic held nothing more when the wall clock read `wall_us` (microseconds)."""
        self._clock.seen(event_type, wall_us)

    def advance(self, at_least: int = BEFORE_ALL) -> None:
        """Books what was applied, and moves the clock as far as the topics (or `at_least`) say."""
        self._book_changes()
        former = self._clock.now
        clock = self._clock.advance(at_least)
        if clock != former:
            self._fold.advance(clock)
        # Only now: most of a batch's facts hold at the new clock, and need not wait for it.
        self._fold.settle()
        if clock != former:
            self._let_go(clock)

    def _book_changes(self) -> None:
        if not self._before:
            return
        # What is new has nothing to be taken back: half of the work is saved.
        new: list[tuple[Customer, Contact]] = []
        changed: list[_Former] = []
        for former in self._before.values():
            if former.row is ABSENT and not former.surveys:
                new.append((former.customer, former.contact))
            else:
                changed.append(former)
        if new:
            self._book_new(new, self._clock.now)
        if changed:
            self._book_changed(changed)
        self._before.clear()

    def _book_new(self, contacts: Sequence[tuple[Customer, Contact]], clock: int | None) -> None:
        owners = [contact for _, contact in contacts]
        rows = [self._rows.contact(customer, contact) for customer, contact in contacts]
        survey_owners, answers = self._survey_rows(owners, rows)
        self._fold.grow(self._cells.count)
        table = Contacts(rows)
        self._ledger.add(owners, self._ledger.contact_facts(table), clock)
        if answers:
            facts = self._ledger.survey_facts(SurveyAnswers(answers))
            self._ledger.add(survey_owners, facts, clock)
        self._open.add(table)

    def _book_changed(self, formers: Sequence[_Former]) -> None:
        owners = [former.contact for former in formers]
        rows = [self._rows.contact(former.customer, former.contact) for former in formers]
        survey_owners: list[Contact] = []
        surveys_before: list[SurveyRow] = []
        surveys_after: list[SurveyRow] = []
        for former, row in zip(formers, rows, strict=True):
            for kind in former.contact.surveys or ():
                survey_owners.append(former.contact)
                surveys_before.append(self._rows.survey(former.row, former.surveys, kind))
                surveys_after.append(self._rows.survey(row, former.contact.surveys, kind))
        self._fold.grow(self._cells.count)
        clock = self._clock.now
        before, after = Contacts([former.row for former in formers]), Contacts(rows)
        self._ledger.change_contacts(owners, before, after, clock)
        self._open.change(before, after)
        if survey_owners:
            answers = SurveyAnswers(surveys_before), SurveyAnswers(surveys_after)
            self._ledger.change_surveys(survey_owners, *answers, clock)

    def _rewrite(self, contact: Contact) -> None:
        """The ledger has changed a record: it is written, whether or not an event touched it."""
        self._unwritten.setdefault(contact, self._before[contact].customer.id)

    def _entangle(self, contact: Contact) -> None:
        """A late event has changed what is counted of a contact beside its neighbours."""
        self._entangled.add(self._before[contact].customer.id)

    # Leaving

    def _let_go(self, clock: int) -> None:
        """Contacts whose time has come leave the state, and what is counted of them stays."""
        since = self._retired.until + DEPARTURE_INTERVAL
        if clock < since or not self._departures.worth_while(clock, len(self._retired)):
            return
        leaving = self._departures.due(clock)
        self._retired.until, self._retired.terms = clock, self._terms
        if not leaving:
            return
        until = clock - self._terms.retention
        staying = {contact for _, contact in leaving if orphans.outlast(contact, until)}
        retiring = [
            (customer, self._reduce(customer, contact, until) if contact in staying else contact)
            for customer, contact in leaving
        ]
        owners = [contact for _, contact in retiring]
        rows = [self._rows.contact(customer, contact) for customer, contact in retiring]
        survey_owners, answers = self._survey_rows(owners, rows)
        table = Contacts(rows)
        retire(
            self._retired,
            self._ledger,
            self._cells,
            (owners, table),
            (survey_owners, SurveyAnswers(answers)),
        )
        self._open.remove(table)
        for customer, contact in leaving:
            if contact in staying:
                continue
            for heir in self._neighbours.bequeath(customer, contact):
                self._unwritten[heir] = customer.id
            self._book.removed(customer)
            self._tombstones.append(state.contact_key(customer.id, contact.contact_id))
        self._retired.generation += 1
        self._retired_unwritten = True

    def _reduce(self, customer: Customer, contact: Contact, until: int) -> Contact:
        """Takes the parts up to `until` out of a record without a start; returns them."""
        if contact in self._unwritten:
            # Before the clock that says what has left, the record is written as it was.
            self._unwritten[replace(contact)] = self._unwritten.pop(contact)
        gone = orphans.take_out(contact, until)
        self._departures.file_anew(customer, contact, self._clock.now)
        self._reduced[contact] = customer.id
        return gone

    # Durable state

    def changes(self) -> list[tuple[bytes, bytes | None]]:
        """The changelog records since the last call, in the order in which to write them.

        See :mod:`service.engine.state` for why any prefix of them is consistent. None: a tombstone.
        """
        records: list[tuple[bytes, bytes | None]] = []
        if self._labels_unwritten:
            values = {name: dimension.values() for name, dimension in self._labels.each()}
            records.append((state.LABELS, state.encode(values)))
        together = [
            (state.together_key(number), value)
            for number, value in enumerate(self._written_together(), self._together)
        ]
        records.extend(together)
        records.extend(state.contact_record(*entry) for entry in self._unwritten.items())
        if self._retired_unwritten:
            parts = state.write_retired(self._retired.generation, self._retired.amounts())
            self._retired_parts = len(parts)
            records.extend(parts)
        clock = self._durable_clock()
        # Also when only a topic's reading has moved: a successor does not see its events again.
        if clock != self._clock_written:
            self._clock_written = clock
            records.append((state.CLOCK, state.encode(clock)))
        records.extend(state.contact_record(*entry) for entry in self._reduced.items())
        records.extend((key, None) for key in self._tombstones)
        records.extend((key, None) for key, _ in together)
        self._unwritten.clear()
        self._entangled.clear()
        self._reduced.clear()
        self._tombstones.clear()
        self._labels_unwritten = self._retired_unwritten = False
        return records

    def _written_together(self) -> list[bytes]:
        """What holds the records of each customer of whom several count only all at once."""
        if not self._entangled:
            return []
        groups: dict[str, list[tuple[bytes, bytes]]] = {}
        for contact, customer_id in self._unwritten.items():
            if customer_id in self._entangled:
                record = state.contact_record(contact, customer_id)
                groups.setdefault(customer_id, []).append(record)
        return state.write_together(group for group in groups.values() if len(group) > 1)

    def _durable_clock(self) -> state.Clock:
        return state.Clock(
            self._clock.now,
            dict(self._clock.readings()),
            self._retired.until,
            self._retired.terms,
            self._retired.generation,
            self._retired_parts,
        )

    def restore(self, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Takes in records of the changelog, in the order in which they were written."""
        for key, value in records:
            if value is None:
                self._restored.pop(key, None)
                continue
            self._restored[key] = value
            if key.startswith(state.TOGETHER):
                self._restored.update(state.read_together(value))

    def restored(self) -> None:
        """All of the changelog has been taken in: comes to the numbers that it stands for."""
        found = self._restored
        labels = found.pop(state.LABELS, None)
        if labels is not None:
            known = state.read_labels(labels)
            for name, dimension in self._labels.each():
                dimension.resume(known.get(name, ()))
        clock = found.pop(state.CLOCK, None)
        if clock is not None:
            self._resume(state.read_clock(clock))
        halves = [key for key in found if key.startswith(state.TOGETHER)]
        owed = [key for half in halves for key, _ in state.read_together(found[half])]
        self._read_contacts()
        self._owe(halves, owed)
        self._restored = {}

    def _owe(self, halves: Sequence[bytes], owed: Iterable[bytes]) -> None:
        """Records that were written together, but perhaps not each by itself, are still to be."""
        self._together = max((state.together_number(key) + 1 for key in halves), default=0)
        self._tombstones.extend(halves)
        for key in owed:
            customer_id, contact_id = state.read_key(key)
            customer = self._book.customer(customer_id)
            contact = None if customer is None else customer.find(contact_id)
            if contact is not None:
                self._unwritten[contact] = customer_id

    def _resume(self, clock: state.Clock) -> None:
        self._clock.resume(clock.now, clock.readings)
        self._fold.advance(clock.now)
        self._retired.until = clock.retired_until
        self._retired.terms = clock.retired_terms
        self._retired.generation = clock.generation
        self._retired_parts = clock.parts
        self._clock_written = clock
        parts = [self._restored[key] for key in state.retired_keys(clock)]
        for name, weight, total in state.read_retired(parts):
            self._retired.add(name, weight, total)
            self._ledger.add_counted(name, weight, total)

    def _read_contacts(self) -> None:
        for key in list(self._restored):
            value = self._restored.pop(key)
            name = state.read_key(key)
            if isinstance(name, str):
                continue
            contact = state.read_contact(value)
            contact.share_labels()
            if self._retired.covers(contact):
                # It had left; only its tombstone was not written any more.
                until = self._retired.until - self._retired.terms.retention
                if not orphans.outlast(contact, until):
                    self._tombstones.append(key)
                    continue
                orphans.take_out(contact, until)
                self._reduced[contact] = name[0]
            customer = self._book.add(name[0], contact)
            self._neighbours.move(customer, contact, None, self._neighbours.place(contact))
            # Afterwards: indexing takes note of all its contacts, this one too.
            self._neighbours.index_if_busy(customer)
            self._departures.file_anew(customer, contact, self._clock.now)
        everyone = [
            (customer, contact)
            for customer in self._book.customers()
            for contact in customer.each()
        ]
        for start in range(0, len(everyone), RESTORE_ROWS):
            self._restore_rows(everyone[start : start + RESTORE_ROWS])
            self._fold.settle()

    def _restore_rows(self, contacts: Sequence[tuple[Customer, Contact]]) -> None:
        self._book_new(contacts, None)
        for _, contact in contacts:
            self._ledger.restore_remembered(contact)

    def _survey_rows(
        self, owners: Sequence[Contact], rows: Sequence[ContactRow]
    ) -> tuple[list[Contact], list[SurveyRow]]:
        """The survey answers of these contacts, each with the contact it is of."""
        survey_owners: list[Contact] = []
        answers: list[SurveyRow] = []
        for contact, row in zip(owners, rows, strict=True):
            for kind in contact.surveys or ():
                survey_owners.append(contact)
                answers.append(self._rows.survey(row, contact.surveys, kind))
        return survey_owners, answers

    # Numbers

    def snapshot(self) -> Snapshot:
        """All the numbers as of the last `advance`."""
        families = self._exhibit.families(self._clock.now)
        return Snapshot(self._clock.now, self.live_contacts, families)
