"""What takes effect when the clock reaches a moment: rows by when they are due."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from service.aggregates.clock import BEFORE_ALL
from service.definitions import HOUR
from service.state.place import NEVER

Rows = NDArray[np.int64]

#: So many runs are kept before the newest of them are merged: fewer merges of a row, and still
#: few places to look for what is due.
RUNS = 12
#: Rows of an hour ahead that are looked through for opposites, where there were fewer before.
PENDING = 256
#: So many additions to an hour ahead are kept apart.
PIECES = 64
#: Additions are filed by hour once some of them are due, or there are so many rows or pieces: not a
#: batch at a time, as live batches are small, and of many hours.
UNFILED_ROWS = 2_048
UNFILED_PIECES = 64


class Timers:
    """Rows of integers: the time (microseconds) each is due, further keys, and two amounts.

    Rows of the hours ahead lie by hour, in no order. Those of the hour under way are kept as a few
    sorted runs, the larger ones first; when there are too many, the newest are merged, with older
    ones as long as those are not much larger. So a row is moved a few times in all, however many
    there are, and no batch has to move more than an hour's. Rows that were taken back by their
    opposite vanish on the way, so that memory follows what is still to come.
    """

    def __init__(self, keys: int) -> None:
        self._keys = keys
        self._hour = BEFORE_ALL
        #: Rows due by the end of the hour under way.
        self._runs: list[Rows] = []
        self._ahead: dict[int, _Hour] = {}
        #: Rows that have yet to be filed, how many they are, and when the first of them is due.
        self._unfiled: list[Rows] = []
        self._unfiled_rows, self._unfiled_due = 0, NEVER

    def __len__(self) -> int:
        near: int = sum(run.shape[1] for run in self._runs)
        return near + self._unfiled_rows + sum(len(hour) for hour in self._ahead.values())

    def add(self, rows: Rows) -> None:
        """`rows` has a column of numbers for each row to keep: its keys, then its amounts."""
        if rows.shape[1] == 0:
            return
        self._unfiled.append(rows)
        self._unfiled_rows += rows.shape[1]
        self._unfiled_due = min(self._unfiled_due, int(rows[0].min()))
        if self._unfiled_rows > UNFILED_ROWS or len(self._unfiled) > UNFILED_PIECES:
            self._file()

    def _file(self) -> None:
        """Puts what was added to the others of its hour."""
        rows = _sorted(np.concatenate(self._unfiled, axis=1))
        self._unfiled.clear()
        self._unfiled_rows, self._unfiled_due = 0, NEVER
        hours = rows[0] // HOUR
        cuts = [0, *(np.flatnonzero(hours[1:] != hours[:-1]) + 1).tolist(), rows.shape[1]]
        for start, end in pairwise(cuts):
            hour, piece = int(hours[start]), rows[:, start:end]
            if hour <= self._hour:
                self._add_run(piece.copy())
            else:
                ahead = self._ahead.get(hour)
                if ahead is None:
                    ahead = self._ahead[hour] = _Hour(self._keys)
                ahead.add(piece)

    def due(self, clock: int) -> Rows:
        """Removes and returns the rows whose time is not after `clock`."""
        taken: list[Rows] = [np.empty((self._keys + 2, 0), dtype=np.int64)]
        if self._unfiled_due <= clock:
            taken.append(self._due_of_unfiled(clock))
        if clock // HOUR > self._hour:
            self._hour = clock // HOUR
            for hour in sorted(hour for hour in self._ahead if hour <= self._hour):
                self._add_run(_sorted(self._ahead.pop(hour).rows()))
        kept: list[Rows] = []
        for run in self._runs:
            if run[0, 0] > clock:
                kept.append(run)
                continue
            cut = int(run[0].searchsorted(clock, side="right"))
            taken.append(run[:, :cut])
            # A view would keep the memory of all that has left.
            rest = run[:, cut:].copy() if cut > run.shape[1] // 3 else run[:, cut:]
            if rest.shape[1]:
                kept.append(rest)
        self._runs = kept
        return np.concatenate(taken, axis=1)

    def _due_of_unfiled(self, clock: int) -> Rows:
        """Removes and returns those that are due, without filing the others."""
        rows = np.concatenate(self._unfiled, axis=1)
        later = rows[0] > clock
        rest = np.compress(later, rows, axis=1)
        self._unfiled = [rest]
        self._unfiled_rows, self._unfiled_due = rest.shape[1], int(rest[0].min(initial=NEVER))
        return np.compress(~later, rows, axis=1)

    def _add_run(self, run: Rows) -> None:
        if not run.shape[1]:
            # All that an hour had was taken back.
            return
        self._runs.append(run)
        if len(self._runs) > RUNS:
            merging = [self._runs.pop()]
            size = merging[0].shape[1]
            while self._runs and self._runs[-1].shape[1] < 2 * size:
                merging.append(self._runs.pop())
                size += merging[-1].shape[1]
            merged = _sorted(_merged(np.concatenate(merging, axis=1), self._keys))
            if merged.shape[1]:
                self._runs.append(merged)


class _Hour:
    """Rows due in an hour that is still to come."""

    __slots__ = ("_keys", "_merged", "_pending", "_pieces")

    def __init__(self, keys: int) -> None:
        self._keys = keys
        self._pieces: list[Rows] = []
        #: Rows that were looked through for opposites, and those since.
        self._merged = self._pending = 0

    def __len__(self) -> int:
        return self._merged + self._pending

    def add(self, piece: Rows) -> None:
        # A copy: a view would keep the memory of all that was added to other hours with it.
        self._pieces.append(piece.copy())
        self._pending += piece.shape[1]
        if self._pending > max(PENDING, self._merged):
            rows = _merged(self.rows(), self._keys)
            self._pieces, self._merged, self._pending = [rows], rows.shape[1], 0
        elif len(self._pieces) > PIECES:
            # Live batches are small: an array for each few rows would take more room than they do.
            first, *others = self._pieces
            self._pieces = [first, np.concatenate(others, axis=1)]

    def rows(self) -> Rows:
        return np.concatenate(self._pieces, axis=1)


def _merged(rows: Rows, keys: int) -> Rows:
    """Adds up rows of equal keys, and drops those that come to nothing; in no order."""
    # Rows of equal keys come to lie side by side; other rows with the same hash do no harm.
    rows = np.take(rows, np.argsort(_hash(rows[:keys])), axis=1)
    first = np.ones(rows.shape[1], dtype=np.bool_)
    (rows[:keys, 1:] != rows[:keys, :-1]).any(axis=0, out=first[1:])
    starts = first.nonzero()[0]
    sums = np.add.reduceat(rows[keys:], starts, axis=1)
    kept = sums.any(axis=0)
    return np.concatenate((np.take(rows[:keys], starts[kept], axis=1), sums[:, kept]))


def _hash(keys: Rows) -> Rows:
    mixed: Rows = keys[0].copy()
    for key in keys[1:]:
        mixed = mixed * np.int64(0x5851F42D4C957F2D) + key
    return mixed


def _sorted(rows: Rows) -> Rows:
    return np.take(rows, np.argsort(rows[0]), axis=1)
