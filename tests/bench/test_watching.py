"""What readings tell about any stretch of the time in which they were taken."""

from __future__ import annotations

import pytest

from bench.watching import Readings


@pytest.fixture
def readings() -> Readings:
    readings = Readings()
    for moment, value in ((10.0, 0), (11.0, 0), (12.0, 100), (13.0, 300), (14.0, 300)):
        readings.add(moment, value)
    return readings


def test_growth_begins_where_the_first_value_above_0_was_seen(readings: Readings) -> None:
    assert readings.first_growth() == 12.0


def test_growth_ends_where_the_last_value_was_first_seen(readings: Readings) -> None:
    assert readings.last_growth() == 13.0


def test_between_two_readings_it_grows_evenly(readings: Readings) -> None:
    assert readings.between(11.5, 12.5) == pytest.approx(150)


def test_before_the_first_and_after_the_last_reading_nothing_grows(readings: Readings) -> None:
    assert readings.between(0.0, 100.0) == 300


def test_without_readings_the_latest_value_is_0() -> None:
    assert Readings().latest == 0
