"""What is told of the goals that were missed: figures that add up."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.contenders import DRAIN, SERVICE, Run
from bench.measures import Measure, Standing, at_least, at_most
from bench.obstacles.changelog import changelog_obstacle
from bench.obstacles.obstacle import Obstacle, Table, steps_table
from bench.obstacles.throughput import allowance
from bench.profiling.sampling import Profile, Stack, profile_of
from bench.profiling.steps import EVENT
from bench.programs.steady_changelog import AGAIN, HOUSEKEEPING, NEW, TOMBSTONES

_STANDINGS = [
    Standing(SERVICE, [Run(rate=50_000, cpu=1.6, peak_rss=0)]),
    Standing(DRAIN, [Run(rate=400_000, cpu=0.2, peak_rss=0)]),
]


def test_the_floors_allow_a_rate_and_a_share_of_the_drain() -> None:
    _, floors, _ = allowance({"fetch": 3.0, "decode": 2.0}, _STANDINGS, [])
    assert "5.0 us an event" in str(floors)
    assert "200,000 events/s on one core, 0.50 of the drain" in str(floors)


def test_a_missed_ratio_is_told_as_the_rate_and_the_time_that_it_asks_for() -> None:
    missed = at_least("1", "of the drain", 0.125, 0.4, " x")
    *_, goals = allowance({"fetch": 3.0}, _STANDINGS, [missed])
    assert isinstance(goals, Table)
    assert list(goals.rows[0][1:]) == ["160,000", "6.2", "3.2"]


def test_the_core_was_busy_for_the_time_that_the_events_took() -> None:
    busy, *_ = allowance({"fetch": 3.0}, _STANDINGS, [])
    assert "16.0 us of CPU an event" in str(busy)
    assert "busy for 80 %" in str(busy)


def test_the_steps_share_the_total_out_by_samples() -> None:
    profile = Profile(10.0, Counter(decode=1, fetch=3))
    rows = {row[0]: row[1:] for row in steps_table(profile, EVENT, {"decode": 0.5}, "us").rows}
    assert rows["decode"] == ["2.50", "25 %", "0.50"]
    assert rows["fetch"] == ["7.50", "75 %", ""]
    assert rows["all"] == ["10.00", "100 %", "0.50"]


def test_stacks_of_starting_are_left_out_of_a_profile() -> None:
    stacks = [
        Stack(["run (asyncio.py:1)", "Decoder.decode (service/events/decoding.py:2)"], 5),
        Stack(["import (importlib.py:1)"], 100),
    ]
    profile = profile_of(stacks, EVENT, 10.0, ["service/events"])
    assert profile.steps == {"decode": 5}
    assert profile.functions == {"Decoder.decode (service/events/decoding.py)": 5}


def test_live_a_contact_is_written_and_leaves_at_least() -> None:
    missed = at_most("4", "records, live", 1.6, 1.2)
    missed.raw["kinds"] = {NEW: 0.45, AGAIN: 0.65, TOMBSTONES: 0.48, HOUSEKEEPING: 0.02}
    table = changelog_obstacle([missed]).parts[1]
    assert isinstance(table, Table)
    assert list(table.rows[-1]) == ["all", "1.60", "0.90"]


def test_an_obstacle_is_text_and_what_json_can_hold() -> None:
    obstacle = Obstacle("replay", ["Why:", Table(["step", "us"], [["decode", "1.0"]])])
    assert str(obstacle).startswith("What stands in the way: replay\n\nWhy:\n\n| step   |")
    assert obstacle.raw()["parts"][1]["rows"] == [["decode", "1.0"]]


@pytest.mark.parametrize("of", [at_least, at_most])
def test_a_measure_remembers_its_bound(of: object) -> None:
    measure = of("1", "what", 2.0, 3.0)  # type: ignore[operator]
    assert isinstance(measure, Measure)
    assert measure.raw == {"value": 2.0, "bound": 3.0}
