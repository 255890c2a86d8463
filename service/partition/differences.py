"""From records to what they restate: the difference of a batch, drawn up as tables of rows.

One event can change many contacts, and many events one contact: how each stood before the batch is
remembered once, and only the difference to how it stands at the end is restated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec

from service.aggregates.aggregator import Aggregator
from service.aggregates.cells import Cells
from service.aggregates.entries import Statements, Table
from service.aggregates.lives import EvaluationCells, SurveyCells
from service.aggregates.open_contacts import OpenContacts
from service.aggregates.retractions import Reopenings, Retractions
from service.aggregates.rows import ABSENT, EVALUATION_ABSENT, Row, Rows
from service.aggregates.tables import (
    TURN_ABSENT,
    Drawn,
    Owner,
    answer_part,
    contact_table,
    evaluation_part,
    reopened_at,
    single_of,
    turn_part,
    turns_of,
)
from service.definitions import Definitions
from service.kpis import Kpis
from service.kpis.rows import NEVER, ContactRow, LifeRow
from service.kpis.tables import Evaluations, SurveyAnswers, Turns
from service.partition.turnovers import Turnovers
from service.state.account import Account
from service.state.customers import Customer
from service.state.evaluation import Evaluation, evaluations
from service.state.record import Contact, Remembers, Survey
from service.store.unwritten import Unwritten

Said = TypeVar("Said", Row, Drawn)

_CLOSED_AT = ContactRow._fields.index("closed_at")
_FIRST_CLOSED_AT = LifeRow._fields.index("first_closed_at")


class Former(msgspec.Struct, gc=False):
    """How a contact stood before a batch."""

    customer: Customer
    drawn: Drawn
    #: Whether it, or whom it repeats, has changed, and not only who repeats it.
    may_repeat: bool


class FormerRatings(msgspec.Struct, frozen=True, gc=False):
    """A contact's survey answers and evaluations before a batch, and the cells of their labels."""

    customer: Customer
    surveys: Mapping[str, Survey]
    cells: SurveyCells | None
    evaluations: Sequence[Evaluation]
    evaluation_cells: EvaluationCells | None


class _Changes(Generic[Said]):
    """Rows that are other ones than before, in the order in which retractions take them.

    First those that are new, of which nothing has to be taken back; then those that have changed,
    and at the end these as they were.
    """

    def __init__(self) -> None:
        self._new: list[tuple[Owner, Said]] = []
        self._changed: list[tuple[Owner, Said, Said]] = []

    def note(self, owner: Owner, now: Said, before: Said | None) -> None:
        """A row as it is and as it was; None: there was none."""
        if before is None:
            self._new.append((owner, now))
        elif now != before:
            self._changed.append((owner, now, before))

    def owners(self) -> list[Owner]:
        new = [owner for owner, _ in self._new]
        return new + [owner for owner, _, _ in self._changed]

    def rows(self) -> list[Said]:
        new = [now for _, now in self._new]
        changed = [now for _, now, _ in self._changed]
        return new + changed + [before for _, _, before in self._changed]


