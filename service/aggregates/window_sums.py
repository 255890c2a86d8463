"""Windows over event time: how many, and how much, of each cell lie in them.

Windows of which each lies within the next share what they are made of: a fact is kept, and added
up, in the *ring* of the smallest window that covers it. As the clock goes, facts move from ring to
ring, and their buckets, merged, become part of the larger buckets of the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from service.aggregates.bucket_times import BucketTimes, bucket_times
from service.aggregates.clock import BEFORE_ALL
from service.definitions import CalendarWindow, Window

Ints = NDArray[np.int64]
#: Numbers of cells, and counts within a bucket: half of the memory.
Small = NDArray[np.int32]
Piece = tuple[Small, Small, Ints]

#: A bucket's additions are merged once there are so many pieces of them, ...
PIECES = 32
#: ... or so many rows, and more than the bucket has had cells so far.
ROWS = 512
#: Additions are put into their buckets once there are so many rows of them, or so many pieces:
#: not a batch at a time, as live batches are small, and touch many buckets.
UNSORTED_ROWS = 2_048
UNSORTED_PIECES = 64
_LARGEST = np.iinfo(np.int32).max


class _Bucket:
    """What fell into one step of a window, as (cells, weights, totals), in pieces.

    After the first merge, the first piece has a row a cell. So a bucket's memory follows its cells,
    however many facts fall into it, and a fact takes part in few merges.
    """

    __slots__ = ("_pending", "_pieces")

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._pending = 0

    def add(self, piece: Piece) -> None:
        self._pieces.append(piece)
        self._pending += len(piece[0])
        merged = len(self._pieces[0][0])
        if len(self._pieces) > PIECES or self._pending > max(merged, ROWS):
            self._pieces = [self._merged()]
            self._pending = 0

    def whole(self) -> Piece:
        """All of it as one piece."""
        if len(self._pieces) == 1:
            return self._pieces[0]
        cells, weights, totals = map(np.concatenate, zip(*self._pieces, strict=True))
        return cells, weights, totals

    def _merged(self) -> Piece:
        """A row a cell; none of cells that come to nothing."""
        cells, weights, totals = self.whole()
        order = _order(cells)
        cells = cells[order]
        first = np.ones(len(cells), dtype=np.bool_)
        np.not_equal(cells[1:], cells[:-1], out=first[1:])
        starts = first.nonzero()[0]
        weights = np.add.reduceat(weights[order], starts, dtype=np.int32)
        totals = np.add.reduceat(totals[order], starts)
        kept = (weights != 0) | (totals != 0)
        return cells[starts[kept]], weights[kept], totals[kept]


class WindowSums:
    """How many, and how much, of each cell windows cover at the clock.

    Each of the windows lies within the next. All of it is integer arithmetic, so that what leaves
    takes away exactly what entered.
    """

    def __init__(self, windows: Sequence[Window | CalendarWindow]) -> None:
        self.names = [window.name for window in windows]
        self._times: list[BucketTimes] = [bucket_times(window) for window in windows]
        # Buckets are numbered as the smallest window's are, by the first one that they are made of.
        sizes = [it.step // self._times[0].step for it in self._times]
        self._sizes = sizes
        #: The first and the last bucket that the smallest window covers.
        self._smallest = (BEFORE_ALL, BEFORE_ALL)
        #: From where on buckets are kept, where the rings begin, the oldest first, and, beyond the
        #: smallest window, where they end. What is kept before the rings is of a local day that
        #: clocks, put back soon after midnight, come to once more.
        self._bounds = np.full(2 * len(sizes) + 1, BEFORE_ALL)
        # By the place between these bounds: the ring, the last number standing for none, and how
        # large the buckets are. Ahead of the smallest window they are as they will be in it.
        none = len(sizes)
        self._rings: Ints = np.array([none, none, *reversed(range(none)), *range(1, none), none])
        self._sizes_at: Ints = np.array([1, sizes[-1], *reversed(sizes), *[1] * none])
        self._buckets: dict[int, _Bucket] = {}
        #: What has yet to be put into buckets: rows of their numbers, cells, weights and totals.
        self._unsorted: list[Ints] = []
        self._unsorted_rows = 0
        #: Of each ring, and of none, the sum of the weights and of the values of each cell.
        self._counts: Ints = np.zeros((none + 1, 0), dtype=np.int64)
        self._totals: Ints = np.zeros((none + 1, 0), dtype=np.int64)

    def __len__(self) -> int:
        return len(self._buckets)

    def counts(self) -> Ints:
        """How many facts each of the windows covers of each cell."""
        counts: Ints = self._counts[:-1].cumsum(axis=0)
        return counts

    def totals(self) -> Ints:
        """The sum of their values."""
        totals: Ints = self._totals[:-1].cumsum(axis=0)
        return totals

    def grow(self, cells: int) -> None:
        """Makes room for cells up to this number."""
        more = ((0, 0), (0, cells - self._counts.shape[1]))
        self._counts, self._totals = np.pad(self._counts, more), np.pad(self._totals, more)

    def add(self, cells: Ints, times: Ints, weights: Ints, totals: Ints) -> None:
        """Adds facts by their event times; a negative weight takes one out again."""
        if not len(cells):
            return
        # Not what is added now: in a backlog it will have passed most rings by the next time.
        if self._unsorted_rows > UNSORTED_ROWS or len(self._unsorted) > UNSORTED_PIECES:
            self._sort_in()
        rows = np.array((self._times[0].numbers(times), cells, weights, totals))
        self._unsorted.append(rows)
        self._unsorted_rows += rows.shape[1]
        self._apply(self._rings[self._places(rows[0])], *rows[1:])

    def advance(self, clock: int) -> None:
        """Moves to `clock`: facts change their rings, and those that no window covers leave."""
        smallest = self._times[0].covered(clock)
        if smallest == self._smallest:
            # The others move when it does, at most.
            return
        self._smallest = smallest
        former, self._bounds = self._bounds, self._bounds_at(clock)
        if self._unsorted_rows:
            self._move_unsorted(former)
        if self._buckets:
            self._move_buckets(former)

    def _bounds_at(self, clock: int) -> Ints:
        begins, ends = [], []
        for times, size in zip(self._times, self._sizes, strict=True):
            oldest, newest = times.covered(clock)
            begins.append(oldest * size)
            ends.append((newest + 1) * size)
        kept = self._times[-1].needed_from(clock) * self._sizes[-1]
        return np.array([kept, *begins[::-1], *ends])

    def _places(self, buckets: Ints) -> NDArray[np.intp]:
        """Where buckets lie between the bounds; 0: no window will cover them any more."""
        return self._bounds.searchsorted(buckets, side="right")

    def _move_unsorted(self, former: Ints) -> None:
        """Moves what has no bucket yet."""
        rows = np.concatenate(self._unsorted, axis=1)
        places = self._places(rows[0])
        was = self._rings[former.searchsorted(rows[0], side="right")]
        now = self._rings[places]
        moved = (was != now).nonzero()[0]
        if len(moved):
            _, cells, weights, totals = np.take(rows, moved, axis=1)
            self._move(was[moved], now[moved], cells, weights, totals)
        if not places.all():
            rows = np.compress(places > 0, rows, axis=1)
        self._unsorted = [rows]
        self._unsorted_rows = rows.shape[1]

    def _move_buckets(self, former: Ints) -> None:
        numbers = np.fromiter(self._buckets, np.int64, len(self._buckets))
        places, before = self._places(numbers), former.searchsorted(numbers, side="right")
        moved = (places != before).nonzero()[0]
        if not len(moved):
            return
        # All of them are taken out first: a bucket of the next ring can have the same number.
        pieces = [self._buckets.pop(number).whole() for number in numbers[moved].tolist()]
        lengths = [len(cells) for cells, _, _ in pieces]
        was, now = (self._rings[at[moved]].repeat(lengths) for at in (before, places))
        self._move(was, now, *map(np.concatenate, zip(*pieces, strict=True)))
        sizes = self._sizes_at[places]
        for nth, piece in zip(moved.tolist(), pieces, strict=True):
            if places[nth]:
                self._bucket(int(numbers[nth] // sizes[nth] * sizes[nth])).add(piece)

    def _sort_in(self) -> None:
        """Puts most of what was added into its buckets: the oldest, which move on least."""
        rows = np.concatenate(self._unsorted, axis=1)
        places = self._places(rows[0])
        later = len(places) - np.bincount(places, minlength=len(self._rings)).cumsum()
        last = int((later <= UNSORTED_ROWS // 2).argmax())
        stays = places > last
        self._unsorted = [np.compress(stays, rows, axis=1)]
        self._unsorted_rows = self._unsorted[0].shape[1]
        # None that no window covers any more.
        sorts = ~stays & (places > 0)
        rows, sizes = np.compress(sorts, rows, axis=1), self._sizes_at[places[sorts]]
        numbers = rows[0] // sizes * sizes
        order = _order(numbers)
        numbers, rows = numbers[order], np.take(rows[1:], order, axis=1)
        cuts = (numbers[1:] != numbers[:-1]).nonzero()[0] + 1
        for start, end in pairwise([0, *cuts.tolist(), len(numbers)]):
            if start < end:
                # Copies: a view would keep the memory of all that was added to other buckets too.
                cells, weights = rows[:2, start:end].astype(np.int32)
                self._bucket(int(numbers[start])).add((cells, weights, rows[2, start:end].copy()))

    def _bucket(self, number: int) -> _Bucket:
        bucket = self._buckets.get(number)
        if bucket is None:
            bucket = self._buckets[number] = _Bucket()
        return bucket

    def _move(
        self,
        was: Ints,
        now: Ints,
        cells: Ints | Small,
        weights: Ints | Small,
        totals: Ints,
    ) -> None:
        weights = weights.astype(np.int64)
        self._apply(was, cells, -weights, -totals)
        self._apply(now, cells, weights, totals)

    def _apply(self, rings: Ints, cells: Ints | Small, weights: Ints, totals: Ints) -> None:
        where = rings * self._counts.shape[1] + cells
        np.add.at(self._counts.reshape(-1), where, weights)
        np.add.at(self._totals.reshape(-1), where, totals)


def _order(numbers: Ints | Small) -> NDArray[np.intp]:
    """The order in which they ascend; close to each other, as buckets of a batch are, in O(n)."""
    offsets = numbers - numbers.min(initial=_LARGEST)
    if offsets.max(initial=0) < 1 << 16:
        # numpy sorts integers of 16 bits by radix.
        return np.argsort(offsets.astype(np.uint16), kind="stable")
    return np.argsort(offsets, kind="stable")
