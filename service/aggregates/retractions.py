"""Differences what changed records state: what was said before is taken back, what is so now added.

The counters follow one rule more: what they have counted, they keep. A fact that changes after it
was final is right in the windows at once; for the counters its record remembers what was counted,
and the change itself is counted in `cx_revised_total`. Where the clock alone changes what was
counted, the record need remember nothing: it states that revision too, as of that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from service.aggregates.aggregator import Aggregator
from service.aggregates.cells import Cells
from service.aggregates.clock import BEFORE_ALL
from service.aggregates.entries import Entries, Statements, Table
from service.aggregates.restated import Restated, mark_moved, shown_at
from service.aggregates.tables import Owner
from service.definitions import Definitions
from service.kpis import Kpis
from service.kpis.churn import Turnover
from service.kpis.rows import Bools, Ints
from service.kpis.tables import Contacts, Evaluations, SurveyAnswers, Turns
from service.state.record import NOTHING, Counted, Extras, Remembers


class Reopenings(NamedTuple):
    """When a contact had been opened again before the batch in hand, and how often it is now."""

    before: Sequence[int]
    now: int


class Retractions:
    """All KPIs over tables of records, stated to the aggregator."""

    def __init__(
        self,
        definitions: Definitions,
        kpis: Kpis,
        cells: Cells,
        aggregator: Aggregator,
        rewrite: Callable[[Remembers], None],
        reopenings: Callable[[Remembers], Reopenings],
    ) -> None:
        self.contacts = Statements(kpis.contacts, Contacts([]))
        self.turns = Statements(kpis.turns, Turns([]))
        self.surveys = Statements(kpis.surveys, SurveyAnswers([]))
        self.evaluations = Statements(kpis.evaluations, Evaluations([]))
        self.turnover = Statements(kpis.turnover, Turnover([], Contacts([])))
        self._lateness = definitions.allowed_lateness
        self._cells = cells
        self._aggregator = aggregator
        #: To be told of each record that this changes.
        self._rewrite = rewrite
        self._reopenings = reopenings

    def restate(
        self,
        statements: Statements[Table],
        owners: Sequence[Owner],
        table: Table,
        clock: int | None,
        comes_to: int = BEFORE_ALL,
    ) -> None:
        """Restates what row i of the table states of `owners[i]` now.

        Rows beyond them tell how the last of the owners stood before: that is taken back. `clock`
        is None where records are read back, and nothing is counted for the first time; what such a
        record remembers to have been counted, :meth:`restore_remembered` counts. `comes_to` is
        where the clock goes next, for statements of which it alone can change what was counted.
        """
        entries = statements.entries(table)
        count = len(owners)
        former = entries.row >= count
        # Owner and slot: what at most one entry says now, and at most one said before.
        owner = entries.row - (table.rows - count) * former
        key = entries.slot * count + owner
        shown, counted = statements.windowed[entries.slot], statements.counted[entries.slot]
        if table.rows > count:
            _leave_out_unchanged(entries, former, key, shown, counted)
            if statements.shown_as and clock is not None:
                mark_moved(statements, entries, former, key, counted, clock)
        weight = 1 - 2 * former.astype(np.int64)
        self._show(entries, shown, weight)

        counts_from = entries.counts_from(self._lateness)
        late = counted & (counts_from <= (BEFORE_ALL if clock is None else clock))
        kept = late & former
        if statements.shown_as:
            kept &= ~statements.revising[entries.slot]
        fixed = set(key[kept].tolist())
        fixed.update(remembered(statements, owners))
        if statements.shown_as and clock is not None:
            stated = Restated(statements, owners, entries, owner, former, key, counted, counts_from)
            self._keep_moved(stated, fixed, clock, comes_to)
        if fixed:
            new = 2 * count - table.rows
            before = BEFORE_ALL if clock is None else clock
            self._keep(statements, owners, new, entries, key, fixed, counted, before)
        rows = counted.nonzero()[0]
        signs = weight[rows]
        self._aggregator.count(
            entries.cell[rows], counts_from[rows], signs, entries.total[rows] * signs
        )

    def _show(self, entries: Entries, shown: Bools, weight: Ints) -> None:
        rows = shown.nonzero()[0]
        signs = weight[rows]
        cell, at, total, since, until, _ = entries.said.take(rows, axis=1)
        self._aggregator.add(cell, at, signs, total * signs, since, until)

    # What the clock alone changes

    def _keep_moved(self, its: Restated[Table], fixed: set[int], clock: int, comes_to: int) -> None:
        """What counters have by way of the clock stays, whatever becomes of the rows.

        A fact that is first known when the clock has changed it is counted as it is by then.
        """
        known = set(its.key[its.former].tolist())
        moved = its.counts_from <= clock
        for entry in np.flatnonzero(its.counted & ~its.former).tolist():
            if its.key[entry] in fixed or its.entries.slot[entry] not in its.statements.shown_as:
                continue
            at = clock if its.key[entry] in known else comes_to
            shown = its.shown(entry, at)
            if its.counts_from[entry] <= at and its.entries.cell[shown] != its.entries.cell[entry]:
                contact, key = its.remembered_as(entry)
                name = self._cells.name(int(its.entries.cell[shown]))
                _remember(contact, key, Counted(name, 1, 0, self._reopenings(contact).now))
                its.counted[entry] = False
                self.add_counted(name, 1, 0)
                moved |= its.entries.row == its.entries.row[entry]
        self._keep_revisions(its, fixed, moved)

    def _keep_revisions(self, its: Restated[Table], fixed: set[int], moved: Bools) -> None:
        """Revisions that rows state: those of rows that go stay, those that are none are left out.

        Left out by name, and not made up for by a number: the clock that the row speaks of can be
        ahead of the one at which a successor finds the record.
        """
        revising = its.counted & its.statements.revising[its.entries.slot]
        for entry in np.flatnonzero(revising & its.former).tolist():
            contact, key = its.remembered_as(entry)
            if _forget_nothing(contact, key):
                its.counted[entry] = False
                fixed.discard(its.key[entry])
            elif moved[entry] and its.key[entry] not in fixed:
                _, fact, cause = self._cells.name(int(its.entries.cell[entry]))
                self._note_revision(contact, fact if cause == "late" else f"{fact}:{cause}")
        for entry in np.flatnonzero(revising & moved & ~its.former).tolist():
            if its.key[entry] not in fixed:
                _remember(*its.remembered_as(entry), NOTHING)
                its.counted[entry] = False

    def _note_revision(self, record: Remembers, change: str) -> None:
        """Has a record remember one more of them."""
        extras = record.need_extras()
        revised = extras.revised or {}
        extras.revised = {**revised, change: revised.get(change, 0) + 1}
        self.add_counted(revision(change), 1, 0)
        self._rewrite(record)

    # What was counted before it changed

    def _keep(
        self,
        statements: Statements[Table],
        owners: Sequence[Owner],
        new: int,
        entries: Entries,
        key: Ints,
        fixed: set[int],
        counted: Bools,
        clock: int,
    ) -> None:
        """Leaves what counters keep as it is out of what is counted; changes are revisions.

        The first `new` owners were not here before: they are new, or were read back.
        """
        concerned: dict[int, list[int]] = {}
        for entry in np.flatnonzero(counted & np.isin(key, list(fixed))).tolist():
            counted[entry] = False
            concerned.setdefault(int(key[entry]), []).append(entry)
        for number, said in concerned.items():
            slot, row = divmod(number, len(owners))
            if row >= new:
                self._revise(owners[row], statements, slot, entries, said, len(owners), clock)

    def _revise(
        self,
        owner: Owner,
        statements: Statements[Table],
        slot: int,
        entries: Entries,
        said: Sequence[int],
        owners: int,
        clock: int,
    ) -> None:
        """A fact that the counters have was changed: they keep it, its record says so."""
        contact, part = owner
        key = statements.slots[slot] + part
        extras = contact.need_extras()
        before = next((entry for entry in said if entries.row[entry] >= owners), None)
        reopenings = self._reopenings(contact)
        if before is not None and key not in (extras.counted or {}):
            cell, _, total, since, _, final = entries.said[:, before].tolist()
            counted_at = max(final + self._lateness, since)
            had = sum(at <= counted_at for at in reopenings.before)
            counted = Counted(self._cells.name(cell), 1, total, had)
            _remember(contact, key, counted)
        name = statements.names[slot]
        # Of the same cell, time and total: it only holds, or is final, at another time.
        shown = [shown_at(statements, entries, entry, clock) for entry in said]
        meanings = {tuple(entries.said[:3, entry].tolist()) for entry in shown}
        same = len(said) > 1 and len(meanings) == 1
        if name and not same:
            if reopenings.now > (extras.counted or {})[key].reopenings:
                name = f"{name}:reopened"
            self._note_revision(contact, name)
        self._rewrite(contact)

    def add_counted(self, name: tuple[str, ...], weight: int, total: int) -> None:
        """Adds directly to a counter's cell what is known to have been counted."""
        cell = self._cells.find(name)
        if cell is not None:
            self._aggregator.grow(self._cells.count)
            self._aggregator.add_counted(cell, weight, total)

    def restore_remembered(self, extras: Extras) -> None:
        """Counts what was counted of facts that have changed since, and how often they did."""
        for counted in (extras.counted or {}).values():
            self.add_counted(counted.cell, counted.weight, counted.total)
        for change, revisions in (extras.revised or {}).items():
            self.add_counted(revision(change), revisions, 0)


