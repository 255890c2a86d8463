"""CONTRACT 2, windows: the sliding ones, and those of the calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from tests.reference.settings import DAY, HOUR, ReferenceSettings, micro

WEEKDAYS: Final = (*("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),)
#: Days and months are an hour longer where summer time ends.
GREATEST: Final = {
    "today": DAY + HOUR,
    "yesterday": 2 * DAY + HOUR,
    "this_week": 7 * DAY + HOUR,
    "this_month": 31 * DAY + HOUR,
}


def greatest_length(settings: ReferenceSettings) -> int:
    lengths = [length for length, _ in settings.windows.values()]
    return max(map(micro, [*lengths, *(GREATEST[name] for name in settings.calendar_windows)]))


def windows_of(x: int, t: int, settings: ReferenceSettings) -> Iterator[str]:
    """The windows that cover the event time x at clock t."""
    for name, (length, bucket) in settings.windows.items():
        w, r = micro(length), micro(bucket)
        if t // r - w // r < x // r <= t // r:
            yield name
    for name in settings.calendar_windows:
        then, now = local_date(x, settings.timezone), local_date(t, settings.timezone)
        if is_within(name, then, now, WEEKDAYS.index(settings.week_starts)):
            yield name


@lru_cache(maxsize=100_000)
def local_date(moment: int, zone: str) -> date:
    return datetime.fromtimestamp(moment // 1_000_000, ZoneInfo(zone)).date()


def is_within(window: str, then: date, now: date, first_weekday: int) -> bool:
    if window == "today":
        return then == now
    if window == "yesterday":
        return then == now - timedelta(days=1)
    if window == "this_month":
        return (then.year, then.month) == (now.year, now.month)
    return week(then, first_weekday) == week(now, first_weekday)


def week(day: date, first_weekday: int) -> date:
    """Its first day."""
    return day - timedelta(days=(day.weekday() - first_weekday) % 7)
