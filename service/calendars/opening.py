"""The hours of an office, date by date, as its own clocks show them.

Hours belong to the date on which they begin: those of a holiday are none, wherever they would have
ended. Of those that run into a holiday, the part after midnight does not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import holidays

from service.definitions import DAY, Calendar

_EPOCH = date(1970, 1, 1)

#: Begin and end: of an opening on the local time line, microseconds since 1970 as clocks showed it.
Span = tuple[int, int]


class Opening:
    """When an office is open, by local dates. Raises ValueError for an unknown country."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._holidays = None if calendar.holidays is None else country(calendar.holidays)

    def spans(self, begin: int, end: int) -> list[Span]:
        """The openings within a stretch of local time, in order, none overlapping."""
        day = _EPOCH + timedelta(begin // DAY - 1)
        last = _EPOCH + timedelta(end // DAY)
        found: list[Span] = []
        while day <= last:
            found.extend(self._of_date(day))
            day += timedelta(1)
        return [
            (max(opens, begin), min(closes, end))
            for opens, closes in _united(sorted(found))
            if closes > begin and opens < end
        ]

    def _of_date(self, day: date) -> Iterator[Span]:
        midnight = (day - _EPOCH).days * DAY
        for opens, closes in self._hours(day):
            yield midnight + opens, midnight + min(closes, DAY)
            if closes > DAY and not self._is_closed(day + timedelta(1)):
                yield midnight + DAY, midnight + closes

    def _hours(self, day: date) -> tuple[Span, ...]:
        if self._is_closed(day):
            return ()
        return self._calendar.open.get(day, self._calendar.hours[day.weekday()])

    def _is_closed(self, day: date) -> bool:
        if day in self._calendar.open:
            return False
        return day in self._calendar.closed or (
            self._holidays is not None and day in self._holidays
        )


def country(code: str) -> holidays.HolidayBase:
    """The holidays of a country, `DE`, or of one of its subdivisions, `DE-BY`.

    Raises ValueError for a code that the `holidays` package does not know.
    """
    name, _, subdivision = code.partition("-")
    try:
        return holidays.country_holidays(name, subdiv=subdivision or None)
    except (NotImplementedError, AttributeError):
        raise ValueError(
            f'no holidays are known for "{code}": give the ISO code of a country, such as "DE",'
            ' or of one of its subdivisions, such as "DE-BY"'
        ) from None


def _united(spans: list[Span]) -> Iterator[Span]:
    """Sorted spans, those that overlap or touch made one."""
    opens: int | None = None
    closes = 0
    for begin, end in spans:
        if opens is not None and begin <= closes:
            closes = max(closes, end)
            continue
        if opens is not None:
            yield opens, closes
        opens, closes = begin, end
    if opens is not None:
        yield opens, closes
