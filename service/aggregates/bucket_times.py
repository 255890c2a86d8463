"""Which event times windows cover at a clock: steps for sliding ones, local periods for others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from service.calendars.local_time import (
    Ints,
    LocalTime,
    month_begins,
    months,
    week_begins,
    weeks,
)
from service.definitions import DAY, CalendarWindow, Window

#: Periods are laid out for so much longer than was asked for (microseconds), ...
LAID_OUT = 90 * DAY
#: ... and for so long beside that: longer than two of the longest periods.
BESIDE = 70 * DAY


AnyWindow = TypeVar("AnyWindow", Window, CalendarWindow)


class BucketTimes(Protocol):
    """Event time in numbered buckets, of which a window covers a run. All times microseconds."""

    #: How long each is; 1 where they are of no common length.
    step: int

    def numbers(self, times: Ints, /) -> Ints:
        """The bucket of each event time."""
        ...

    def covered(self, clock: int, /) -> tuple[int, int]:
        """The first and the last bucket that the window covers at a clock."""
        ...

    def needed_from(self, clock: int, /) -> int:
        """The first bucket that the window covers at a clock, or at any later one."""
        ...

    def enters_at(self, times: Ints, /) -> Ints:
        """The clock from which on each event time is covered."""
        ...

    def leaves_at(self, times: Ints, /) -> Ints:
        """The clock from which on it never is any more."""
        ...


class Steps:
    """Of a sliding window: floor(t/step) - length/step < floor(x/step) <= floor(t/step)."""

    def __init__(self, window: Window) -> None:
        self.step = window.step
        self._count = window.length // window.step

    def numbers(self, times: Ints) -> Ints:
        return times // self.step

    def covered(self, clock: int) -> tuple[int, int]:
        newest = clock // self.step
        return newest - self._count + 1, newest

    def needed_from(self, clock: int) -> int:
        return self.covered(clock)[0]

    def enters_at(self, times: Ints) -> Ints:
        return times // self.step * self.step

    def leaves_at(self, times: Ints) -> Ints:
        return (times // self.step + self._count) * self.step


class Periods:
    """Of a calendar window: the local day, week or month of the clock, or the day before.

    Its buckets are local days: so one can lie within another. They are laid out in advance, for
    months: what a batch costs is to look its times up.
    """

    step = 1

    def __init__(self, window: CalendarWindow) -> None:
        self._time = LocalTime(window.timezone)
        #: From local days to the numbers of their periods, and from those to their first days.
        self._number: Callable[[Ints], Ints] = np.asarray
        self._first_day: Callable[[int], int] = int
        if window.name == "this_week":
            self._number = partial(weeks, starts=window.week_starts)
            self._first_day = partial(week_begins, starts=window.week_starts)
        elif window.name == "this_month":
            self._number, self._first_day = months, month_begins
        #: How many periods the one covered lies behind the clock's.
        self._behind = int(window.name == "yesterday")
        #: The times that can be looked up: from the first, up to and without the last.
        self._first = self._last = 0
        #: Since when it was which day; of each, when its period enters and leaves the window. A day
        #: can be there twice, where clocks are put back soon after midnight.
        self._since = self._days = self._enters = self._leaves = np.zeros(0, dtype=np.int64)
        #: Since then, the earliest period that there ever is.
        self._earliest = self._since
        #: As long as the clock is between these, the window covers what it did.
        self._stays_from = self._stays_until = 0
        self._covered = (0, 0)
        self._needed_from = 0

    def numbers(self, times: Ints) -> Ints:
        where = self._where(times)
        return self._days[where]

    def covered(self, clock: int) -> tuple[int, int]:
        if not self._stays_from <= clock < self._stays_until:
            at = self._where(np.array([clock]))
            self._stays_from, self._stays_until = self._since[[at[0], at[0] + 1]].tolist()
            number = int(self._number(self._days[at])[0]) - self._behind
            self._covered = self._first_day(number), self._first_day(number + 1) - 1
            self._needed_from = self._first_day(int(self._earliest[at[0]]) - self._behind)
        return self._covered

    def needed_from(self, clock: int) -> int:
        self.covered(clock)
        return self._needed_from

    def enters_at(self, times: Ints) -> Ints:
        where = self._where(times)
        return self._enters[where]

    def leaves_at(self, times: Ints) -> Ints:
        where = self._where(times)
        return self._leaves[where]

    def _where(self, times: Ints) -> NDArray[np.intp]:
        """Where each time is laid out."""
        if len(times):
            self._reach(int(times.min()), int(times.max()))
        return np.searchsorted(self._since, times, "right") - 1

    def _reach(self, earliest: int, latest: int) -> None:
        """Has these times laid out."""
        if self._first <= earliest and latest < self._last:
            return
        if self._first == self._last:
            self._first = self._last = earliest
        self._first = min(self._first, earliest - LAID_OUT)
        self._last = max(self._last, latest + LAID_OUT)
        # Beyond both, so that the period of each time, and those after it, begin within.
        since = self._time.changes(self._first - BESIDE, self._last + BESIDE)
        days = self._time.days(since)
        other = np.diff(days, prepend=days[0] - 1) != 0
        self._since, self._days = since[other], days[other]
        numbers = self._number(self._days)
        # A period begins with the first moment at which it is that one, or a later one, and is over
        # with the first from which on it is always a later one.
        reached = np.maximum.accumulate(numbers)
        self._earliest = np.minimum.accumulate(numbers[::-1])[::-1]
        # (Of the last ones none is asked, and where they end is not laid out.)
        begins = np.append(self._since, self._last + BESIDE)
        entering = numbers + self._behind
        self._enters = begins[np.searchsorted(reached, entering)]
        self._leaves = begins[np.searchsorted(self._earliest, entering + 1)]


def bucket_times(window: Window | CalendarWindow) -> BucketTimes:
    """How a window of either kind cuts event time."""
    return Steps(window) if isinstance(window, Window) else Periods(window)


def nested(windows: Iterable[AnyWindow]) -> list[list[AnyWindow]]:
    """Windows of one kind in rows of which each lies within the next, whatever the clock reads."""
    rows: list[list[AnyWindow]] = []
    for window in sorted(windows, key=lambda window: window.length):
        row = next((row for row in rows if _lies_within(row[-1], window)), None)
        if row is None:
            rows.append([window])
        else:
            row.append(window)
    return rows


def _lies_within(window: AnyWindow, other: AnyWindow) -> bool:
    """Whether each bucket is part of one of the other's, and the other reaches as far back, and
    further ahead: a sliding one by less than its own bucket."""
    if isinstance(window, CalendarWindow):
        return _is_of_its_day(window, other)
    ahead = other.step - window.step
    return other.step % window.step == 0 and other.length - window.length >= ahead


def _is_of_its_day(window: CalendarWindow, other: CalendarWindow) -> bool:
    """Whether one is the clock's day, the other a period that this day is part of."""
    return (
        window.timezone == other.timezone
        and window.name == "today"
        and other.name in {"this_week", "this_month"}
    )


def entries_of(windows: Iterable[Window]) -> list[BucketTimes]:
    """Of sliding windows, those whose buckets do not each begin when one of another begins."""
    steps = {window.step: window for window in windows}
    return [
        Steps(window)
        for step, window in steps.items()
        if not any(other % step == 0 for other in steps.keys() - {step})
    ]


def exits_of(windows: Sequence[Window]) -> list[BucketTimes]:
    """Of sliding windows, those of which no other one holds every event time for longer."""
    return [
        Steps(window)
        for window in windows
        if not any(other.length - other.step >= window.length for other in windows)
    ]
