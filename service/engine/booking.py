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
from service.engine.rows import ABSENT, Rows
from service.kpis.facts import (
    ContactKpi,
    ContactRow,
    Contacts,
    SurveyAnswers,
    SurveyKpi,
    SurveyRow,
)


class Former(msgspec.Struct, frozen=True, gc=False):
    """How a contact stood before a batch."""

    customer: Customer
    contact: Contact
    row: ContactRow
    surveys: Mapping[str, Survey] | None


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
        self.ledger = Ledger(definitions, *kpis, cells, fold, self._rewrite, self._entangle)
        #: How each contact touched since the last :meth:`book` stood before.
        self.before: dict[Contact, Former] = {}

    def touch(self, customer: Customer, contact: Contact) -> None:
        """Remembers how a contact stands: it, or who its neighbours are, is about to change."""
        if contact not in self.before:
            row = self.rows.contact(customer, contact)
            self.before[contact] = Former(customer, contact, row, contact.surveys)

    def book(self, clock: int) -> None:
        """Books what has become of the contacts touched since the last call."""
        if not self.before:
            return
        # What is new has nothing to be taken back: half of the work is saved.
        new: list[tuple[Customer, Contact]] = []
        changed: list[Former] = []
        for former in self.before.values():
            if former.row is ABSENT and not former.surveys:
                new.append((former.customer, former.contact))
            else:
                changed.append(former)
        if new:
            self._add(new, clock)
        if changed:
            self._change(changed, clock)
        self.before.clear()

    def restore(self, contacts: Sequence[tuple[Customer, Contact]]) -> None:
        """Books records that are read back, with what they remember to have been counted."""
        self._add(contacts, None)
        for _, contact in contacts:
            self.ledger.restore_remembered(contact)

    def survey_rows(
        self, owners: Sequence[Contact], rows: Sequence[ContactRow]
    ) -> tuple[list[Contact], list[SurveyRow]]:
        """The survey answers of these contacts, each with the contact it is of."""
        survey_owners: list[Contact] = []
        answers: list[SurveyRow] = []
        for contact, row in zip(owners, rows, strict=True):
            for kind in contact.surveys or ():
                survey_owners.append(contact)
                answers.append(self.rows.survey(row, contact.surveys, kind))
        return survey_owners, answers

    def _add(self, contacts: Sequence[tuple[Customer, Contact]], clock: int | None) -> None:
        owners = [contact for _, contact in contacts]
        rows = [self.rows.contact(customer, contact) for customer, contact in contacts]
        survey_owners, answers = self.survey_rows(owners, rows)
        self._fold.grow(self._cells.count)
        table = Contacts(rows)
        self.ledger.add(owners, self.ledger.contact_facts(table), clock)
        if answers:
            facts = self.ledger.survey_facts(SurveyAnswers(answers))
            self.ledger.add(survey_owners, facts, clock)
        self._open.add(table)

    def _change(self, formers: Sequence[Former], clock: int) -> None:
        owners = [former.contact for former in formers]
        rows = [self.rows.contact(former.customer, former.contact) for former in formers]
        survey_owners: list[Contact] = []
        surveys_before: list[SurveyRow] = []
        surveys_after: list[SurveyRow] = []
        for former, row in zip(formers, rows, strict=True):
            for kind in former.contact.surveys or ():
                survey_owners.append(former.contact)
                surveys_before.append(self.rows.survey(former.row, former.surveys, kind))
                surveys_after.append(self.rows.survey(row, former.contact.surveys, kind))
        self._fold.grow(self._cells.count)
        before, after = Contacts([former.row for former in formers]), Contacts(rows)
        self.ledger.change_contacts(owners, before, after, clock)
        self._open.change(before, after)
        if survey_owners:
            answers = SurveyAnswers(surveys_before), SurveyAnswers(surveys_after)
            self.ledger.change_surveys(survey_owners, *answers, clock)

    def _rewrite(self, contact: Contact) -> None:
        """The ledger has changed a record: it is written, whether or not an event touched it."""
        self._journal.unwritten.setdefault(contact, self.before[contact].customer.id)

    def _entangle(self, contact: Contact) -> None:
        """A late event has changed what is counted of a contact beside its neighbours."""
        self._journal.entangled.add(self.before[contact].customer.id)
