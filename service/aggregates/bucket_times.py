"""Which event times windows cover at a clock: steps for sliding ones, local periods for others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Protocol

import numpy as np

from service.calendars.local_time import (
    Ints,
    LocalTime,
    month_begins,
    months,
    week_begins,
    weeks,
)
from service.definitions import CalendarWindow, Window


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

    def enters_at(self, times: Ints, /) -> Ints:
        """The clock from which on each event time is covered."""
        ...

    def leaves_at(self, times: Ints, /) -> Ints:
        """The clock from which on it no longer is."""
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

    def enters_at(self, times: Ints) -> Ints:
        return times // self.step * self.step

    def leaves_at(self, times: Ints) -> Ints:
        return (times // self.step + self._count) * self.step


class Periods:
    """Of a calendar window: the local day, week or month of the clock, or the day before."""

    step = 1

    def __init__(self, window: CalendarWindow) -> None:
        self._time = LocalTime(window.timezone)
        starts = window.week_starts
        #: From local days to the numbers of their periods, and from such a number to its first day.
        self._number: Callable[[Ints], Ints] = np.asarray
        self._first_day: Callable[[int], int] = int
        if window.name == "this_week":
            self._number = partial(weeks, starts=starts)
            self._first_day = partial(week_begins, starts=starts)
        elif window.name == "this_month":
            self._number, self._first_day = months, month_begins
        #: How many periods the one covered lies behind the clock's.
        self._behind = int(window.name == "yesterday")

    def numbers(self, times: Ints) -> Ints:
        return self._number(self._time.days(times))

    def covered(self, clock: int) -> tuple[int, int]:
        number = int(self.numbers(np.array([clock]))[0]) - self._behind
        return number, number

    def enters_at(self, times: Ints) -> Ints:
        return self._begins(self.numbers(times) + self._behind)

    def leaves_at(self, times: Ints) -> Ints:
        return self._begins(self.numbers(times) + self._behind + 1)

    def _begins(self, numbers: Ints) -> Ints:
        distinct, where = np.unique(numbers, return_inverse=True)
        begins = [self._time.begin(self._first_day(number)) for number in distinct.tolist()]
        return np.array(begins, dtype=np.int64)[where]


def bucket_times(window: Window | CalendarWindow) -> BucketTimes:
    """How a window of either kind cuts event time."""
    return Steps(window) if isinstance(window, Window) else Periods(window)


def nested(windows: Iterable[Window]) -> list[list[Window]]:
    """Sliding windows in rows of which each lies within the next, whatever the clock reads."""
    rows: list[list[Window]] = []
    for window in sorted(windows, key=lambda window: window.length):
        row = next((row for row in rows if _lies_within(row[-1], window)), None)
        if row is None:
            rows.append([window])
        else:
            row.append(window)
    return rows


def _lies_within(window: Window, other: Window) -> bool:
    """Whether each bucket is part of one of the other's, and the other reaches as far back.

    It reaches further ahead, by less than its own bucket.
    """
    ahead = other.step - window.step
    return other.step % window.step == 0 and other.length - window.length >= ahead


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
