"""What runs of one worker and of two say about a second worker."""

from __future__ import annotations

import pytest

from bench.goals.scaling import Race, Readings, verdict
from bench.measures import Measure

_ONE = Race(seconds=10.0, rate=50_000, worker_cost=16e-6, broker_cost=4e-6)
_TWO = Race(seconds=10.0, rate=80_000, worker_cost=16.25e-6, broker_cost=3.75e-6)
_READINGS = Readings([(10.0, 0), (11.0, 0), (12.0, 100), (13.0, 300), (14.0, 300)])


def _found(ones: list[Race], twos: list[Race], what: str) -> Measure:
    return next(measure for measure in verdict(ones, twos) if what in measure.what)


def test_the_goal_is_judged_by_what_two_cores_allow_with_the_broker_on_them() -> None:
    # 16 us a worker and 4 us the broker for each of 80,000 events a second: 1.6 of two cores.
    goal = _found([_ONE], [_TWO], "of 2 x")
    assert goal.value == pytest.approx(1.6)
    assert not goal.met
    assert _found([_ONE], [_ONE._replace(rate=95_000)], "of 2 x").met


def test_a_second_worker_that_only_waits_does_not_meet_the_goal() -> None:
    assert not _found([_ONE], [_ONE], "of 2 x").met


def test_two_cores_allow_no_more_than_what_worker_and_broker_need_of_them() -> None:
    # 20 us an event: 100,000 events/s on two cores, twice what one worker did.
    assert _found([_ONE], [_TWO], "the most").value == pytest.approx(2.0)


def test_a_run_that_was_disturbed_does_not_decide() -> None:
    slow = Race(10.0, 10_000, 80e-6, 20e-6)
    goal = _found([_ONE, slow, _ONE], [_TWO, _TWO, _TWO], "as it is")
    assert goal.value == pytest.approx(1.6)


def test_growth_lasts_from_the_first_value_above_0_to_the_last_new_one() -> None:
    assert _READINGS.grew() == (12.0, 13.0)


def test_between_two_readings_it_grows_evenly_and_outside_of_them_not_at_all() -> None:
    assert _READINGS.between(11.5, 12.5) == pytest.approx(150)
    assert _READINGS.between(0.0, 100.0) == 300
