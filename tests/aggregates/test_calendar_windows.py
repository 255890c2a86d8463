"""Calendar windows against their definition: the local date of each event and of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.aggregates.aggregator import Aggregator
from service.aggregates.bucket_times import bucket_times, nested
from service.aggregates.window_sums import WindowSums
from service.definitions import HOUR, MINUTE, SECOND, CalendarWindow, Definitions, Window
from service.kpis.rows import NEVER

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Santiago", "Asia/Beirut")
#: Before changes of the clock, at midnight in Chile and Lebanon, and before a month and a year end.
BEGINNINGS = ("2026-03-06", "2026-03-27", "2026-04-02", "2026-09-04", "2026-10-23", "2026-12-28")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def covers(name: str, moment: date, clock: date, week_starts: int) -> bool:
    """The definition."""
    if name == "this_month":
        return (moment.year, moment.month) == (clock.year, clock.month)
    if name == "this_week":
        first = clock - timedelta((clock.weekday() - week_starts) % 7)
        return first <= moment < first + timedelta(7)
    return moment == clock - timedelta(name == "yesterday")


#: Windows of which each lies within the next.
ROWS = (
    ("today",),
    ("yesterday",),
    ("this_week",),
    ("this_month",),
    ("today", "this_week"),
    ("today", "this_month"),
)
minutes = st.integers(0, 9 * 24 * 60)


@settings(max_examples=250)
@given(
    st.sampled_from(ROWS),
    st.sampled_from(ZONES),
    st.integers(0, 6),
    st.sampled_from(BEGINNINGS),
    st.lists(st.tuples(st.lists(minutes, max_size=30), minutes), min_size=1, max_size=8),
)
def test_calendar_windows_hold_the_events_of_their_local_days(
    names: tuple[str, ...],
    zone: str,
    week_starts: int,
    begin: str,
    steps: list[tuple[list[int], int]],
) -> None:
    first = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    windows = [CalendarWindow(name, zone, week_starts) for name in names]
    assert nested(windows) == [windows]
    times, sums = [bucket_times(window) for window in windows], WindowSums(windows)
    sums.grow(1)

    def at(minute: int) -> int:
        return (first + timedelta(minutes=minute) - EPOCH) // timedelta(microseconds=1)

    def local(minute: int) -> date:
        return (first + timedelta(minutes=minute)).astimezone(ZoneInfo(zone)).date()

    known: list[int] = []
    clock = 0
    for added, forward in steps:
        known += added
        if added:
            ones = np.ones(len(added), dtype=np.int64)
            sums.add(0 * ones, np.array([at(minute) for minute in added]), ones, ones)
        clock = max(clock, forward)
        sums.advance(at(clock))
        expected = [
            sum(covers(name, local(it), local(clock), week_starts) for it in known)
            for name in names
        ]
        assert sums.counts().tolist() == [[it] for it in expected]
        moments = np.array([at(minute) for minute in known], dtype=np.int64)
        for its, count in zip(times, expected, strict=True):
            enters, leaves = its.enters_at(moments).tolist(), its.leaves_at(moments).tolist()
            assert count == sum(
                since <= at(clock) < until for since, until in zip(enters, leaves, strict=True)
            )


def test_of_calendar_windows_today_alone_lies_within_others() -> None:
    names = ("this_month", "yesterday", "this_week", "today")
    rows = nested([CalendarWindow(name) for name in names])
    assert [[it.name for it in row] for row in rows] == [
        ["today", "this_week"],
        ["yesterday"],
        ["this_month"],
    ]
    elsewhere = [CalendarWindow("today", "Asia/Kolkata"), CalendarWindow("this_week")]
    assert nested(elsewhere) == [elsewhere[:1], elsewhere[1:]]


def test_a_day_on_which_clocks_go_back_has_25_hours() -> None:
    times = bucket_times(CalendarWindow("today", "Europe/Berlin"))
    midnight = (datetime(2026, 10, 24, 22, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
    enters = times.enters_at(np.array([midnight]))
    leaves = times.leaves_at(np.array([midnight]))
    assert (enters.tolist(), (leaves - enters).tolist()) == ([midnight], [25 * HOUR])


def test_a_day_to_which_clocks_are_put_back_after_midnight_is_there_twice() -> None:
    """In Newfoundland clocks went back at a minute past midnight: 23:01 came once more."""
    today = bucket_times(CalendarWindow("today", "America/St_Johns"))
    begin = datetime(2005, 10, 30, 2, 20, tzinfo=UTC)
    moments = [begin + timedelta(minutes=number) for number in range(90)]
    times = np.array([(it - EPOCH) // timedelta(microseconds=1) for it in moments])
    dates = [it.astimezone(ZoneInfo("America/St_Johns")).date() for it in moments]
    numbers = today.numbers(times).tolist()
    assert numbers == [(it - date(1970, 1, 1)).days for it in dates]
    assert dates != sorted(dates)
    first, last = dates.index(dates[-1]), len(dates) - dates[::-1].index(dates[0])
    assert set(today.enters_at(times[last:]).tolist()) == {int(times[first])}
    assert set(today.leaves_at(times[:first]).tolist()) == {int(times[last])}


@pytest.mark.parametrize("begin", ["2005-10-29", "2009-10-31"])
@pytest.mark.parametrize("names", ROWS)
def test_what_lies_in_a_day_counts_when_it_comes_once_more(
    names: tuple[str, ...], begin: str
) -> None:
    """Also where with it a week, or a month, comes to its end once more."""
    windows = [CalendarWindow(name, "America/St_Johns", week_starts=6) for name in names]
    sums = WindowSums(windows)
    sums.grow(1)
    one, known = np.ones(1, dtype=np.int64), list[datetime]()
    for quarter in range(2 * 24 * 4):
        clock = datetime.fromisoformat(begin).replace(tzinfo=UTC) + timedelta(minutes=15 * quarter)
        known.append(clock)
        micros = (clock - EPOCH) // timedelta(microseconds=1)
        sums.advance(micros)
        sums.add(0 * one, np.array([micros]), one, one)
        local = [it.astimezone(ZoneInfo("America/St_Johns")).date() for it in known]
        assert sums.counts().tolist() == [
            [sum(covers(name, it, local[-1], 6) for it in local)] for name in names
        ]


def test_what_is_due_when_a_day_has_come_once_more_is_waited_for() -> None:
    """No sliding window shows it any more; the day, having been over for a minute, does."""
    today = CalendarWindow("today", "America/St_Johns")
    aggregator = Aggregator(
        Definitions(windows=(Window("1m", MINUTE, SECOND),), calendar_windows=(today,))
    )
    aggregator.grow(1)

    def at(hour: int, minute: int) -> int:
        moment = datetime(2009, 11, 1, hour, minute, tzinfo=UTC)
        return (moment - EPOCH) // timedelta(microseconds=1)

    aggregator.advance(at(1, 0))
    one = np.ones(1, dtype=np.int64)
    aggregator.add(0 * one, at(0, 30) * one, one, one, since=at(3, 0) * one, until=NEVER * one)
    told = []
    for hour, minute in ((2, 29), (2, 30), (2, 31), (3, 0), (3, 30), (3, 31)):
        aggregator.settle()
        aggregator.advance(at(hour, minute))
        aggregator.settle()
        told.append(int(aggregator.windows().counts[1, 0]))
    assert told == [0, 0, 0, 1, 0, 0]


def test_times_of_other_decades_have_their_periods_too() -> None:
    this_month = bucket_times(CalendarWindow("this_month", "Asia/Kolkata"))
    for year in (2026, 1971, 2150, 1999):
        begin, end = (
            (datetime(year, month, 1, tzinfo=ZoneInfo("Asia/Kolkata")) - EPOCH)
            // timedelta(microseconds=1)
            for month in (6, 7)
        )
        times = np.array([begin, end - 1])
        days = [(date(year, month, 1) - date(1970, 1, 1)).days for month in (6, 7)]
        assert this_month.numbers(times).tolist() == [days[0], days[1] - 1]
        assert {this_month.covered(it) for it in (begin, end - 1)} == {(days[0], days[1] - 1)}
        assert this_month.covered(end)[0] == days[1]
        assert this_month.enters_at(times).tolist() == [begin] * 2
        assert this_month.leaves_at(times).tolist() == [end] * 2
