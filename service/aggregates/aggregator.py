"""Facts added up: what windows and counters say, kept up to date as facts come, go and ripen."""

from __future__ import annotations

from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from service.aggregates.bucket_times import bucket_times, entries_of, exits_of, nested
from service.aggregates.clock import BEFORE_ALL
from service.aggregates.timers import Timers
from service.aggregates.window_sums import WindowSums
from service.definitions import Definitions
from service.kpis.rows import NEVER, Bools, Ints

#: Integers, as Python's own (of dtype object) where one of them does not fit into 64 bits.
Values = NDArray[Any]

#: Totals of counters are kept as their lowest bits and the rest.
BITS = 32
LOW = (1 << BITS) - 1


class Windows(NamedTuple):
    """How many facts windows cover, and how much: a row a window of the definitions, by cell."""

    counts: Ints
    #: What looks negative has outgrown 63 bits.
    totals: Ints


class Aggregator:
    """Sums over facts, at a clock.

    Facts are only ever added; taking one back is adding it with the opposite weight, at the same
    times. All sums are of integers, so nothing remains of a fact that was taken back.
    """

    def __init__(self, definitions: Definitions) -> None:
        calendar_windows = definitions.calendar_windows
        self._windows = [
            *map(WindowSums, nested(definitions.windows)),
            *map(WindowSums, nested(calendar_windows)),
        ]
        of_calendars = [bucket_times(window) for window in calendar_windows]
        names = [name for windows in self._windows for name in windows.names]
        #: Which of them each window is, in the order of the definitions.
        self._order = [names.index(window.name) for window in definitions.all_windows]
        #: Of those by which a fact ahead of the clock can enter first, and leave last.
        self._entries = entries_of(definitions.windows) + of_calendars
        self._exits = exits_of(definitions.windows) + of_calendars
        #: (due, cell, event time, weight, total) of facts that hold only later.
        self._later = Timers(keys=3)
        #: (due, cell, weight, total) of facts that become final only later.
        self._finals = Timers(keys=2)
        self._clock = BEFORE_ALL
        self._new_rows: list[Ints] = []
        self._new_finals: list[Ints] = []
        #: What holds, and what is final, at the clock, and was not added up yet.
        self._entering: list[Ints] = []
        self._counting: list[Ints] = []
        self.counts: Ints = np.zeros(0, dtype=np.int64)
        #: What is added up for ever outgrows 64 bits: the time of long contacts within a few years.
        #: These are the lowest 32 bits of the totals, and the rest.
        self._lows: Ints = np.zeros(0, dtype=np.int64)
        self._highs: Ints = np.zeros(0, dtype=np.int64)
        #: Cells that have ever had a fact that held, and those that a counter may come to count:
        #: its series is there before, so that its first increase is seen as one.
        self.seen: Bools = np.zeros(0, dtype=np.bool_)
        self.known: Bools = np.zeros(0, dtype=np.bool_)

    def grow(self, cells: int) -> None:
        """Makes room for cells up to this number."""
        more = cells - len(self.counts)
        if more <= 0:
            return
        # A half more than needed: blocks come one by one.
        more += len(self.counts) // 2
        self.counts = np.concatenate((self.counts, np.zeros(more, np.int64)))
        self._lows = np.concatenate((self._lows, np.zeros(more, np.int64)))
        self._highs = np.concatenate((self._highs, np.zeros(more, np.int64)))
        self.seen = np.concatenate((self.seen, np.zeros(more, np.bool_)))
        self.known = np.concatenate((self.known, np.zeros(more, np.bool_)))
        for windows in self._windows:
            windows.grow(len(self.counts))

    def add(
        self,
        cell: Ints,
        at: Ints,
        weight: Ints,
        total: Ints,
        since: Ints,
        until: Ints,
    ) -> None:
        """Adds facts (weight 1) to the windows, or takes them back (weight -1, total negated)."""
        self._new_rows.append(np.array((since, cell, at, weight, total, until)))

    def count(self, cell: Ints, final: Ints, weight: Ints, total: Ints) -> None:
        """Adds facts to the counters once the clock reaches `final` (the lateness included)."""
        self.known[cell] = True
        self._new_finals.append(np.array((final, cell, weight, total)))

    def settle(self) -> None:
        """Brings the sums up to date with all that was added: once a batch, not once a fact."""
        if self._new_rows:
            self._schedule(_joined(self._new_rows))
        if self._new_finals:
            finals = _joined(self._new_finals)
            now = finals[0] <= self._clock
            self._counting.append(_only(finals, now))
            self._finals.add(_only(finals, ~now))
        if self._entering:
            self._enter(_joined(self._entering))
        if self._counting:
            self._count(_joined(self._counting))

    def _schedule(self, rows: Ints) -> None:
        """Lets facts that hold at the clock enter the windows, and keeps the others for later."""
        since, _, at, _, _, until = rows
        # A fact ahead of every window's current step waits until the first has come to its own,
        # which begins by the fact's time (there is a sliding window): only of those that hold
        # before their time has come it is asked when.
        ahead = (at > np.maximum(since, self._clock)).nonzero()[0]
        if len(ahead):
            first, *others = (times.enters_at(at[ahead]) for times in self._entries)
            since[ahead] = np.maximum(reduce(np.minimum, others, first), since[ahead])
        held = until > self._clock
        ends = held & (until != NEVER)
        end = _only(rows[:5], ends)
        end[0] = np.maximum(end[0], until[ends])
        end[3:] *= -1
        rows, now = rows[:5], rows[0] <= self._clock
        self._entering.append(_only(rows, held & now))
        # None of those that end has done so by now.
        later = np.concatenate((_only(rows, held & ~now), end), axis=1)
        self._later.add(self._worth_waiting_for(later))

    def advance(self, clock: int) -> None:
        """Moves to `clock`; what is due by then is settled afterwards, with what was added."""
        self._clock = clock
        for windows in self._windows:
            windows.advance(clock)
        self._entering.append(self._later.due(clock))
        self._counting.append(self._finals.due(clock))

    def _enter(self, rows: Ints) -> None:
        if not rows.shape[1]:
            return
        _, cell, at, weight, total = rows
        self.seen[cell] = True
        for windows in self._windows:
            windows.add(cell, at, weight, total)

    def _count(self, rows: Ints) -> None:
        _, cell, weight, total = rows
        self.seen[cell] = True
        np.add.at(self.counts, cell, weight)
        np.add.at(self._lows, cell, total & LOW)
        np.add.at(self._highs, cell, total >> BITS)
        self._carry(cell)

    def add_counted(self, cell: int, weight: int, total: int) -> None:
        """Adds to a counter at once; `total` may be larger than 64 bits."""
        self.seen[cell] = self.known[cell] = True
        self.counts[cell] += weight
        self._lows[cell] += total & LOW
        self._highs[cell] += total >> BITS
        self._carry(np.array([cell]))

    def _carry(self, cell: Ints) -> None:
        # A cell that is named twice gets the same value twice.
        lows = self._lows[cell]
        self._highs[cell] += lows >> BITS
        self._lows[cell] = lows & LOW

    def windows(self) -> Windows:
        """What windows cover at the clock."""
        counts = np.concatenate([windows.counts() for windows in self._windows])
        totals = np.concatenate([windows.totals() for windows in self._windows])
        return Windows(counts[self._order], totals[self._order])

    def totals(self, cells: Ints) -> Values:
        """What counters hold of these cells, added up along the last axis.

        Python's own integers where one of them is too large for 64 bits.
        """
        lows, highs = self._lows[cells].sum(axis=-1), self._highs[cells].sum(axis=-1)
        if (np.abs(highs) < 1 << 62 - BITS).all():
            exact: Ints = (highs << BITS) + lows
            return exact
        own: Values = highs.astype(np.object_) * (1 << BITS) + lows.astype(np.object_)
        return own

    def _worth_waiting_for(self, rows: Ints) -> Ints:
        """Without those that no window would show any more when they are due."""
        due, _, at = rows[:3]
        longest, *others = self._exits
        shown = due < longest.leaves_at(at)
        for times in others:
            # Hardly any: the longest sliding one shows nearly all of them.
            asked = (~shown).nonzero()[0]
            if len(asked):
                shown[asked] = due[asked] < times.leaves_at(at[asked])
        return _only(rows, shown)


def _joined(pieces: list[Ints]) -> Ints:
    """These pieces side by side; there are none afterwards."""
    rows = pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=1)
    pieces.clear()
    return rows


def _only(rows: Ints, which: Bools) -> Ints:
    """The columns for which it holds; a quarter of the time that `rows[:, which]` takes."""
    return np.compress(which, rows, axis=1)
