"""Booking the facts of changed records: what was said before is taken back, what is so now added.

The counters follow one rule more: what they have counted, they keep. A fact that changes after it
was final is right in the windows at once; for the counters its record remembers what was counted,
and the change itself is counted in `cx_revised_total`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from service.contacts.record import Contact, Counted
from service.definitions import Definitions
from service.engine.cells import Cells
from service.engine.fold import Fold
from service.kpis.facts import (
    Bools,
    ContactKpi,
    Contacts,
    Fact,
    Ints,
    SurveyAnswers,
    SurveyKpi,
)

#: The facts that counters have, as `cx_revised_total` names them.
REVISABLE = (
    "contacts_started",
    "contacts_closed",
    "first_response",
    "resolution",
    "fcr",
    "repeat",
    "sla",
    "survey",
)


#: Those of them that depend on the contacts beside a contact.
AMONG_NEIGHBOURS = ("fcr", "repeat")


class Ledger:
    """All KPIs over tables of records, booked into a fold."""

    def __init__(
        self,
        definitions: Definitions,
        contact_kpis: Sequence[ContactKpi],
        survey_kpis: Sequence[SurveyKpi],
        cells: Cells,
        fold: Fold,
        rewrite: Callable[[Contact], None],
        entangle: Callable[[Contact], None],
    ) -> None:
        self._contact_kpis = contact_kpis
        self._survey_kpis = survey_kpis
        self._lateness = definitions.allowed_lateness
        self._cells = cells
        self._fold = fold
        #: To be told of each contact whose record this changes.
        self._rewrite = rewrite
        #: To be told of each contact that is counted at once for what it is beside its neighbours.
        self._entangle = entangle

    def contact_facts(self, table: Contacts) -> Iterator[Fact]:
        for kpi in self._contact_kpis:
            yield from kpi.facts(table)

    def survey_facts(self, table: SurveyAnswers) -> Iterator[Fact]:
        for kpi in self._survey_kpis:
            yield from kpi.facts(table)

    def change_contacts(
        self, owners: Sequence[Contact], before: Contacts, after: Contacts, clock: int
    ) -> None:
        """Books the change of each `owners[i]` from row i of `before` to row i of `after`."""
        remembering = _remembering(owners)
        for old, new in zip(self.contact_facts(before), self.contact_facts(after), strict=True):
            self._change(owners, remembering, old, new, clock)

    def change_surveys(
        self, owners: Sequence[Contact], before: SurveyAnswers, after: SurveyAnswers, clock: int
    ) -> None:
        remembering = _remembering(owners)
        for old, new in zip(self.survey_facts(before), self.survey_facts(after), strict=True):
            self._change(owners, remembering, old, new, clock)

    def _change(
        self,
        owners: Sequence[Contact],
        remembering: Sequence[int],
        old: Fact,
        new: Fact,
        clock: int,
    ) -> None:
        either = old.when | new.when
        if not either.any():
            return
        same = (
            old.when
            & new.when
            & (old.cell == new.cell)
            & (old.at == new.at)
            & _equal(old.total, new.total)
        )
        holds_as_long = _equal(old.since, new.since) & _equal(old.until, new.until)
        if new.windowed:
            moved = either & ~(same & holds_as_long)
            self._window(old, old.when & moved, -1)
            self._window(new, new.when & moved, 1)
        if old.final is None or new.final is None:
            return
        moved = either & ~(same & holds_as_long & (old.final == new.final))
        if not moved.any():
            return
        counted = moved & old.when & (self._counts_from(old, old.final) <= clock)
        remembered = [row for row in remembering if _remembers(owners[row], old.slot)]
        for row in {*np.flatnonzero(counted).tolist(), *remembered}:
            if moved[row]:
                moved[row] = False
                self._revise(owners[row], old, row, bool(same[row]))
        self._count(old, old.when & moved, -1)
        self._count(new, new.when & moved, 1)
        self._tell_late(owners, new, new.when & moved, clock)

    def _window(self, fact: Fact, rows: Bools, weight: int) -> None:
        if not rows.any():
            return
        self._fold.add(
            fact.cell[rows],
            fact.at[rows],
            weight,
            _some(fact.total, rows),
            _some(fact.since, rows),
            _some(fact.until, rows),
        )

    def _count(self, fact: Fact, rows: Bools, weight: int) -> None:
        if fact.final is None or not rows.any():
            return
        moment = self._counts_from(fact, fact.final)[rows]
        self._fold.count(fact.cell[rows], moment, weight, _some(fact.total, rows))

    def _tell_late(self, owners: Sequence[Contact], fact: Fact, rows: Bools, clock: int) -> None:
        if fact.final is None or fact.name not in AMONG_NEIGHBOURS:
            return
        for row in np.flatnonzero(rows & (self._counts_from(fact, fact.final) <= clock)).tolist():
            self._entangle(owners[row])

    def _counts_from(self, fact: Fact, final: Ints) -> Ints:
        """The clock from which counters have the fact: final, and not before it holds at all."""
        counts_from = final + self._lateness
        return counts_from if fact.since is None else np.maximum(counts_from, fact.since)

    # What was counted before it changed

    def _revise(self, contact: Contact, old: Fact, row: int, same: bool) -> None:
        """A fact that the counters have was changed: they keep it, its record says so."""
        extras = contact.need_extras()
        if not _remembers(contact, old.slot):
            counted = Counted(
                self._cells.name(int(old.cell[row])),
                1,
                0 if old.total is None else int(old.total[row]),
            )
            extras.counted = {**(extras.counted or {}), old.slot: counted}
        if not same and old.name:
            extras.revised = {
                **(extras.revised or {}),
                old.name: (extras.revised or {}).get(old.name, 0) + 1,
            }
            self.add_counted(("revised", old.name), 1, 0)
        self._rewrite(contact)
        if old.name in AMONG_NEIGHBOURS:
            self._entangle(contact)

    def add_counted(self, name: tuple[str, ...], weight: int, total: int) -> None:
        """Adds directly to a counter's cell what is known to have been counted."""
        cell = self._cells.find(name)
        if cell is not None:
            self._fold.grow(self._cells.count)
            self._fold.counts[cell] += weight
            self._fold.totals[cell] += total
            self._fold.seen[cell] = True

    # Records read back

    def add(self, owners: Sequence[Contact], facts: Iterator[Fact], clock: int | None) -> None:
        """Books the facts of records that are new here, but for the counters those that a record
        remembers: what it remembers, :meth:`restore_remembered` counts.

        `clock` is None where records are read back, and nothing is counted for the first time.
        """
        remembering = _remembering(owners)
        for fact in facts:
            if fact.windowed:
                self._window(fact, fact.when, 1)
            if fact.final is None:
                continue
            fresh = fact.when.copy()
            for row in remembering:
                if _remembers(owners[row], fact.slot):
                    fresh[row] = False
            self._count(fact, fresh, 1)
            if clock is not None:
                self._tell_late(owners, fact, fresh, clock)

    def restore_remembered(self, contact: Contact) -> None:
        """Counts what was counted of facts that have changed since, and how often they did."""
        extras = contact.extras
        if extras is None:
            return
        for counted in (extras.counted or {}).values():
            self.add_counted(counted.cell, counted.weight, counted.total)
        for fact, revisions in (extras.revised or {}).items():
            self.add_counted(("revised", fact), revisions, 0)


def _equal(left: Ints | None, right: Ints | None) -> Bools | bool:
    return True if left is None or right is None else left == right


def _some(column: Ints | None, rows: Bools) -> Ints | None:
    return None if column is None else column[rows]


def _remembering(owners: Sequence[Contact]) -> list[int]:
    """The rows whose records remember what was counted of some fact."""
    return [
        row
        for row, contact in enumerate(owners)
        if contact.extras is not None and contact.extras.counted
    ]


def _remembers(contact: Contact, slot: str) -> bool:
    extras = contact.extras
    return extras is not None and extras.counted is not None and slot in extras.counted
