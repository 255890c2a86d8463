"""The open contacts: backlog, its ages, and how it stands to its targets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from service.kpis.rows import UNKNOWN, Ints, OpenRow, columns
from service.kpis.tables import Contacts

Row = tuple[int, ...]


class OpenClass(NamedTuple):
    """Open contacts that are told apart only by their start: their time goes on since then.

    `cells` is the first cell of the block of their labels; targets are microseconds, or NEVER
    where they are not judged by it (any more). `calendar` is the number of theirs, or UNKNOWN.
    """

    cells: int
    response_target: int
    resolution_target: int
    calendar: int


class OpenContacts:
    """All open contacts: the starts of those of a class, sorted, and the others one by one."""

    def __init__(self) -> None:
        self.classes: list[OpenClass] = []
        self._numbers: dict[OpenClass, int] = {}
        self._starts: list[Ints] = []
        #: (class, start, +1 or -1) not yet sorted in: done once a snapshot, not once an event.
        self._changes: list[tuple[Ints, Ints, Ints]] = []
        self._single: Counter[Row] = Counter()
        #: The table of the single ones, a column a field of :class:`OpenRow` and their weights.
        self._table: Ints | None = None

    def number(
        self, cells: int, response_target: int, resolution_target: int, calendar: int
    ) -> int:
        """The number of a class, as `ContactRow.open_class` has it."""
        key = OpenClass(cells, response_target, resolution_target, calendar)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.classes)
            self.classes.append(key)
            self._starts.append(np.empty(0, dtype=np.int64))
        return number

    def update(self, contacts: Contacts, now: int) -> None:
        """Takes in those of a table's first `now` contacts that are open.

        The other rows tell how the last of those stood before: they are taken out.
        """
        open_now = contacts.open_class != UNKNOWN
        if contacts.rows > now:
            last = slice(2 * now - contacts.rows, now)
            stays = (contacts.open_class[last] == contacts.open_class[now:]) & (
                contacts.started_at[last] == contacts.started_at[now:]
            )
            open_now[last] &= ~stays
            open_now[now:] &= ~stays
        rows = np.flatnonzero(open_now)
        self._note(contacts, rows, np.where(rows < now, 1, -1))

    def remove(self, contacts: Contacts) -> None:
        """Takes out those that are open."""
        rows = np.flatnonzero(contacts.open_class != UNKNOWN)
        self._note(contacts, rows, np.full(len(rows), -1, np.int64))

    def restate_single(self, now: Iterable[Row], before: Iterable[Row] = ()) -> None:
        """Takes in contacts of which each has a row of its own, and takes former ones out."""
        self._single.update(now)
        self._single.subtract(before)
        self._table = None

    def _note(self, contacts: Contacts, rows: NDArray[np.intp], weights: Ints) -> None:
        if not len(rows):
            return
        self._changes.append((contacts.open_class[rows], contacts.started_at[rows], weights))
        if len(self._changes) > 256:
            self._settle()

    def starts(self) -> list[Ints]:
        """For each class, the sorted starts of its open contacts, also of those since expired."""
        self._settle()
        return self._starts

    def single(self) -> tuple[Ints, Ints]:
        """The others, also those since expired: a column a field of :class:`OpenRow`; how many."""
        if self._table is None:
            self._single = +self._single
            rows = [(*row, count) for row, count in self._single.items()]
            self._table = columns(rows, len(OpenRow._fields) + 1)
        return self._table[:-1], self._table[-1]

    def _settle(self) -> None:
        if not self._changes:
            return
        classes, starts, weights = (
            np.concatenate([change[column] for change in self._changes]) for column in range(3)
        )
        self._changes.clear()
        for number in np.unique(classes).tolist():
            of_class = classes == number
            self._starts[number] = _sorted_in(
                self._starts[number], starts[of_class], weights[of_class]
            )


def _sorted_in(kept: Ints, starts: Ints, weights: Ints) -> Ints:
    """Sorted starts with those added whose weight is 1, and without those of which it is -1."""
    values = np.concatenate((kept, starts))
    signs = np.concatenate((np.ones_like(kept), weights))
    # Nearly all of it is sorted: half the time of `np.unique`, which sorts it twice.
    order = values.argsort(kind="stable")
    values = values[order]
    first = np.ones(len(values), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=first[1:])
    distinct = first.nonzero()[0]
    sorted_in: Ints = values[distinct].repeat(np.add.reduceat(signs[order], distinct))
    return sorted_in