def revision(change: str) -> tuple[str, str, str]:
    """The cell of `cx_revised_total` for a change as records name it: `fact`, or `fact:cause`."""
    fact, _, cause = change.partition(":")
    return ("revised", fact, cause or "late")


def _remember(record: Remembers, key: str, counted: Counted) -> None:
    extras = record.need_extras()
    extras.counted = {**(extras.counted or {}), key: counted}


def _forget_nothing(record: Remembers, key: str) -> bool:
    """Whether a record remembered that nothing is counted of this; it no longer does."""
    extras = record.extras
    if extras is None or extras.counted is None or extras.counted.get(key) != NOTHING:
        return False
    extras.counted = {name: it for name, it in extras.counted.items() if name != key} or None
    return True


def _leave_out_unchanged(
    entries: Entries, former: Bools, key: Ints, shown: Bools, counted: Bools
) -> None:
    """What is said now as it was before need not be taken back only to be said again."""
    now, before = np.flatnonzero(~former), np.flatnonzero(former)
    said_now = np.full(int(key.max(initial=0)) + 1, -1)
    said_now[key[now]] = now
    partner = said_now[key[before]]
    before, partner = before[partner >= 0], partner[partner >= 0]
    equal = entries.said.take(before, axis=1) == entries.said.take(partner, axis=1)
    # Windows do not ask when a fact is final.
    for same, which in ((equal[:-1].all(axis=0), shown), (equal.all(axis=0), counted)):
        which[before[same]] = which[partner[same]] = False


def remembered(statements: Statements[Table], owners: Sequence[Owner]) -> Iterator[int]:
    """The facts of which their owners' records remember what was counted: slot x owners + row."""
    for row, (contact, part) in enumerate(owners):
        if contact.extras is not None and contact.extras.counted:
            for key in contact.extras.counted:
                slot = key.removesuffix(part) if key.endswith(part) else ""
                if slot in statements.numbers:
                    yield statements.numbers[slot] * len(owners) + row
