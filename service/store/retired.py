"""What the counters hold of contacts that have left the state."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from service.aggregates.cells import Cells
from service.aggregates.clock import BEFORE_ALL
from service.aggregates.entries import Statements, Table
from service.aggregates.retractions import Retractions, remembered, revision
from service.aggregates.tables import Owner, Tables
from service.state import orphans
from service.state.record import Contact, Remembers
from service.store import changelog as state
from service.store.changelog import Amounts
from service.store.retention import Terms


class Retired:
    """Counted facts of contacts that are gone.

    A counter is what is retired and the final facts of the live contacts.
    """

    def __init__(self, terms: Terms) -> None:
        #: The clock at which contacts last left, and the terms on which they did.
        self.until = BEFORE_ALL
        self.terms = terms
        self.generation = 0
        self._amounts: dict[tuple[str, ...], list[int]] = {}

    def __len__(self) -> int:
        return len(self._amounts)

    @property
    def turns_until(self) -> int:
        """Up to this event time, what is counted of customers' turns is here."""
        return BEFORE_ALL if self.until == BEFORE_ALL else self.until - self.terms.turns

    def covers(self, contact: Contact) -> bool:
        """Whether a record like this, read back, is of a contact that has left."""
        start = contact.started_at
        if start is not None and start + self.terms.retention > self.until:
            # Nearly always: none leaves sooner, whatever else is known of it.
            return False
        return self.terms.leaves_at(contact) <= self.until

    def add(self, name: tuple[str, ...], weight: int, total: int = 0) -> None:
        amount = self._amounts.setdefault(name, [0, 0])
        amount[0] += weight
        amount[1] += total

    def amounts(self) -> Amounts:
        """All that is not nothing."""
        return [
            (name, weight, total)
            for name, (weight, total) in self._amounts.items()
            if weight or total
        ]

    def add_facts(
        self,
        statements: Statements[Table],
        owners: Sequence[Owner],
        table: Table,
        cells: Cells,
    ) -> None:
        """Adds what the counters have of these facts: all are final when their contact leaves."""
        entries = statements.entries(table)
        counted = statements.counted[entries.slot]
        kept = list(remembered(statements, owners))
        if kept:
            counted &= ~np.isin(entries.slot * len(owners) + entries.row, kept)
        distinct, where = np.unique(entries.cell[counted], return_inverse=True)
        weights = np.bincount(where, minlength=len(distinct))
        halves = np.zeros((2, len(distinct)), dtype=np.int64)
        for half, part in zip(halves, divmod(entries.total[counted], state.HALF), strict=True):
            np.add.at(half, where, part)
        for cell, weight, high, low in zip(
            distinct.tolist(), weights.tolist(), *halves.tolist(), strict=True
        ):
            self.add(cells.name(cell), weight, high * state.HALF + low)

    def add_remembered(self, contact: Remembers) -> None:
        """Adds what a record remembers to have been counted, and its revisions."""
        extras = contact.extras
        if extras is None:
            return
        for counted in (extras.counted or {}).values():
            if counted.weight:
                self.add(counted.cell, counted.weight, counted.total)
        for change, revisions in (extras.revised or {}).items():
            self.add(revision(change), revisions)


def retire(
    retired: Retired,
    retractions: Retractions,
    cells: Cells,
    tables: Tables,
) -> None:
    """Moves what the counters hold of these contacts over to `retired`; the counters stay."""
    retired.add_facts(retractions.contacts, tables.contacts, tables.contact_table(), cells)
    if tables.turns:
        retired.add_facts(retractions.turns, tables.turns, tables.turn_table(), cells)
    retired.add_facts(retractions.surveys, tables.answers, tables.answer_table(), cells)
    if tables.evaluations:
        retired.add_facts(
            retractions.evaluations, tables.evaluations, tables.evaluation_table(), cells
        )
    for contact, _ in tables.contacts:
        retired.add_remembered(contact)
        if not isinstance(contact, Contact):
            continue
        for part, count in orphans.count(contact).items():
            retired.add(("orphan", part), count)
            retractions.add_counted(("orphan", part), count, 0)
