"""One window over event time: how many, and how much, of each cell lie in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from service.aggregates.bucket_times import BucketTimes, bucket_times
from service.aggregates.clock import BEFORE_ALL
from service.definitions import CalendarWindow, Window

Ints = NDArray[np.int64]
#: Numbers of cells, and counts within a bucket: half of the memory.
Small = NDArray[np.int32]

#: A bucket's additions are merged once there are so many pieces of them, ...
PIECES = 32
#: ... or so many rows, and more than the bucket has had cells so far.
ROWS = 512
#: Additions are put into their buckets once there are so many rows of them, or so many pieces:
#: not a batch at a time, as live batches are small, and touch many buckets.
UNSORTED_ROWS = 2_048
UNSORTED_PIECES = 64


class _Bucket:
    """What fell into one step of the window, as (cells, weights, totals), in pieces.

    After the first merge, the first piece has a row a cell. So a bucket's memory follows its cells,
    however many facts fall into it, and a fact takes part in few merges.
    """

    __slots__ = ("_pending", "pieces")

    def __init__(self) -> None:
        self.pieces: list[tuple[Small, Small, Ints]] = []
        self._pending = 0

    def add(self, cells: Ints, weights: Ints, totals: Ints) -> None:
        # Copies: a view would keep the memory of all that was added to other buckets with it.
        self.pieces.append((cells.astype(np.int32), weights.astype(np.int32), totals.copy()))
        self._pending += len(cells)
        merged = len(self.pieces[0][0])
        if len(self.pieces) > PIECES or self._pending > max(merged, ROWS):
            self.pieces = [self._merged()]
            self._pending = 0

    def _merged(self) -> tuple[Small, Small, Ints]:
        cells, where = np.unique(
            np.concatenate([piece[0] for piece in self.pieces]), return_inverse=True
        )
        weights = np.zeros(len(cells), dtype=np.int32)
        totals = np.zeros(len(cells), dtype=np.int64)
        np.add.at(weights, where, np.concatenate([piece[1] for piece in self.pieces]))
        np.add.at(totals, where, np.concatenate([piece[2] for piece in self.pieces]))
        kept = (weights != 0) | (totals != 0)
        return cells[kept], weights[kept], totals[kept]


class WindowSums:
    """How many, and how much, of each cell a window covers at the clock.

    `counts` and `totals` hold, for each cell, the sum of the weights and the sum of the values.
    All of it is integer arithmetic, so that what leaves takes away exactly what entered.
    """

    def __init__(self, window: Window | CalendarWindow) -> None:
        self.name = window.name
        self.times: BucketTimes = bucket_times(window)
        self._buckets: dict[int, _Bucket] = {}
        #: What has yet to be put into buckets: rows of their numbers, cells, weights and totals.
        self._unsorted: list[Ints] = []
        self._unsorted_rows = 0
        #: The buckets covered: the first and the last.
        self._oldest = self._newest = BEFORE_ALL
        self.counts: Ints = np.zeros(0, dtype=np.int64)
        self.totals: Ints = np.zeros(0, dtype=np.int64)

    def grow(self, cells: int) -> None:
        self.counts = np.concatenate((self.counts, np.zeros(cells - len(self.counts), np.int64)))
        self.totals = np.concatenate((self.totals, np.zeros(cells - len(self.totals), np.int64)))

    def add(self, cells: Ints, times: Ints, weights: Ints, totals: Ints) -> None:
        """Adds facts by their event times; a negative weight takes one out again."""
        if not len(cells):
            return
        buckets = self.times.numbers(times)
        rows = np.array((buckets, cells, weights, totals))
        if buckets.min() < self._oldest:
            rows = np.compress(rows[0] >= self._oldest, rows, axis=1)
        self._unsorted.append(rows)
        self._unsorted_rows += rows.shape[1]
        if buckets.max() > self._newest:
            rows = np.compress(rows[0] <= self._newest, rows, axis=1)
        self._apply(*rows[1:])
        if self._unsorted_rows > UNSORTED_ROWS or len(self._unsorted) > UNSORTED_PIECES:
            self._sort_in()

    def _sort_in(self) -> None:
        """Puts what was added into its buckets."""
        if not self._unsorted_rows:
            return
        rows = np.concatenate(self._unsorted, axis=1)
        self._unsorted.clear()
        self._unsorted_rows = 0
        order = _order(rows[0])
        buckets, cells, weights, totals = (row[order] for row in rows)
        cuts = np.flatnonzero(np.diff(buckets)) + 1
        starts = [0, *cuts.tolist()]
        ends = [*cuts.tolist(), len(buckets)]
        for start, end in zip(starts, ends, strict=True):
            piece = slice(start, end)
            number = int(buckets[start])
            bucket = self._buckets.get(number)
            if bucket is None:
                bucket = self._buckets[number] = _Bucket()
            bucket.add(cells[piece], weights[piece], totals[piece])

    def advance(self, clock: int) -> None:
        """Moves to `clock`: takes in the buckets it has reached, lets go those it has left."""
        former = self._newest
        self._oldest, self._newest = self.times.covered(clock)
        if former == self._newest:
            return
        if self._unsorted_rows:
            self._move_unsorted(former)
        left = [number for number in self._buckets if number < self._oldest]
        entered = [number for number in self._buckets if former < number <= self._newest]
        for number in left:
            pieces = self._buckets.pop(number).pieces
            if number <= former:
                for cells, weights, totals in pieces:
                    self._apply(cells, -weights.astype(np.int64), -totals)
        for number in entered:
            if number >= self._oldest:
                for cells, weights, totals in self._buckets[number].pieces:
                    self._apply(cells, weights.astype(np.int64), totals)

    def _move_unsorted(self, former: int) -> None:
        """Takes in and lets go what has no bucket yet, where `former` was the last one covered."""
        rows = np.concatenate(self._unsorted, axis=1)
        buckets = rows[0]
        stays = buckets >= self._oldest
        # 1: enters, -1: leaves.
        moves = (stays & (buckets <= self._newest)).astype(np.int64) - (buckets <= former)
        moving = moves.nonzero()[0]
        _, cells, weights, totals = np.take(rows, moving, axis=1)
        self._apply(cells, weights * moves[moving], totals * moves[moving])
        if not stays.all():
            rows = np.compress(stays, rows, axis=1)
        self._unsorted = [rows]
        self._unsorted_rows = rows.shape[1]

    def _apply(self, cells: Ints | Small, weights: Ints, totals: Ints) -> None:
        np.add.at(self.counts, cells, weights)
        np.add.at(self.totals, cells, totals)


def _order(numbers: Ints) -> NDArray[np.intp]:
    """The order in which they ascend; close to each other, as buckets of a batch are, in O(n)."""
    offsets = numbers - numbers.min()
    if offsets.max() < 1 << 16:
        # numpy sorts integers of 16 bits by radix.
        return np.argsort(offsets.astype(np.uint16), kind="stable")
    return np.argsort(offsets, kind="stable")
