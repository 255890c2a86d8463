"""Charts have enough points, at the ends of steps of local time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.definitions import DAY, HOUR, MINUTE, Definitions
from service.past.moments import ends_of_steps, step_for
from service.past.windows import FILE, most_telling, suitable, whole

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local(moment: int, zone: str) -> datetime:
    """The first microsecond after a moment, by the clocks of a zone."""
    return (_EPOCH + timedelta(microseconds=moment + 1)).astimezone(ZoneInfo(zone))


def micros(*of: int) -> int:
    return (datetime(*of, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)  # type: ignore[arg-type, misc]


@given(
    span=st.integers(0, 4000 * DAY),
    first=st.integers(0, 50 * 365 * DAY),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Apia"]),
)
def test_there_are_neither_too_many_points_nor_too_few(span: int, first: int, zone: str) -> None:
    step = step_for(span)
    moments = list(ends_of_steps(first, first + span, step, zone))
    assert moments[-1] == first + span
    assert all(earlier < later for earlier, later in pairwise(moments))
    # Half an hour of clocks put on or back, or a date that a country left out.
    assert len(moments) <= 203
    if span >= 2 * HOUR and step <= 28 * DAY:
        assert len(moments) >= 60


@pytest.mark.parametrize("day", [(2026, 3, 29), (2026, 10, 25)])
def test_days_end_at_midnight_also_where_clocks_change(day: tuple[int, int, int]) -> None:
    first, last = micros(*day) - 3 * DAY, micros(*day) + 3 * DAY
    *ends, _ = ends_of_steps(first, last, DAY, "Europe/Berlin")
    assert len(ends) >= 5
    assert {local(end, "Europe/Berlin").hour for end in ends} == {0}


@pytest.mark.parametrize("span", [1, MINUTE, HOUR, DAY, 10 * DAY, 30 * DAY, 90 * DAY, 2000 * DAY])
def test_the_windows_suit_the_span(span: int) -> None:
    assert suitable(span)
    file = whole(span)
    assert file.length % file.step == 0
    assert span < file.length - file.step
    assert file.length // file.step <= 2000
    window, repeat = most_telling(Definitions(windows=(*suitable(span), file)), span)
    assert window in {FILE, *(window.name for window in suitable(span))}
    assert repeat in {"2h", "24h", "7d"}


def test_a_quarter_begins_with_its_last_week_and_repeats_within_a_day() -> None:
    assert most_telling(Definitions(windows=suitable(90 * DAY)), 90 * DAY) == ("7d", "24h")


def test_hours_begin_with_all_of_the_file_since_no_window_has_seen_how_contacts_turned_out() -> (
    None
):
    assert most_telling(Definitions(windows=suitable(16 * HOUR)), 16 * HOUR) == (FILE, "2h")
