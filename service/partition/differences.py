"""From records to what they restate: the difference of a batch, drawn up as tables of rows.

One event can change many contacts, and many events one contact: how each stood before the batch is
remembered once, and only the difference to how it stands at the end is restated.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from service.aggregates.aggregator import Aggregator
from service.aggregates.cells import Cells
from service.aggregates.open_contacts import OpenContacts
from service.aggregates.retractions import Reopenings, Retractions
from service.aggregates.rows import ABSENT, Row, Rows
from service.aggregates.tables import (
    TURN_ABSENT,
    Drawn,
    contact_table,
    reopened_at,
    single_of,
    turn_part,
    turns_of,
)
from service.definitions import Definitions
from service.kpis import Kpis
from service.kpis.rows import NEVER, ContactRow, LifeRow
from service.kpis.tables import Turns
from service.partition.changed_rows import ChangedRows
from service.partition.ratings import Ratings
from service.partition.stated import StatedLately
from service.partition.turnovers import Turnovers
from service.state.account import Account
from service.state.customers import Customer
from service.state.record import Contact, Remembers
from service.store.unwritten import Unwritten

_CLOSED_AT = ContactRow._fields.index("closed_at")
_FIRST_CLOSED_AT = LifeRow._fields.index("first_closed_at")


class Former(msgspec.Struct, gc=False):
    """How a contact stood before a batch."""

    customer: Customer
    drawn: Drawn
    #: Whether it, or whom it repeats, has changed, and not only who repeats it.
    may_repeat: bool


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
        #: How each contact touched since the last :meth:`apply` stood before.
        self._before: dict[Contact, Former] = {}
        self._stated_lately = StatedLately()
        self.ratings = Ratings(rows, cells, aggregator)
        #: Whether outcomes ask which contacts were touched, and those since they last did.
        self._tells_touched = definitions.outcomes
        self._touched: list[tuple[str, Contact]] = []
        #: Whether any contact was restated before the batch in hand.
        self.has_restated = False

    def touch(self, customer: Customer, contact: Contact, *, may_repeat: bool = True) -> None:
        """Remembers what is stated of a contact: it, or who its neighbours are, is about to change.

        Not `may_repeat`: no more than who repeats it.
        """
        former = self._before.get(contact)
        if former is not None:
            former.may_repeat = former.may_repeat or may_repeat
            return
        drawn = None if contact.extras is None else self._stated_lately.take(contact)
        if drawn is None:
            drawn = self.rows.contact(customer, contact)
        self._before[contact] = Former(customer, drawn, may_repeat)

    def apply(self, clock: int, comes_to: int) -> None:
        """Restates what has become of the contacts touched since the last call, at a clock, and
        before it comes to its next reading."""
        self._restate_contacts(clock)
        self.ratings.apply(self.retractions, clock, comes_to)
        self.turnovers.apply(self.retractions, clock)
        self._before.clear()
        self.rows.standings.forget_all()

    def _restate_contacts(self, clock: int) -> None:
        changes: ChangedRows[Drawn] = ChangedRows()
        turns: ChangedRows[Row] = ChangedRows()
        final = clock - self._lateness
        for contact, former in self._before.items():
            customer, before = former.customer, former.drawn
            now = self.rows.contact(customer, contact)
            settled = final if former.may_repeat else final - self._settles
            has_ended = now.row[_CLOSED_AT] <= settled or before.row[_CLOSED_AT] <= settled
            if now.lived is not None or before.lived is not None:
                has_ended = has_ended or min(_first_end(now), _first_end(before)) <= settled
                _note_turns(turns, contact, turns_of(now), turns_of(before))
                self._stated_lately.note(contact, now)
            if has_ended:
                # What counters have of it depends on all changes of its customer, or on none.
                self._unwritten.written_together.add(customer.id)
            changes.note((contact, ""), now, None if before.row is ABSENT else before)
        self._stated_lately.forget_oldest()
        reopened = turns.owners()
        if reopened:
            self._aggregator.grow(self._cells.count)
            table_of_turns = Turns(turns.rows())
            self.retractions.restate(self.retractions.turns, reopened, table_of_turns, clock)
        owners, drawn = changes.owners(), changes.rows()
        if self._tells_touched:
            self._touched += [(it.customer.id, contact) for contact, it in self._before.items()]
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

    def touched(self) -> list[tuple[str, Contact]]:
        """The contacts touched since the last call, and the ids of their customers.

        Those too that stand as before: a predecessor may have told of what lay between, and not
        have written it.
        """
        touched, self._touched = self._touched, []
        return touched

    def restore(self, contacts: Sequence[tuple[Customer, Contact]]) -> None:
        """Restates records that are read back, with what they remember to have been counted."""
        self.rows.standings.remember()
        tables = self.rows.tables(contacts)
        self.rows.standings.forget_all()
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
        return self.ratings.before[contact].customer if former is None else former.customer


def _first_end(drawn: Drawn) -> int:
    """When a contact was first closed, as far as its life has that to tell."""
    return NEVER if drawn.lived is None else drawn.lived.life[_FIRST_CLOSED_AT]


def _note_turns(
    changes: ChangedRows[Row], contact: Contact, now: Sequence[Row], before: Sequence[Row]
) -> None:
    """Turns by their number: one that is gone is absent now."""
    if now == before:
        return
    for number in range(max(len(now), len(before))):
        changes.note_turn(
            (contact, turn_part(number)),
            now[number] if number < len(now) else TURN_ABSENT,
            before[number] if number < len(before) else None,
            TURN_ABSENT,
        )
