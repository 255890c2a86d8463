"""When a publication is due."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.definitions import HOUR, MINUTE, SECOND
from service.simulate.pacing import Pacer, Pacing

NOW = 1_800_000_000 * SECOND
times = st.integers(NOW - 10 * HOUR, NOW + HOUR)


def test_by_default_the_past_is_due_at_once() -> None:
    assert Pacer(Pacing()).wait(NOW - HOUR, NOW) == 0


def test_what_lies_ahead_waits_for_the_wall_clock() -> None:
    assert Pacer(Pacing()).wait(NOW + 3 * SECOND, NOW) == 3


def test_after_a_long_filling_in_of_the_past_the_rest_has_caught_up_at_once() -> None:
    pacer = Pacer(Pacing())
    pacer.wait(NOW - HOUR, NOW)
    a_minute_later = NOW + MINUTE
    assert pacer.wait(NOW + 50 * SECOND, a_minute_later) == 0
    assert pacer.wait(NOW + 61 * SECOND, a_minute_later) == 1


def test_what_lies_before_the_paced_part_is_due_at_once() -> None:
    pacer = Pacer(Pacing(paced_from=NOW - HOUR, speed_up=1))
    assert pacer.wait(NOW - 2 * HOUR, NOW) == 0
    assert pacer.wait(NOW - HOUR - 1, NOW) == 0


def test_speed_up_is_simulated_seconds_in_a_second() -> None:
    pacer = Pacer(Pacing(paced_from=NOW - HOUR, speed_up=60))
    assert pacer.wait(NOW - HOUR, NOW) == 0
    assert pacer.wait(NOW - 50 * MINUTE, NOW) == 10
    assert pacer.wait(NOW - 50 * MINUTE, NOW + 8 * SECOND) == 2


def test_the_paced_part_begins_only_when_the_history_is_out() -> None:
    pacer = Pacer(Pacing(paced_from=NOW - HOUR, speed_up=60))
    pacer.wait(NOW - 2 * HOUR, NOW)
    filled_in = NOW + 20 * SECOND
    assert pacer.wait(NOW - HOUR, filled_in) == 0
    assert pacer.wait(NOW - 59 * MINUTE, filled_in) == 1


def test_at_the_wall_clock_it_goes_on_at_speed_one() -> None:
    pacer = Pacer(Pacing(paced_from=NOW - MINUTE, speed_up=60))
    pacer.wait(NOW - MINUTE, NOW)
    reached = NOW + 2 * SECOND
    assert pacer.wait(reached + 5 * SECOND, reached) == 5


@given(
    events=st.lists(times, min_size=1).map(sorted),
    paced_from=times,
    speed_up=st.floats(1, 1000),
)
def test_nothing_is_published_ahead_of_the_wall_clock(
    events: list[int], paced_from: int, speed_up: float
) -> None:
    pacer = Pacer(Pacing(paced_from, speed_up))
    now = NOW
    for at in events:
        now += round(pacer.wait(at, now) * SECOND)
        assert at <= now + 1
        assert pacer.wait(at, now) == pytest.approx(0, abs=1e-5)
