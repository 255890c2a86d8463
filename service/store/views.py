"""What records state under given definitions and labels, told so that two views can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from service.aggregates.calendars import Calendars
from service.aggregates.cells import Cells
from service.aggregates.entries import Entries, Statements, Table
from service.aggregates.open_contacts import OpenContacts
from service.aggregates.retractions import Retractions, remembered
from service.aggregates.rows import Rows
from service.aggregates.tables import Owner, Tables
from service.aggregates.turnover import (
    TURN_ABSENT,
    DrawnTurn,
    TurnoverRows,
    turnover_table,
)
from service.definitions import Definitions
from service.kpis import Kpis, all_kpis
from service.kpis.churn import Turnover
from service.kpis.layout import Layout
from service.kpis.rows import Bools, Ints
from service.kpis.tables import Contacts, Evaluations, SurveyAnswers, Turns
from service.state.account import Account
from service.state.customers import Customer
from service.state.neighbours import Neighbours
from service.state.record import Contact
from service.state.standing import Standings
from service.store.in_force import InForce


class Names:
    """Numbers for names, the same in both views."""

    def __init__(self) -> None:
        self.names: list[tuple[str, ...]] = []
        self._numbers: dict[tuple[str, ...], int] = {}

    def number(self, *name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self.names)
            self.names.append(name)
        return number

    def __getitem__(self, number: int) -> tuple[str, ...]:
        return self.names[number]


class Stated:
    """Counted facts, one an index, that their contacts do not remember to have been counted.

    Times are microseconds; numbers are of :class:`Names`.
    """

    def __init__(self, entries: Entries, which: Bools, slots: Ints, lateness: int) -> None:
        self.said: Ints = np.compress(which, entries.said, axis=1)
        self.cell, self.at, self.total, _, _, self.final = self.said
        #: From this clock on a counter has it.
        self.counts_from = entries.counts_from(lateness)[which]
        self.row = entries.row[which]
        self.slot = slots[entries.slot[which]]
        self.cell_name: Ints
        #: As the name, but the same for all buckets of a distribution.
        self.labels: Ints


class FormerStatements:
    """What KPIs of other definitions state."""

    def __init__(self, kpis: Kpis) -> None:
        self.contacts = Statements(kpis.contacts, Contacts([]))
        self.turns = Statements(kpis.turns, Turns([]))
        self.surveys = Statements(kpis.surveys, SurveyAnswers([]))
        self.evaluations = Statements(kpis.evaluations, Evaluations([]))
        self.turnover = Statements(kpis.turnover, Turnover([], Contacts([])))


class View:
    """The statements of records under some definitions."""

    def __init__(
        self,
        definitions: Definitions,
        rows: Rows,
        cells: Cells,
        statements: Retractions | FormerStatements,
        turnover_rows: TurnoverRows,
        names: Names,
    ) -> None:
        self.rows = rows
        self.contacts, self.turns = statements.contacts, statements.turns
        self.surveys, self._turnover = statements.surveys, statements.turnover
        self.evaluations = statements.evaluations
        self._turnover_rows = turnover_rows
        self._lateness = definitions.allowed_lateness
        self._cells = cells
        self._names = names
        self._numbers: dict[int, tuple[int, int]] = {}

    def facts(self) -> dict[int, str]:
        """The fact of each slot that is counted, by the slot's number."""
        return {
            self._names.number(slot): name
            for slots, names, counted in (
                (self.contacts.slots, self.contacts.names, self.contacts.counted),
                (self.turns.slots, self.turns.names, self.turns.counted),
                (self.surveys.slots, self.surveys.names, self.surveys.counted),
                (self.evaluations.slots, self.evaluations.names, self.evaluations.counted),
                (self._turnover.slots, self._turnover.names, self._turnover.counted),
            )
            for slot, name, is_counted in zip(slots, names, counted.tolist(), strict=True)
            if is_counted
        }

    def turnover(
        self, accounts: Sequence[tuple[Account, Customer | None]]
    ) -> dict[Owner, DrawnTurn]:
        """The turns of these accounts, given the contacts of each customer."""
        return {
            (account, part): turn
            for account, customer in accounts
            for part, turn in self._turnover_rows.turns(account, self.filed(customer)).items()
        }

    def filed(self, customer: Customer | None) -> Customer | None:
        """A customer whose contacts are filed as these definitions want them."""
        return customer

    def stated_turnover(self, owners: Sequence[Owner], turns: Mapping[Owner, DrawnTurn]) -> Stated:
        """What the turns of these owners state."""
        drawn = [turns.get(owner, TURN_ABSENT) for owner in owners]
        return self.stated(self._turnover, owners, turnover_table(drawn, self._turnover_rows.lines))

    def stated(
        self, statements: Statements[Table], owners: Sequence[Owner], table: Table
    ) -> Stated:
        """What the rows of a table state of which counters have, or will have, something."""
        entries = statements.entries(table)
        counted = statements.counted[entries.slot]
        kept = list(remembered(statements, owners))
        if kept:
            counted &= ~np.isin(entries.slot * len(owners) + entries.row, kept)
        slots = np.array([self._names.number(slot) for slot in statements.slots], dtype=np.int64)
        stated = Stated(entries, counted, slots, self._lateness)
        distinct, where = np.unique(stated.cell, return_inverse=True)
        numbers = np.array([self._number(cell) for cell in distinct.tolist()], dtype=np.int64)
        stated.cell_name, stated.labels = numbers.reshape(-1, 2)[where].T
        return stated

    def _number(self, cell: int) -> tuple[int, int]:
        numbers = self._numbers.get(cell)
        if numbers is None:
            name = self._cells.name(cell)
            shape = self._cells.place(cell).run.shape
            labels = name[:-1] if shape == "histogram" else name
            numbers = self._names.number(*name), self._names.number(*labels)
            self._numbers[cell] = numbers
        return numbers


class FormerView(View):
    """The view of a predecessor, upon contacts that are filed as today's definitions want them."""

    neighbours_by: type[Neighbours] = Neighbours
    rows_by: type[Rows] = Rows

    def __init__(self, in_force: InForce, names: Names) -> None:
        definitions, layout = in_force.definitions, Layout()
        kpis, calendars = all_kpis(definitions, layout), Calendars(definitions)
        cells = Cells(layout, in_force.labels())
        standings = Standings(
            definitions.open_horizon, updates_are_read=definitions.contact_updated
        )
        self._neighbours = self.neighbours_by(definitions, standings)
        self._anonymous = definitions.anonymous_customers
        rows = self.rows_by(definitions, cells, self._neighbours, OpenContacts(), calendars)
        super().__init__(
            definitions,
            rows,
            cells,
            FormerStatements(kpis),
            TurnoverRows(definitions, cells, rows),
            names,
        )

    def tables(self, contacts: Sequence[tuple[Customer, Contact]]) -> Tables:
        """The tables of these contacts, among all others of their customers."""
        customers = {customer: self._refiled(customer) for customer, _ in contacts}
        return self.rows.tables([(customers[customer], contact) for customer, contact in contacts])

    def filed(self, customer: Customer | None) -> Customer | None:
        return customer and self._refiled(customer)

    def _refiled(self, customer: Customer) -> Customer:
        departed, anonymous = customer.departed, customer.id.lower() in self._anonymous
        is_filed = customer.indexed is None and (departed is None or departed.indexed is None)
        if is_filed and customer.anonymous == anonymous:
            return customer
        refiled = Customer(customer.id, customer.contacts, anonymous=anonymous)
        self._neighbours.index_if_busy(refiled)
        refiled.departed = departed and self._refiled(departed)
        return refiled
