"""The windows of what lasts: each from its first covered bucket to the clock, or to its end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from service.agents.rates import Cell, Edge
from service.aggregates.clock import BEFORE_ALL
from service.calendars.local_time import LocalTime, month_begins, months, week_begins, weeks
from service.definitions import HOUR, CalendarWindow, Window


class Windows:
    """All windows, and the clock at which they stand."""

    def __init__(self, windows: Sequence[Window | CalendarWindow]) -> None:
        self.clock = Edge()
        self._spans = [
            _Sliding(window) if isinstance(window, Window) else _Period(window)
            for window in windows
        ]
        self._edges = [self.clock, *(edge for span in self._spans for edge in span.edges)]
        self.cells: dict[Cell, None] = {}

    def change(self, cell: Cell, at: int, by: int) -> None:
        """One more of the cell, or one less, from a moment on."""
        self.cells[cell] = None
        for edge in self._edges:
            edge.change(cell, at, by)

    def advance(self, clock: int) -> None:
        if clock == BEFORE_ALL:
            # No calendar has such a day.
            return
        self.clock.move(clock)
        for span in self._spans:
            span.advance(clock)

    def amounts(self, cell: Cell) -> list[int]:
        """Microseconds in each window."""
        now = self.clock.amount(cell)
        amounts = []
        for span in self._spans:
            first, *last = (edge.amount(cell) for edge in span.edges)
            amounts.append((last[0] if last else now) - first)
        return amounts

    def bounds(self) -> list[tuple[int, int]]:
        """Begin and end of each window; the end is one past the clock, or excluded as well."""
        return [
            (span.edges[0].at, span.edges[1].at if len(span.edges) > 1 else self.clock.at + 1)
            for span in self._spans
        ]


class _Sliding:
    def __init__(self, window: Window) -> None:
        self._step, self._count = window.step, window.length // window.step
        self.edges = [Edge(lambda at: at // window.step * window.step)]

    def advance(self, clock: int) -> None:
        self.edges[0].move((clock // self._step - self._count + 1) * self._step)


class _Period:
    """Its edges are kept by local days: of these, weeks and months are made."""

    def __init__(self, window: CalendarWindow) -> None:
        self._window = window
        self._time = LocalTime(window.timezone)
        self._days: dict[int, int] = {}
        self.edges = [Edge(self._day_begins)]
        if window.name == "yesterday":
            self.edges.append(Edge(self._day_begins))

    def advance(self, clock: int) -> None:
        day = self._day(clock)
        match self._window.name:
            case "yesterday":
                self.edges[1].move(self._time.begin(day))
                day -= 1
            case "this_week":
                starts = self._window.week_starts
                day = week_begins(int(weeks(np.array([day]), starts)[0]), starts)
            case "this_month":
                day = month_begins(int(months(np.array([day]))[0]))
        self.edges[0].move(self._time.begin(day))

    def _day(self, at: int) -> int:
        return int(self._time.days(np.array([at], dtype=np.int64))[0])

    def _day_begins(self, at: int) -> int:
        hour = at // HOUR
        known = self._days.get(hour)
        if known is not None:
            return known
        begins = self._time.begin(self._day(at))
        first, last = self._day(hour * HOUR), self._day(hour * HOUR + HOUR - 1)
        if first == last:
            self._days[hour] = begins
        return begins
