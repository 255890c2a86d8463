"""What has become of accounts touched in a batch: restated as :mod:`differences` does contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from service.aggregates.active_customers import ActiveCustomers, Standing
from service.aggregates.aggregator import Aggregator
from service.aggregates.cells import Cells
from service.aggregates.retractions import Retractions
from service.aggregates.tables import Owner
from service.aggregates.turnover import TURN_ABSENT, DrawnTurn, TurnoverRows, turnover_table
from service.partition.changed_rows import ChangedRows
from service.state.account import Account
from service.state.customers import Customer, Customers
from service.store.unwritten import Unwritten


class Former(msgspec.Struct, gc=False):
    """How an account stood before a batch."""

    customer_id: str
    turns: Mapping[str, DrawnTurn]
    standing: Standing | None


class Turnovers:
    """Has retractions, and the sums of active customers, take what accounts state now."""

    def __init__(
        self,
        rows: TurnoverRows,
        cells: Cells,
        aggregator: Aggregator,
        active: ActiveCustomers,
        customers: Customers,
        unwritten: Unwritten,
    ) -> None:
        self.rows = rows
        self._cells = cells
        self._aggregator = aggregator
        self._active = active
        self._customers = customers
        self._unwritten = unwritten
        #: How each account touched since the last :meth:`apply` stood before.
        self.before: dict[Account, Former] = {}

    def touch(self, customer_id: str, account: Account) -> None:
        """Remembers how an account stands: it, or a contact of its customer, is about to change."""
        if account not in self.before:
            turns = self.rows.turns(account, self._customers.customer(customer_id))
            self.before[account] = Former(customer_id, turns, self._active.standing(account))

    def apply(self, retractions: Retractions, clock: int) -> None:
        """Restates what has become of the accounts touched since the last call."""
        if not self.before:
            return
        changes: ChangedRows[DrawnTurn] = ChangedRows()
        for account, former in self.before.items():
            customer = self._customers.customer(former.customer_id)
            turns = self.rows.turns(account, customer)
            for part in dict.fromkeys((*former.turns, *turns)):
                now, before = turns.get(part, TURN_ABSENT), former.turns.get(part)
                changes.note_turn((account, part), now, before, TURN_ABSENT)
            if former.turns:
                # What counters have of a leaving depends on all contacts of its customer.
                self._unwritten.written_together.add(former.customer_id)
            self._active.count(former.standing, -1)
            self._active.count(self._active.standing(account), 1)
        self._restate(retractions, changes.owners(), changes.rows(), clock)
        self.before.clear()

    def restore(
        self,
        retractions: Retractions,
        accounts: Sequence[tuple[str, Account]],
    ) -> None:
        """States accounts that are read back, with what they remember to have been counted."""
        owners, drawn = self.drawn(accounts)
        self._restate(retractions, owners, drawn, None)
        for _, account in accounts:
            self._active.count(self._active.standing(account), 1)
            if account.extras is not None:
                retractions.restore_remembered(account.extras)

    def drawn(self, accounts: Sequence[tuple[str, Account]]) -> tuple[list[Owner], list[DrawnTurn]]:
        """The turns of these accounts, and whose they are."""
        turns = [
            ((account, part), turn)
            for customer_id, account in accounts
            for part, turn in self.rows.turns(account, self.customer(customer_id)).items()
        ]
        return [owner for owner, _ in turns], [turn for _, turn in turns]

    def customer(self, customer_id: str) -> Customer | None:
        """The contacts of a customer, if he has any in the state."""
        return self._customers.customer(customer_id)

    def _restate(
        self,
        retractions: Retractions,
        owners: Sequence[Owner],
        drawn: Sequence[DrawnTurn],
        clock: int | None,
    ) -> None:
        if owners:
            self._aggregator.grow(self._cells.count)
            table = turnover_table(drawn, self.rows.lines)
            retractions.restate(retractions.turnover, owners, table, clock)
