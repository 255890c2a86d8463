"""What the rows of a table state, as entries: one a fact, all KPIs together.

KPIs speak of whole columns, one kind of fact at a time; most rows state few of them. Here those
that are stated are put side by side, so that what is done with them is done once a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Generic, TypeVar

import numpy as np

from service.kpis.churn import Turnover
from service.kpis.facts import Kpi
from service.kpis.rows import ALWAYS, NEVER, Bools, Ints
from service.kpis.tables import Contacts, Evaluations, SurveyAnswers, Turns

Table = TypeVar("Table", Contacts, Turns, SurveyAnswers, Evaluations, Turnover)

#: What an entry says, in this order; two entries that say the same stand for the same.
SAID = ("cell", "at", "total", "since", "until", "final")


class Entries:
    """Columns of a matrix, an entry each: slot by slot, and within a slot in the order of rows."""

    def __init__(self, length: int) -> None:
        self.said: Ints = np.empty((len(SAID), length), dtype=np.int64)
        self.cell, self.at, self.total, self.since, self.until, self.final = self.said
        #: The row of the table that states it, and the number of the slot in which it does.
        self.row: Ints = np.empty(length, dtype=np.int64)
        self.slot: Ints = np.empty(length, dtype=np.int64)

    def counts_from(self, lateness: int) -> Ints:
        """From which reading of the clock on a counter has each entry: it is known and final."""
        from_then: Ints = np.maximum(self.final + lateness, self.since)
        return from_then


class Statements(Generic[Table]):
    """All KPIs that are asked of one kind of table."""

    def __init__(self, kpis: Sequence[Kpi[Table]], empty: Table) -> None:
        self._kpis: Sequence[Kpi[Table]] = kpis
        facts = [fact for kpi in kpis for fact in kpi.facts(empty)]
        self.slots = [fact.slot for fact in facts]
        self.names = [fact.name for fact in facts]
        self.numbers = {slot: number for number, slot in enumerate(self.slots)}
        #: Which slots windows show, and which counters count.
        self.windowed: Bools = np.array([fact.windowed for fact in facts], np.bool_)
        self.counted: Bools = np.array([fact.final is not None for fact in facts], np.bool_)
        #: Which slots state that a counted fact has changed, and by which others facts are shown.
        self.revising: Bools = np.array([fact.revises for fact in facts], np.bool_)
        self.shown_as = {
            number: [self.numbers[slot] for slot in fact.shown_as]
            for number, fact in enumerate(facts)
            if fact.shown_as
        }

    def entries(self, table: Table) -> Entries:
        """What the rows of this table state."""
        facts = [fact for kpi in self._kpis for fact in kpi.facts(table)]
        if not facts:
            return Entries(0)
        # All facts at once, one after the other: small batches are as dear as numpy's calls are.
        stated = np.concatenate([fact.when for fact in facts]).nonzero()[0]
        entries = Entries(len(stated))
        np.divmod(stated, table.rows, out=(entries.slot, entries.row))
        for said, columns in (
            (entries.cell, [fact.cell for fact in facts]),
            (entries.at, [fact.at for fact in facts]),
        ):
            # None is out of range; the mode spares a copy.
            np.concatenate(columns).take(stated, out=said, mode="clip")
        # Of the other things most facts say nothing.
        entries.said[2:] = _ABSENT
        ends = stated.searchsorted(np.arange(len(facts) + 1) * table.rows).tolist()
        others = (entries.total, entries.since, entries.until, entries.final)
        for fact, (start, end) in zip(facts, pairwise(ends), strict=True):
            rows = entries.row[start:end]
            for said, column in zip(
                others, (fact.total, fact.since, fact.until, fact.final), strict=True
            ):
                if column is not None:
                    said[start:end] = column[rows]
        return entries


#: What is said where a fact says nothing: of its total, and of the clock's readings.
_ABSENT = np.array([[0], [ALWAYS], [NEVER], [NEVER]])
