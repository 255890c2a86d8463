"""Times: to the microsecond, with every offset, and never far ahead of the wall clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.events.decoding import Decoder
from service.events.model import TIME_FIELDS, EventType
from service.events.times import microseconds
from tests.events.samples import MAX_BYTES, SKEW, WALL, decode, refusal, text, timed

OFFSETS = st.timedeltas(
    min_value=timedelta(hours=-23, minutes=-59), max_value=timedelta(hours=23, minutes=59)
)


def at(written: str) -> int:
    return timed("contact-started", text("contact-started", started_at=written))[1]


@given(st.datetimes(), OFFSETS)
def test_microseconds_are_exact_for_every_time_and_offset(
    time: datetime, offset: timedelta
) -> None:
    since = time - datetime(1970, 1, 1) - offset  # noqa: DTZ001 - computed apart from time zones
    exact = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    assert microseconds(time.replace(tzinfo=timezone(offset))) == exact


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00+00:01", -60_000_000),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1970-01-01T00:01:00+00:01", 0),
        ("1970-01-01T00:00:00-00:00", 0),
        ("1970-01-01T00:00:00.1Z", 100_000),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1970-01-01t00:00:00.000001z", 1),
        ("1970-01-01 00:00:00Z", 0),
        ("1970-01-01T02:00:00+0200", 0),
    ],
)
def test_a_time_is_read_to_the_microsecond(written: str, expected: int) -> None:
    assert at(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1970-01-01T00:00:00.0000014Z", 1),
        ("1970-01-01T00:00:00.00000149999999999999Z", 1),
        ("1970-01-01T00:00:00.0000015Z", 1),
        ("1970-01-01T00:00:00.0000029999Z", 2),
        ("1969-12-31T23:59:59.9999999Z", -1),
    ],
)
def test_digits_beyond_microseconds_are_cut_off(written: str, expected: int) -> None:
    assert at(written) == expected


@pytest.mark.parametrize("ahead", ["9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59.9999994Z"])
def test_the_last_moments_of_year_9999_are_in_the_future(ahead: str) -> None:
    assert refusal("contact-started", text("contact-started", started_at=ahead)) == "in_the_future"
    resolved = text("contact-resolved", first_response_at=ahead)
    assert refusal("contact-resolved", resolved) == "in_the_future"


TIMES_OF: list[tuple[EventType, str]] = [
    *TIME_FIELDS.items(),
    ("contact-resolved", "first_response_at"),
]


@pytest.mark.parametrize(("type_", "name"), TIMES_OF)
def test_a_time_exactly_at_the_skew_is_taken_and_a_microsecond_more_is_not(
    type_: EventType, name: str
) -> None:
    latest = datetime.fromtimestamp((WALL + SKEW) // 1_000_000, UTC)
    later = latest + timedelta(microseconds=1)
    assert refusal(type_, text(type_, **{name: latest.isoformat()})) is None
    assert refusal(type_, text(type_, **{name: later.isoformat()})) == "in_the_future"


def test_the_future_is_told_in_utc_whatever_the_offset() -> None:
    for offset in (-23, -1, 0, 1, 23):
        zone = timezone(timedelta(hours=offset))
        latest = datetime.fromtimestamp((WALL + SKEW) // 1_000_000, zone)
        later = latest + timedelta(microseconds=1)
        for name in ("resolved_at", "first_response_at"):
            for time, expected in ((latest, None), (later, "in_the_future")):
                value = text("contact-resolved", **{name: time.isoformat()})
                assert refusal("contact-resolved", value) == expected


@pytest.mark.parametrize(("type_", "name"), TIMES_OF)
def test_a_time_since_1900_is_taken_and_one_of_an_earlier_year_is_out_of_range(
    type_: EventType, name: str
) -> None:
    for offset in ("Z", "+23:59", "-23:59"):
        assert refusal(type_, text(type_, **{name: f"1900-01-01T00:00:00{offset}"})) is None
        for before in ("1899-12-31T23:59:59", "1601-01-01T00:00:00", "0001-01-01T00:00:00"):
            value = text(type_, **{name: f"{before}{offset}"})
            assert refusal(type_, value) == "out_of_range"


def test_a_skew_of_nothing_takes_the_present_moment() -> None:
    strict = Decoder(MAX_BYTES, 0)
    now = datetime.fromtimestamp(WALL // 1_000_000, UTC).isoformat()
    strict.decode_without_key("contact-started", text("contact-started", started_at=now), WALL)


@pytest.mark.parametrize(("type_", "name"), TIMES_OF)
def test_a_time_without_an_offset_is_refused(type_: EventType, name: str) -> None:
    assert refusal(type_, text(type_, **{name: "2025-06-01T10:00:00"})) == "no_offset"
    assert refusal(type_, text(type_, **{name: "2025-06-01T10:00:00.5"})) == "no_offset"


def test_the_same_moment_with_another_offset_is_the_same_event() -> None:
    value = text("contact-started", started_at="2025-06-01T12:00:00+02:00")
    assert decode("contact-started", value) == decode("contact-started", text("contact-started"))
