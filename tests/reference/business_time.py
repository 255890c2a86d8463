"""CONTRACT 2, business time and counted time: minute by minute, by the words of the definition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from tests.reference.settings import DAY, MINUTE, Hours, ReferenceCalendar, micro

Span = tuple[int, int]
#: A whole day in minutes.
MIDNIGHT = 24 * 60


@cache
def holidays_of(code: str, year: int) -> frozenset[date]:
    country, _, subdivision = code.partition("-")
    return frozenset(
        holidays.country_holidays(country, subdiv=subdivision or None, years=year).keys()
    )


@cache
def is_holiday(code: str, day: date) -> bool:
    return day in holidays_of(code, day.year)


def is_shut(calendar: ReferenceCalendar, day: date) -> bool:
    """A holiday or closed date, which a date with `open` hours never is."""
    if day.isoformat() in dict(calendar.open):
        return False
    if day.isoformat() in calendar.closed:
        return True
    return calendar.holidays is not None and is_holiday(calendar.holidays, day)


def hours_of(calendar: ReferenceCalendar, day: date) -> Hours:
    """The hours that begin on this date."""
    if is_shut(calendar, day):
        return ()
    return dict(calendar.open).get(day.isoformat(), calendar.hours[day.weekday()])


def is_business(calendar: ReferenceCalendar, day: date, minute: int) -> bool:
    """Whether a minute of a local date is: in its own hours, or in those run into it."""
    if any(opens <= minute < closes for opens, closes in hours_of(calendar, day)):
        return True
    if is_shut(calendar, day):
        return False
    yesterday = hours_of(calendar, day - timedelta(days=1))
    return any(minute + MIDNIGHT < closes for _, closes in yesterday)


@cache
def spans_of_day(calendar: ReferenceCalendar, utc_day: int) -> tuple[Span, ...]:
    """The business time of a day of UTC: hours and offsets of zones are whole minutes."""
    zone = ZoneInfo(calendar.timezone)
    spans: list[Span] = []
    for minute in range(MIDNIGHT):
        begin = utc_day * micro(DAY) + minute * micro(MINUTE)
        local = datetime.fromtimestamp(begin // 1_000_000, UTC).astimezone(zone)
        if is_business(calendar, local.date(), local.hour * 60 + local.minute):
            if spans and spans[-1][1] == begin:
                begin = spans.pop()[0]
            spans.append((begin, utc_day * micro(DAY) + (minute + 1) * micro(MINUTE)))
    return tuple(spans)


def business_spans(calendar: ReferenceCalendar | None, begin: int, end: int) -> Iterator[Span]:
    """The business time between two moments, in order."""
    if calendar is None:
        if begin < end:
            yield begin, end
        return
    for day in range(begin // micro(DAY), end // micro(DAY) + 1):
        for opens, closes in spans_of_day(calendar, day):
            if max(opens, begin) < min(closes, end):
                yield max(opens, begin), min(closes, end)


def counted_spans(
    calendar: ReferenceCalendar | None, stretches: Sequence[Span], begin: int, end: int
) -> Iterator[Span]:
    """The business time between two moments that lies in these stretches, in order."""
    for of, to in stretches:
        yield from business_spans(calendar, max(of, begin), min(to, end))


def counted_time(
    calendar: ReferenceCalendar | None, stretches: Sequence[Span], begin: int, end: int
) -> int:
    return sum(to - of for of, to in counted_spans(calendar, stretches, begin, end))


def due(
    calendar: ReferenceCalendar | None, stretches: Sequence[Span], begin: int, target: int
) -> int | None:
    """The last moment at which the counted time since `begin` is not above the target."""
    counted = 0
    for of, to in counted_spans(
        calendar, stretches, begin, max((to for _, to in stretches), default=0)
    ):
        if counted + (to - of) > target:
            return of + target - counted
        counted += to - of
    return None
