"""What takes effect when the clock reaches a moment: rows sorted by when they are due."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]

#: So many runs are kept before the newest of them are merged: fewer merges of a row, and still
#: few places to look for what is due.
RUNS = 12
#: Rows of a run that is not merged any more: merging it would hold up a batch for too long.
LARGEST_RUN = 250_000


class Calendar:
    """Rows of integers: the time (microseconds) each is due, further keys, and two amounts.

    Rows are kept as a few sorted runs, the larger ones first; when there are too many, the newest
    are merged, with older ones as long as those are not much larger. So adding costs O(log n) a
    row, all of it in numpy, and nothing at all is done for a row between its adding and its hour.
    Rows that were taken back by their opposite vanish when
    runs merge, so that memory follows what is still to come.
    """

    def __init__(self, keys: int) -> None:
        self._keys = keys
        self._runs: list[Rows] = []

    def __len__(self) -> int:
        return sum(run.shape[1] for run in self._runs)

    def add(self, rows: Rows) -> None:
        """`rows` has a column of numbers for each row to keep: its keys, then its amounts."""
        if rows.shape[1] == 0:
            return
        self._runs.append(_sorted(rows))
        if len(self._runs) > RUNS:
            merging = [self._runs.pop()]
            size = merging[0].shape[1]
            while self._runs and self._runs[-1].shape[1] < min(2 * size, LARGEST_RUN):
                merging.append(self._runs.pop())
                size += merging[-1].shape[1]
            merged = self._merge(np.concatenate(merging[::-1], axis=1))
            if merged.shape[1]:
                self._runs.append(merged)

    def due(self, clock: int) -> Rows:
        """Removes and returns the rows whose time is not after `clock`."""
        taken: list[Rows] = [np.empty((self._keys + 2, 0), dtype=np.int64)]
        kept: list[Rows] = []
        for run in self._runs:
            cut = int(np.searchsorted(run[0], clock, side="right"))
            if cut:
                taken.append(run[:, :cut])
                # A view would keep the memory of all that has left.
                rest = run[:, cut:].copy() if cut > run.shape[1] // 3 else run[:, cut:]
                if rest.shape[1]:
                    kept.append(rest)
            else:
                kept.append(run)
        self._runs = kept
        return np.concatenate(taken, axis=1)

    def _merge(self, rows: Rows) -> Rows:
        """Sorts by time and adds up rows of equal keys; those that come to nothing are dropped."""
        rows = _sorted(rows)
        equal = rows[0, 1:] == rows[0, :-1]
        if not equal.any():
            return rows
        crowded = np.zeros(rows.shape[1], dtype=np.bool_)
        crowded[1:] |= equal
        crowded[:-1] |= equal
        where = np.flatnonzero(crowded)
        # Rows of equal keys come to lie side by side; other rows with the same hash do no harm.
        where = where[np.argsort(_hash(rows[: self._keys, where]), kind="stable")]
        keys, amounts = rows[: self._keys, where], rows[self._keys :, where]
        first = np.ones(len(where), dtype=np.bool_)
        first[1:] = (keys[:, 1:] != keys[:, :-1]).any(axis=0)
        starts = np.flatnonzero(first)
        sums = np.add.reduceat(amounts, starts, axis=1)
        rows[self._keys :, where[starts]] = sums
        kept = ~crowded
        kept[where[starts]] = (sums != 0).any(axis=0)
        return rows[:, kept]


def _hash(keys: Rows) -> Rows:
    mixed: Rows = keys[0].copy()
    for key in keys[1:]:
        mixed = mixed * np.int64(0x5851F42D4C957F2D) + key
    return mixed


def _sorted(rows: Rows) -> Rows:
    # A stable sort finds runs that are sorted and merges them in linear time.
    return np.take(rows, np.argsort(rows[0], kind="stable"), axis=1)
