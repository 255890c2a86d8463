"""From records to what is booked: the difference of a batch, drawn up as tables of rows.

One event can change many contacts, and many events one contact: how each stood before the batch is
remembered once, and only the difference to how it stands at the end is booked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from service.contacts.book import Customer
from service.contacts.neighbours import Neighbours
from service.contacts.record import Contact, Survey
from service.definitions import Definitions
from service.engine.backlog import OpenContacts
from service.engine.cells import Cells
from service.engine.fold import Fold
from service.engine.journal import Journal
from service.engine.ledger import Ledger
from service.engine.rows import ABSENT, Row, Rows
from service.kpis.facts import ContactKpi, ContactRow, Contacts, SurveyAnswers, SurveyKpi

_CLOSED_AT = ContactRow._fields.index("closed_at")


class Former(msgspec.Struct, frozen=True, gc=False):
    """How a contact stood before a batch."""

    customer: Customer
    row: Row


class FormerAnswers(msgspec.Struct, frozen=True, gc=False):
    """A contact's survey answers before a batch, and the cells of their labels."""

    customer: Customer
    surveys: Mapping[str, Survey]
    cells: int | None


class _Changes:
    """Rows that are other ones than before, in the order in which the ledger books them.

    First those that are new, of which nothing has to be taken back; then those that have changed,
    and at the end these as they were.
    """

    def __init__(self) -> None:
        self._new: list[tuple[Contact, Row]] = []
        self._changed: list[tuple[Contact, Row, Row]] = []

    def note(self, contact: Contact, now: Row, before: Row | None) -> None:
        """A row as it is and as it was; None: there was none."""
        if before is None:
            self._new.append((contact, now))
        elif now != before:
            self._changed.append((contact, now, before))

    def owners(self) -> list[Contact]:
        new = [contact for contact, _ in self._new]
        return new + [contact for contact, _, _ in self._changed]

    def rows(self) -> list[Row]:
        new = [now for _, now in self._new]
        changed = [now for _, now, _ in self._changed]
        return new + changed + [before for _, _, before in self._changed]


class Booking:
    """Books contacts into the ledger and the backlog."""

    def __init__(
        self,
        definitions: Definitions,
        kpis: tuple[Sequence[ContactKpi], Sequence[SurveyKpi]],
        cells: Cells,
        neighbours: Neighbours,
        fold: Fold,
        open_contacts: OpenContacts,
        journal: Journal,
    ) -> None:
        self._cells = cells
        self._fold = fold
        self._open = open_contacts
        self._journal = journal
        self.rows = Rows(definitions, cells, neighbours, open_contacts)
        self._lateness = definitions.allowed_lateness
        #: How long after its end a contact is no longer asked who repeats it, at the soonest.
        self._settles = neighbours.shortest
        self.ledger = Ledger(definitions, *kpis, cells, fold, self._rewrite)
        #: How each contact touched since the last :meth:`book` stood before, and its answers.
        self._before: dict[Contact, Former] = {}
        self._may_repeat: set[Contact] = set()
        self._answers_before: dict[Contact, FormerAnswers] = {}
        #: Whether any contact was booked before the batch in hand.
        self.has_booked = False

    def touch(self, customer: Customer, contact: Contact, *, may_repeat: bool = True) -> None:
        """Remembers how a contact stands: it, or who its neighbours are, is about to change.

        `may_repeat`: also whom it repeats, and not only who repeats it.
        """
        if contact not in self._before:
            self._before[contact] = Former(customer, self.rows.contact(customer, contact))
        if may_repeat:
            self._may_repeat.add(contact)

    def touch_answers(self, customer: Customer, contact: Contact) -> None:
        """Remembers a contact's survey answers: they, or their labels, are about to change."""
        if contact not in self._answers_before:
            cells = self.rows.survey_cells(contact) if contact.surveys else None
            self._answers_before[contact] = FormerAnswers(customer, contact.surveys or {}, cells)

    def book(self, clock: int) -> None:
        """Books what has become of the contacts touched since the last call."""
        self._book_contacts(clock)
        self._book_answers(clock)
        self._before.clear()
        self._may_repeat.clear()
        self._answers_before.clear()

    def _book_contacts(self, clock: int) -> None:
        changes, final = _Changes(), clock - self._lateness
        for contact, former in self._before.items():
            row = self.rows.contact(former.customer, contact)
            settles = 0 if contact in self._may_repeat else self._settles
            if min(row[_CLOSED_AT], former.row[_CLOSED_AT]) + settles <= final:
                # What counters have of it depends on all changes of its customer, or on none.
                self._journal.entangled.add(former.customer.id)
            if row is not former.row:
                changes.note(contact, row, None if former.row is ABSENT else former.row)
        owners = changes.owners()
        if owners:
            self.has_booked = True
            self._fold.grow(self._cells.count)
            self._await_counts()
            table = Contacts(changes.rows())
            self.ledger.book(self.ledger.contacts, owners, table, clock)
            self._open.book(table, len(owners))

    def _book_answers(self, clock: int) -> None:
        changes = _Changes()
        for contact, former in self._answers_before.items():
            cells = self.rows.survey_cells(contact)
            for kind, answer in (contact.surveys or {}).items():
                row = self.rows.survey(kind, answer, cells)
                standing = former.surveys.get(kind)
                before = (
                    None if standing is None else self.rows.survey(kind, standing, former.cells)
                )
                changes.note(contact, row, before)
        owners = changes.owners()
        if owners:
            self._fold.grow(self._cells.count)
            answers = SurveyAnswers(changes.rows())
            self.ledger.book(self.ledger.surveys, owners, answers, clock)

    def restore(self, contacts: Sequence[tuple[Customer, Contact]]) -> None:
        """Books records that are read back, with what they remember to have been counted."""
        owners, table = self.rows.table(contacts)
        survey_owners, answers = self.rows.answers(owners)
        self.has_booked = True
        self._fold.grow(self._cells.count)
        self._await_counts()
        self.ledger.book(self.ledger.contacts, owners, table, None)
        self.ledger.book(self.ledger.surveys, survey_owners, answers, None)
        self._open.book(table, len(owners))
        for contact in owners:
            if contact.extras is not None:
                self.ledger.restore_remembered(contact.extras)

    def _await_counts(self) -> None:
        """Counters of what is awaited of contacts that have started are there from now on."""
        for first in self.rows.begun_lately:
            self._fold.known[self._cells.awaited(first)] = True
        self.rows.begun_lately.clear()

    def _rewrite(self, contact: Contact) -> None:
        """The ledger has changed a record: it is written, whether or not an event touched it."""
        self._journal.unwritten.setdefault(contact, self._customer(contact).id)

    def _customer(self, contact: Contact) -> Customer:
        former = self._before.get(contact)
        return self._answers_before[contact].customer if former is None else former.customer
