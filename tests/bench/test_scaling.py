"""What runs of one worker and of two say about a second worker."""

from __future__ import annotations

import pytest

from bench.goals.scaling import Race, verdict
from bench.measures import Measure


def _found(ones: list[Race], twos: list[Race], what: str) -> Measure:
    return next(measure for measure in verdict(ones, twos) if what in measure.what)


_ONE = Race(since=0.0, until=10.0, events=500_000, worker_cpu=8.0, broker_cpu=2.0, machine_cpu=11.0)
_TWO = Race(
    since=5.0, until=15.0, events=800_000, worker_cpu=13.0, broker_cpu=3.0, machine_cpu=18.0
)


def test_the_goal_is_judged_by_what_two_cores_allow_with_the_broker_on_them() -> None:
    # 16 us a worker and 4 us the broker for each of 80,000 events a second: 1.6 of two cores.
    goal = _found([_ONE], [_TWO], "of 2 x")
    assert goal.raw["value"] == pytest.approx(1.6)
    assert not goal.met


def test_a_second_worker_that_only_waits_does_not_meet_the_goal() -> None:
    waits = Race(0.0, 10.0, 500_000, 8.0, 2.0, 11.0)
    assert not _found([_ONE], [waits], "of 2 x").met


def test_two_workers_that_use_all_of_two_cores_meet_it() -> None:
    goal = _found([_ONE], [Race(0.0, 10.0, 950_000, 15.2, 3.8, 20.0)], "of 2 x")
    assert goal.raw["value"] == pytest.approx(1.9)
    assert goal.met


def test_the_ratio_as_it_is_is_told_beside_it() -> None:
    assert _found([_ONE], [_TWO], "as it is").raw["value"] == pytest.approx(1.6)


def test_two_cores_allow_no_more_than_what_worker_and_broker_need_of_them() -> None:
    # 20 us an event: 100,000 events/s on two cores, twice what one worker did.
    assert _found([_ONE], [_TWO], "the most").raw["value"] == pytest.approx(2.0)


def test_a_run_that_was_disturbed_does_not_decide() -> None:
    slow = Race(0.0, 10.0, 100_000, 8.0, 2.0, 11.0)
    goal = _found([_ONE, slow, _ONE], [_TWO, _TWO, _TWO], "as it is")
    assert goal.raw["value"] == pytest.approx(1.6)