class Differences:
    """Has retractions and the backlog take what contacts state now."""

    def __init__(
        self,
        definitions: Definitions,
        kpis: Kpis,
        rows: Rows,
        cells: Cells,
        aggregator: Aggregator,
        open_contacts: OpenContacts,
        unwritten: Unwritten,
        turnovers: Turnovers,
    ) -> None:
        self._cells = cells
        self._aggregator = aggregator
        self._open = open_contacts
        self._unwritten = unwritten
        self.turnovers = turnovers
        self.rows = rows
        self._lateness = definitions.allowed_lateness
        #: How long after its end a contact is no longer asked who repeats it, at the soonest.
        self._settles = min(window.length for window in definitions.repeat_windows)
        self.retractions = Retractions(
            definitions, kpis, cells, aggregator, self._rewrite, self._reopenings
        )
        #: How each contact touched since the last :meth:`apply` stood before, and its ratings.
        self._before: dict[Contact, Former] = {}
        self._ratings_before: dict[Contact, FormerRatings] = {}
        #: Whether any contact was restated before the batch in hand.
        self.has_restated = False

    def touch(self, customer: Customer, contact: Contact) -> None:
        """Remembers how a contact stands: it, or who its neighbours are, is about to change."""
        former = self._before.get(contact)
        if former is None:
            drawn = self.rows.contact(customer, contact)
            self._before[contact] = Former(customer, drawn, True)
        else:
            former.may_repeat = True

    def touch_repeated(self, customer: Customer, contact: Contact) -> None:
        """The same of a contact of which only who repeats it is about to change."""
        if contact not in self._before:
            drawn = self.rows.contact(customer, contact)
            self._before[contact] = Former(customer, drawn, False)

    def touch_ratings(self, customer: Customer, contact: Contact) -> None:
        """Remembers a contact's survey answers and evaluations: they, or their labels, are about to
        change."""
        if contact not in self._ratings_before:
            judged = evaluations(contact)
            self._ratings_before[contact] = FormerRatings(
                customer,
                contact.surveys or {},
                self.rows.survey_cells(contact) if contact.surveys else None,
                judged,
                self.rows.evaluation_cells(contact) if judged else None,
            )

    def apply(self, clock: int) -> None:
        """Restates what has become of the contacts touched since the last call."""
        self._restate_contacts(clock)
        if self._ratings_before:
            self._restate_answers(clock)
            self._restate_evaluations(clock)
        self.turnovers.apply(self.retractions, clock)
        self._before.clear()
        self._ratings_before.clear()
        self.rows.standings.forget_all()

    def _restate_contacts(self, clock: int) -> None:
        changes: _Changes[Drawn] = _Changes()
        turns: _Changes[Row] = _Changes()
        final = clock - self._lateness
        for contact, former in self._before.items():
            customer, before = former.customer, former.drawn
            now = self.rows.contact(customer, contact)
            settled = final if former.may_repeat else final - self._settles
            has_ended = now.row[_CLOSED_AT] <= settled or before.row[_CLOSED_AT] <= settled
            if now.lived is not None or before.lived is not None:
                has_ended = has_ended or min(_first_end(now), _first_end(before)) <= settled
                _note_turns(turns, contact, turns_of(now), turns_of(before))
            if has_ended:
                # What counters have of it depends on all changes of its customer, or on none.
                self._unwritten.written_together.add(customer.id)
            changes.note((contact, ""), now, None if before.row is ABSENT else before)
        self._restate_table(self.retractions.turns, turns, Turns, clock)
        owners, drawn = changes.owners(), changes.rows()
        if owners:
            self.has_restated = True
            self._aggregator.grow(self._cells.count)
            self._await_counts()
            table = contact_table(drawn, self.rows.lines)
            self.retractions.restate(self.retractions.contacts, owners, table, clock)
            self._open.update(table, len(owners))
            self._open.restate_single(
                single_of(drawn[: len(owners)]), single_of(drawn[len(owners) :])
            )

    def _restate_answers(self, clock: int) -> None:
        changes: _Changes[Row] = _Changes()
        for contact, former in self._ratings_before.items():
            if not contact.surveys:
                continue
            surveys, cells = former.surveys, former.cells
            now = self.rows.survey_cells(contact)
            for key, answer in (contact.surveys or {}).items():
                standing = surveys.get(key)
                changes.note(
                    (contact, answer_part(key)),
                    self.rows.survey(key, answer, now),
                    None if standing is None else self.rows.survey(key, standing, cells),
                )
        self._restate_table(self.retractions.surveys, changes, SurveyAnswers, clock)

    def _restate_evaluations(self, clock: int) -> None:
        changes: _Changes[Row] = _Changes()
        for contact, former in self._ratings_before.items():
            its = evaluations(contact)
            if not its:
                continue
            before = {it.key: it for it in former.evaluations}
            now = self.rows.evaluation_cells(contact)
            for it in its:
                standing = before.pop(it.key, None)
                changes.note(
                    (contact, evaluation_part(it.key)),
                    self.rows.evaluation(it, now),
                    None
                    if standing is None
                    else self.rows.evaluation(standing, former.evaluation_cells),
                )
            for key, dropped in before.items():
                was = self.rows.evaluation(dropped, former.evaluation_cells)
                changes.note((contact, evaluation_part(key)), EVALUATION_ABSENT, was)
        self._restate_table(self.retractions.evaluations, changes, Evaluations, clock)

    def _restate_table(
        self,
        statements: Statements[Table],
        changes: _Changes[Row],
        make: Callable[[Sequence[Row]], Table],
        clock: int,
    ) -> None:
        owners = changes.owners()
        if owners:
            self._aggregator.grow(self._cells.count)
            self.retractions.restate(statements, owners, make(changes.rows()), clock)

    def restore(self, contacts: Sequence[tuple[Customer, Contact]]) -> None:
        """Restates records that are read back, with what they remember to have been counted."""
        tables = self.rows.tables(contacts)
        self.has_restated = True
        self._aggregator.grow(self._cells.count)
        self._await_counts()
        table = tables.contact_table()
        self.retractions.restate(self.retractions.contacts, tables.contacts, table, None)
        if tables.turns:
            self.retractions.restate(
                self.retractions.turns, tables.turns, tables.turn_table(), None
            )
        self.retractions.restate(
            self.retractions.surveys, tables.answers, tables.answer_table(), None
        )
        if tables.evaluations:
            self.retractions.restate(
                self.retractions.evaluations, tables.evaluations, tables.evaluation_table(), None
            )
        self._open.update(table, len(tables.contacts))
        self._open.restate_single(single_of(tables.drawn))
        for _, contact in contacts:
            if contact.extras is not None:
                self.retractions.restore_remembered(contact.extras)

    def _await_counts(self) -> None:
        """Counters of what is awaited of contacts that have started are there from now on."""
        for first in self.rows.begun_lately:
            self._aggregator.known[self._cells.awaited(first)] = True
        self.rows.begun_lately.clear()

    def _rewrite(self, record: Remembers) -> None:
        """A record's counts have changed: it is written, whether or not an event touched it."""
        if isinstance(record, Account):
            customer_id = self.turnovers.before[record].customer_id
            self._unwritten.changed.setdefault(record, customer_id)
        elif isinstance(record, Contact):
            self._unwritten.changed.setdefault(record, self._customer(record).id)

    def _reopenings(self, contact: Remembers) -> Reopenings:
        if not isinstance(contact, Contact):
            return Reopenings((), 0)
        now = self.rows.reopened_at(contact)
        former = self._before.get(contact)
        # Where only an answer was touched, it has the life that it had.
        return Reopenings(now if former is None else reopened_at(former.drawn), len(now))

    def _customer(self, contact: Contact) -> Customer:
        former = self._before.get(contact)
        return self._ratings_before[contact].customer if former is None else former.customer


def _first_end(drawn: Drawn) -> int:
    """When a contact was first closed, as far as its life has that to tell."""
    return NEVER if drawn.lived is None else drawn.lived.life[_FIRST_CLOSED_AT]


def _note_turns(
    changes: _Changes[Row], contact: Contact, now: Sequence[Row], before: Sequence[Row]
) -> None:
    """Turns by their number: one that is gone is absent now."""
    for number in range(max(len(now), len(before))):
        changes.note(
            (contact, turn_part(number)),
            now[number] if number < len(now) else TURN_ABSENT,
            before[number] if number < len(before) else None,
        )
