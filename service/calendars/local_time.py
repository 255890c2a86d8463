"""Local days, weeks and months: which one a moment is in, and when each begins.

A local day begins at the first moment of its date: where clocks go forward at midnight, later.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from service.calendars.zones import offsets, zone
from service.definitions import DAY

Ints = NDArray[np.int64]

#: Offsets are laid out for so long at once.
_YEAR = 366 * DAY
#: 1970-01-01 was a Thursday.
_THURSDAY = 3


class LocalTime:
    """The local time of a zone. Moments are microseconds, days numbers since 1970-01-01."""

    def __init__(self, timezone: str) -> None:
        self._zone = zone(timezone)
        #: When each offset began to hold, and the offsets, over the years laid out.
        self._since: list[int] = []
        self._offsets: list[int] = []
        self._first = self._last = 0

    def days(self, moments: Ints) -> Ints:
        """The local day of each moment."""
        if not len(moments):
            return moments
        self._reach(int(moments.min()), int(moments.max()))
        since, offsets_since = self._columns
        days: Ints = (moments + offsets_since[np.searchsorted(since, moments, "right") - 1]) // DAY
        return days

    def changes(self, earliest: int, latest: int) -> Ints:
        """The moments from one to before another at which the local day can be another one.

        In their order, the first moment among them; where clocks change, perhaps twice.
        """
        self._reach(earliest, latest)
        found: list[Ints] = []
        ends = [*self._since[1:], latest]
        for since, offset, until in zip(self._since, self._offsets, ends, strict=True):
            begin, end = max(since, earliest), min(until, latest)
            if begin < end:
                days = np.arange(-(-(begin + offset) // DAY), -(-(end + offset) // DAY))
                found += [np.array([begin], dtype=np.int64), days * DAY - offset]
        return np.concatenate(found)

    def begin(self, day: int) -> int:
        """The first moment of a local day."""
        midnight = day * DAY
        self._reach(midnight - 2 * DAY, midnight + 2 * DAY)
        at = bisect_right(self._since, midnight - 2 * DAY) - 1
        while True:
            moment = max(self._since[at], midnight - self._offsets[at])
            if at + 1 == len(self._since) or moment < self._since[at + 1]:
                return moment
            at += 1

    @cached_property
    def _columns(self) -> tuple[Ints, Ints]:
        return np.array(self._since, dtype=np.int64), np.array(self._offsets, dtype=np.int64)

    def _reach(self, earliest: int, latest: int) -> None:
        if self._first == self._last:
            self._first = self._last = earliest // _YEAR
        while latest // _YEAR >= self._last:
            since, found = self._year(self._last)
            self._since += since
            self._offsets += found
            self._last += 1
        while earliest // _YEAR < self._first:
            self._first -= 1
            since, found = self._year(self._first)
            self._since[:0], self._offsets[:0] = since, found

    def _year(self, number: int) -> tuple[list[int], list[int]]:
        self.__dict__.pop("_columns", None)
        begin = number * _YEAR
        spans = offsets(self._zone, begin, begin + _YEAR)
        return [since for since, _, _ in spans], [offset for _, _, offset in spans]


def weeks(days: Ints, starts: int) -> Ints:
    """The number of the week that each day is in; weeks start on a weekday, 0 being Monday."""
    numbers: Ints = (days + _THURSDAY - starts) // 7
    return numbers


def week_begins(week: int, starts: int) -> int:
    """The first day of a week."""
    return week * 7 - _THURSDAY + starts


def months(days: Ints) -> Ints:
    """The number of the month, since January 1970, that each day is in."""
    numbers: Ints = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return numbers


def month_begins(month: int) -> int:
    """The first day of a month."""
    return int(np.datetime64(month, "M").astype("datetime64[D]").astype(np.int64))
