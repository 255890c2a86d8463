"""Durations as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.definitions import DAY, HOUR, MINUTE, SECOND, duration_text
from service.settings.durations import parse_duration


@pytest.mark.parametrize(
    ("written", "microseconds"),
    [
        (30, 30 * SECOND),
        (0.25, SECOND // 4),
        ("30", 30 * SECOND),
        ("1.5", 1_500_000),
        ("250ms", SECOND // 4),
        ("30s", 30 * SECOND),
        ("1.5m", 90 * SECOND),
        ("2h", 2 * HOUR),
        ("7d", 7 * DAY),
        ("2w", 14 * DAY),
        ("1h30m", 90 * MINUTE),
        (" 1h 30m ", 90 * MINUTE),
        (0, 0),
        # Exact, where a float would be off by one.
        ("0.000001", 1),
        (1.000001, 1_000_001),
    ],
)
def test_numbers_are_seconds_and_texts_carry_units(written: float | str, microseconds: int) -> None:
    assert parse_duration(written) == microseconds


@pytest.mark.parametrize(
    "written",
    ["", "soon", "5 parsecs", -1, "-5s", True, None, [5], float("nan"), float("inf"), "1e3", "5s!"],
)
def test_anything_else_is_refused_with_what_is_allowed(written: object) -> None:
    with pytest.raises(ValueError, match='such as "30s"'):
        parse_duration(written)


def test_a_duration_beyond_all_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="100 years"):
        parse_duration("40000d")


@given(st.integers(min_value=0, max_value=100 * 365 * DAY))
def test_what_is_shown_reads_back_the_same(microseconds: int) -> None:
    assert parse_duration(duration_text(microseconds)) == microseconds
