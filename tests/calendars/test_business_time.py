"""Business time against its definition, asked of every minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import holidays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.calendars.business_time import BusinessTime
from service.definitions import HOUR, MINUTE, Calendar

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")
#: Around changes to summer and to winter time of these zones, and around a turn of the year.
BEGINNINGS = ("2026-03-06", "2026-03-27", "2026-04-03", "2026-10-23", "2026-10-30", "2026-12-29")
DAYS = 6
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def minutes_open(calendar: Calendar, begin: datetime, minutes: int) -> list[bool]:
    """Whether each minute from `begin` on is business time, by the words of its definition."""
    zone = ZoneInfo(calendar.timezone)
    country, _, subdivision = (calendar.holidays or "").partition("-")
    off = holidays.country_holidays(country, subdiv=subdivision or None) if country else {}

    def shut(day: date) -> bool:
        return day not in calendar.open and (day in calendar.closed or day in off)

    def hours(day: date) -> tuple[tuple[int, int], ...]:
        if shut(day):
            return ()
        return calendar.open.get(day, calendar.hours[day.weekday()])

    found = []
    for minute in range(minutes):
        local = (begin + timedelta(minutes=minute)).astimezone(zone)
        time = (local.hour * 60 + local.minute) * MINUTE
        today, yesterday = local.date(), local.date() - timedelta(1)
        own = any(opens <= time < closes for opens, closes in hours(today))
        run_in = any(time + 24 * HOUR < closes for _, closes in hours(yesterday))
        found.append(own or (run_in and not shut(today)))
    return found


times = st.integers(0, 24 * 4).map(lambda quarter: quarter * 15 * MINUTE)


@st.composite
def day_hours(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    """Up to two spans that do not overlap; the last may run into the next day."""
    edges = sorted(draw(st.sets(times, min_size=0, max_size=4)))
    spans = list(zip(edges[::2], edges[1::2], strict=False))
    if draw(st.integers(0, 3)) == 0:
        opens = draw(
            times.filter(lambda time: time < 24 * HOUR and (not edges or time > edges[-1]))
            if not edges or edges[-1] < 23 * HOUR
            else st.none()
        )
        if opens is not None:
            spans.append(
                (opens, 24 * HOUR + draw(st.integers(0, opens // MINUTE)) // 15 * 15 * MINUTE)
            )
    return tuple(spans)


@st.composite
def calendars(draw: st.DrawFn, around: date) -> Calendar:
    near = st.integers(-1, DAYS + 1).map(lambda days: around + timedelta(days))
    opened = draw(st.dictionaries(near, day_hours(), max_size=2))
    return Calendar(
        timezone=draw(st.sampled_from(ZONES)),
        hours=tuple(draw(day_hours()) for _ in range(7)),
        holidays=draw(st.sampled_from((None, "DE", "DE-BY", "US"))),
        closed=draw(st.frozensets(near, max_size=2)) - frozenset(opened),
        open=opened,
    )


@settings(max_examples=60)
@given(st.data())
def test_every_minute_counts_or_not_by_its_local_date_and_time(data: st.DataObject) -> None:
    begin = datetime.fromisoformat(data.draw(st.sampled_from(BEGINNINGS))).replace(tzinfo=UTC)
    calendar = data.draw(calendars(begin.date()))
    line = BusinessTime(calendar)
    open_minutes = minutes_open(calendar, begin, DAYS * 24 * 60)
    expected = [0, *accumulate(minute * MINUTE for minute in open_minutes)]
    start = micros(begin)
    moments = np.array([start + minute * MINUTE for minute in range(len(expected))])
    assert (line.all_by(moments) - line.by(start)).tolist() == expected
    assert [line.elapsed(start, moment) for moment in moments.tolist()] == expected


@settings(max_examples=60)
@given(st.data())
def test_the_way_back_is_the_first_and_the_last_moment_of_an_amount(data: st.DataObject) -> None:
    begin = datetime.fromisoformat(data.draw(st.sampled_from(BEGINNINGS))).replace(tzinfo=UTC)
    calendar = data.draw(calendars(begin.date()))
    line = BusinessTime(calendar)
    start = micros(begin)
    amount = line.by(start) + data.draw(st.integers(1, 3 * 24 * 60 * 60)) * 1_000_000
    last, first = line.last(amount), line.first(amount)
    assert np.array([last, first]).tolist() == [
        line.all_last(np.array([amount])).item(),
        line.all_first(np.array([amount])).item(),
    ]
    if last >= 1 << 62:
        assert not any(calendar.hours)
        return
    assert line.by(last) == amount == line.by(first)
    assert line.by(last + 1) > amount
    assert line.by(first - 1) < amount


def test_a_year_of_office_hours_is_right_to_the_microsecond_over_changes_of_the_clock() -> None:
    # 250 days of 9:00 to 17:30, but the night shift of a change to winter time has an hour more.
    week = tuple(((9 * HOUR, 17 * HOUR + 30 * MINUTE),) if day < 5 else () for day in range(7))
    line = BusinessTime(Calendar("Europe/Berlin", week))
    begin = datetime(2025, 1, 1, 12, 0, 0, 1, tzinfo=UTC)
    assert line.elapsed(micros(begin), micros(begin.replace(year=2026))) == 261 * 8.5 * HOUR
    night = BusinessTime(Calendar("Europe/Berlin", (((0, 6 * HOUR),),) * 7))
    midnight = datetime(2025, 10, 25, 22, tzinfo=UTC)
    assert night.elapsed(micros(midnight), micros(midnight) + 24 * HOUR) == 7 * HOUR


def test_the_order_in_which_moments_are_asked_for_changes_nothing() -> None:
    week = (((9 * HOUR, 17 * HOUR),),) * 5 + ((), ())
    moments = [micros(datetime(year, 7, 1, 12, tzinfo=UTC)) for year in (2030, 1950, 2026, 1999)]
    one, other = BusinessTime(Calendar("UTC", week)), BusinessTime(Calendar("UTC", week))
    first = {moment: one.elapsed(moments[2], moment) for moment in moments}
    assert first == {moment: other.elapsed(moments[2], moment) for moment in reversed(moments)}


def test_an_office_that_never_opens_is_never_due() -> None:
    line = BusinessTime(Calendar("UTC", ((),) * 7))
    assert line.elapsed(0, 10**15) == 0
    assert line.last(1) >= 1 << 62
    assert line.first(-1) <= -(1 << 62)


def test_more_business_time_than_there_has_ever_been_began_before_all_moments() -> None:
    """A target of a year, an office of a minute a week."""
    line = BusinessTime(Calendar("UTC", (((0, MINUTE),), *((),) * 6)))
    now = line.by(micros(datetime(2026, 1, 1, tzinfo=UTC)))
    assert line.first(now - 365 * 24 * HOUR) <= -(1 << 62)
    assert line.last(now - 365 * 24 * HOUR) <= -(1 << 62)
    assert line.all_first(np.array([now - 365 * 24 * HOUR, now])).tolist() == [
        -(1 << 62),
        line.first(now),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        Calendar("Europe/Nowhere", ((),) * 7),
        Calendar("UTC", ((),) * 7, "ZZ"),
        Calendar("UTC", ((),) * 7, "DE-XX"),
    ],
)
def test_an_unknown_zone_or_country_is_refused(wrong: Calendar) -> None:
    with pytest.raises(ValueError, match=r"Nowhere|ZZ|DE-XX"):
        BusinessTime(wrong)
