"""What a batch states of facts that the clock alone can change once they are counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, NamedTuple

import numpy as np

from service.aggregates.entries import Entries, Statements, Table
from service.aggregates.tables import Owner
from service.kpis.rows import Bools, Ints


class Restated(NamedTuple, Generic[Table]):
    """What a batch states: of each entry its owner, whether it is taken back, and its fact."""

    statements: Statements[Table]
    owners: Sequence[Owner]
    entries: Entries
    owner: Ints
    former: Bools
    key: Ints
    #: What is left to be counted, and from when on.
    counted: Bools
    counts_from: Ints

    def remembered_as(self, entry: int) -> Owner:
        """The record that an entry is of, and by which name that remembers the entry's fact."""
        record, part = self.owners[int(self.owner[entry])]
        return record, self.statements.slots[self.entries.slot[entry]] + part

    def shown(self, entry: int, clock: int) -> int:
        return shown_at(self.statements, self.entries, entry, clock)


def shown_at(statements: Statements[Table], entries: Entries, entry: int, clock: int) -> int:
    """The entry as which windows show the fact of this one at a clock."""
    slots = statements.shown_as.get(int(entries.slot[entry]))
    if slots is None:
        return entry
    holds = (entries.since <= clock) & (clock < entries.until)
    its = holds & (entries.row == entries.row[entry]) & np.isin(entries.slot, slots)
    return int(np.flatnonzero(its)[0])


def mark_moved(
    statements: Statements[Table],
    entries: Entries,
    former: Bools,
    key: Ints,
    counted: Bools,
    clock: int,
) -> None:
    """Has those be told that are said as before, but shown as another one at the clock."""
    facts = np.isin(entries.slot, list(statements.shown_as)) & ~counted
    now = {int(key[entry]): entry for entry in np.flatnonzero(facts & ~former).tolist()}
    for before in np.flatnonzero(facts & former).tolist():
        entry = now.get(int(key[before]))
        if entry is not None:
            shown = (shown_at(statements, entries, it, clock) for it in (before, entry))
            was, its = (entries.cell[it] for it in shown)
            counted[[before, entry]] = was != its
