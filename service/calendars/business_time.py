"""Business time as a number line: how much of it has passed by a moment, and the way back.

An instant is business time if its local date and time of day lie in the office's hours of that
date. So of the hour that a change to winter time repeats, both passes count.

What an event costs is two look-ups: the line is laid out in advance, a year at a time, and is
longer by another whenever a moment beyond its ends is asked for.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import numpy as np
from numpy.typing import NDArray

from service.calendars.opening import Opening
from service.calendars.zones import offsets, zone
from service.definitions import DAY, Calendar

Ints = NDArray[np.int64]

#: Laid out at once.
_YEAR = 366 * DAY
#: What is due after the year 2200 is never due: an office may open for an hour a year.
_FURTHEST = 230
#: And no event is of a time before the year 1899.
_EARLIEST = -71
NEVER = 1 << 62


class BusinessTime:
    """The business time of one calendar. Moments and durations are microseconds.

    Raises ValueError for a zone or a country that is not known.
    """

    def __init__(self, calendar: Calendar) -> None:
        self._zone = zone(calendar.timezone)
        self._opening = Opening(calendar)
        #: When the office opened and closed, and the business time before each opening, counted
        #: from the first year laid out (which may be negative).
        self._opens: list[int] = []
        self._closes: list[int] = []
        self._before: list[int] = []
        self._passed = 0
        #: The years laid out: from the first, up to and without the last.
        self._first = self._last = 0
        self._columns: tuple[Ints, Ints, Ints] | None = None

    def elapsed(self, begin: int, end: int) -> int:
        """The business time between two moments; negative if the end comes first."""
        return self.by(end) - self.by(begin)

    def by(self, moment: int) -> int:
        """The business time that has passed by a moment, since some fixed one."""
        self._reach(moment)
        at = bisect_right(self._opens, moment) - 1
        if at < 0:
            return self._before[0] if self._before else self._passed
        return self._before[at] + min(moment, self._closes[at]) - self._opens[at]

    def last(self, passed: int) -> int:
        """The last moment by which no more than `passed` (of :meth:`by`) has passed."""
        beyond = self._reach_passed(passed)
        if beyond:
            return beyond
        at = bisect_right(self._before, passed) - 1
        return self._opens[at] + passed - self._before[at]

    def first(self, passed: int) -> int:
        """The first moment by which as much as `passed` (of :meth:`by`) has passed."""
        beyond = self._reach_passed(passed)
        if beyond:
            return beyond
        at = bisect_left(self._before, passed) - 1
        return self._opens[at] + passed - self._before[at]

    def all_by(self, moments: Ints) -> Ints:
        """:meth:`by`, of many."""
        if not len(moments):
            return moments
        self._reach(int(moments.min()))
        self._reach(int(moments.max()))
        opens, closes, before = self._as_columns()
        if not len(opens):
            return np.zeros(len(moments), dtype=np.int64)
        at = np.searchsorted(opens, moments, "right") - 1
        within = np.maximum(at, 0)
        passed: Ints = before[within] + np.minimum(moments, closes[within]) - opens[within]
        return np.where(at < 0, before[0], passed)

    def all_last(self, passed: Ints) -> Ints:
        """:meth:`last`, of many."""
        return self._all_back(passed, "right")

    def all_first(self, passed: Ints) -> Ints:
        """:meth:`first`, of many."""
        return self._all_back(passed, "left")

    def _all_back(self, passed: Ints, side: str) -> Ints:
        if not len(passed):
            return passed
        if self._reach_passed(int(passed.min())) or self._reach_passed(int(passed.max())):
            each = self.last if side == "right" else self.first
            return np.array([each(one) for one in passed.tolist()], dtype=np.int64)
        opens, _, before = self._as_columns()
        at = np.searchsorted(before, passed, side) - 1  # type: ignore[call-overload]
        moments: Ints = opens[at] + passed - before[at]
        return moments

    def _as_columns(self) -> tuple[Ints, Ints, Ints]:
        if self._columns is None:
            opens, closes, before = (
                np.array(column, dtype=np.int64)
                for column in (self._opens, self._closes, self._before)
            )
            self._columns = opens, closes, before
        return self._columns

    # Laying out

    def _reach(self, moment: int) -> None:
        """Has the line go beyond a moment on both sides."""
        year = moment // _YEAR
        if not _EARLIEST <= year <= _FURTHEST:
            raise OverflowError(f"no event is of such a time: {moment}")
        if self._first == self._last:
            self._first = self._last = year
        while year >= self._last:
            self._append_year()
        while year <= self._first:
            self._prepend_year()

    def _reach_passed(self, passed: int) -> int:
        """Has the line go beyond so much business time on both sides.

        Instead of 0: NEVER or its opposite, where that is later or earlier than all that counts.
        """
        if self._first == self._last:
            self._reach(0)
        while self._passed <= passed:
            if self._last > _FURTHEST:
                return NEVER
            self._append_year()
        while not self._before or self._before[0] >= passed:
            if self._first < _EARLIEST:
                return -NEVER
            self._prepend_year()
        return 0

    def _append_year(self) -> None:
        for opens, closes in self._year(self._last):
            self._opens.append(opens)
            self._closes.append(closes)
            self._before.append(self._passed)
            self._passed += closes - opens
        self._last += 1
        self._columns = None

    def _prepend_year(self) -> None:
        self._first -= 1
        spans = self._year(self._first)
        passed = self._before[0] if self._before else self._passed
        before: list[int] = []
        for opens, closes in reversed(spans):
            passed -= closes - opens
            before.append(passed)
        self._opens[:0] = [opens for opens, _ in spans]
        self._closes[:0] = [closes for _, closes in spans]
        self._before[:0] = reversed(before)
        self._columns = None

    def _year(self, number: int) -> list[tuple[int, int]]:
        begin = number * _YEAR
        return [
            (opens - offset, closes - offset)
            for since, until, offset in offsets(self._zone, begin, begin + _YEAR)
            for opens, closes in self._opening.spans(since + offset, until + offset)
        ]
