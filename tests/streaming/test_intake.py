"""In which order records of several topics are applied, without any broker."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from service.streaming import intake as intake_module
from service.streaming.intake import (
    GRAIN,
    LIVE_US,
    LONGEST_SECONDS,
    PATIENCE_SECONDS,
    Intake,
)

TOPICS = ("started", "resolved", "answered")
#: The wall clock: everything in these tests is a backlog, unless they say otherwise.
WALL_US = 1_700_000_000_000_000


class Clock:
    """The monotonic clock, moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(intake_module, "time", clock)
    return clock


def records(times: range) -> list[Any]:
    return [SimpleNamespace(time=time) for time in times]


def taken_from(intake: Intake) -> tuple[str, list[Any]]:
    taken = intake.take(WALL_US)
    assert taken is not None
    return taken


def drained(intake: Intake) -> Iterator[tuple[str, list[int]]]:
    """Takes all there is to take, as the worker does."""
    while (taken := intake.take(WALL_US)) is not None:
        topic, its = taken
        times = [record.time for record in cast("list[Any]", its)]
        intake.reached(topic, times[len(times) // 2])
        yield topic, times


def test_topics_are_applied_abreast_in_event_time_whatever_was_fetched_first() -> None:
    intake = Intake(TOPICS)
    for topic, step in zip(TOPICS, (1, 2, 5), strict=True):
        intake.put(topic, records(range(0, 20 * GRAIN, step)))
        intake.set_at_end(topic, at_end=True)
    reached = dict.fromkeys(TOPICS, 0)
    longest = 0
    for topic, times in drained(intake):
        reached[topic] = times[-1]
        if len(intake_of := [t for t in TOPICS if intake.waiting(t)]) == len(TOPICS):
            longest = max(longest, max(reached.values()) - min(reached[t] for t in intake_of))
    assert not intake
    # The coarsest topic covers five grains of the finest with one.
    assert longest <= 2 * 5 * GRAIN


def test_a_topic_far_ahead_waits_until_the_others_have_come_to_it(clock: Clock) -> None:
    intake = Intake(TOPICS)
    intake.set_at_end("answered", at_end=True)
    intake.put("started", records(range(1_000_000, 1_000_000 + 4 * GRAIN)))
    intake.put("resolved", records(range(2 * GRAIN)))
    order = [topic for topic, _ in drained(intake)]
    # One grain of each tells where it is.
    assert order == ["started", "resolved", "resolved"]
    assert intake.waiting("started") == 3 * GRAIN
    clock.now += PATIENCE_SECONDS / 2
    intake.put("resolved", records(range(2_000_000, 2_000_000 + 1)))
    assert [topic for topic, _ in drained(intake)] == ["resolved"] + ["started"] * 3


def test_live_events_do_not_wait_for_a_topic_that_has_yet_to_be_fetched() -> None:
    intake = Intake(TOPICS)
    for topic, behind_us in zip(TOPICS, (1_000_000, LIVE_US - 1, 3_600_000_000), strict=True):
        intake.put(topic, records(range(1)))
        intake.take(WALL_US)
        intake.reached(topic, WALL_US - behind_us)
    intake.put("started", records(range(10)))
    assert len(taken_from(intake)[1]) == 10
    # One that has not come so close keeps waiting.
    intake.put("started", records(range(10)))
    intake.reached("started", WALL_US - LIVE_US)
    assert intake.take(WALL_US) is None


def test_live_events_are_applied_abreast_too() -> None:
    intake = Intake(TOPICS)
    for topic, behind_us in zip(TOPICS, (1_000, 2_000, 3_600_000_000), strict=True):
        intake.put(topic, records(range(1)))
        intake.take(WALL_US)
        intake.reached(topic, WALL_US - behind_us)
    intake.put("started", records(range(10)))
    intake.put("resolved", records(range(10)))
    assert taken_from(intake)[0] == "resolved"


def test_records_of_a_topic_keep_their_order_and_none_is_left_out() -> None:
    intake = Intake(["started"])
    taken = []
    for start in range(0, 5000, 700):
        intake.put("started", records(range(start, start + 700)))
        taken += [time for _, times in drained(intake) for time in times]
    assert taken == list(range(5600))


def test_a_topic_at_its_end_holds_nobody_back() -> None:
    intake = Intake(TOPICS)
    intake.put("started", records(range(10 * GRAIN)))
    intake.set_at_end("resolved", at_end=True)
    intake.set_at_end("answered", at_end=True)
    assert sum(len(times) for _, times in drained(intake)) == 10 * GRAIN


def test_a_topic_with_more_to_come_holds_the_others_back_for_a_bounded_time(clock: Clock) -> None:
    intake = Intake(TOPICS)
    intake.put("started", records(range(10 * GRAIN)))
    assert sum(len(times) for _, times in drained(intake)) == GRAIN
    clock.now += 0.99 * PATIENCE_SECONDS
    assert intake.take(WALL_US) is None
    clock.now += 0.02 * PATIENCE_SECONDS
    assert sum(len(times) for _, times in drained(intake)) == 9 * GRAIN
    # And as long as nothing comes, it is not waited for any more.
    clock.now += 100 * PATIENCE_SECONDS
    intake.put("started", records(range(10 * GRAIN, 11 * GRAIN)))
    assert len(taken_from(intake)[1]) == GRAIN


def test_several_topics_that_do_not_come_are_waited_for_at_the_same_time(clock: Clock) -> None:
    intake = Intake(TOPICS)
    intake.put("started", records(range(3 * GRAIN)))
    list(drained(intake))
    clock.now += 1.01 * PATIENCE_SECONDS
    assert sum(len(times) for _, times in drained(intake)) == 2 * GRAIN


def test_a_topic_that_comes_back_is_waited_for_again(clock: Clock) -> None:
    intake = Intake(["started", "resolved"])
    intake.put("started", records(range(4 * GRAIN)))
    list(drained(intake))
    clock.now += 2 * PATIENCE_SECONDS
    assert len(taken_from(intake)[1]) == GRAIN
    intake.put("resolved", records(range(10)))
    assert [topic for topic, _ in drained(intake)] == ["resolved"]
    assert intake.waiting("started") == 2 * GRAIN


def test_time_in_which_nobody_waits_does_not_count(clock: Clock) -> None:
    intake = Intake(["started", "resolved"])
    intake.put("started", records(range(GRAIN)))
    list(drained(intake))
    clock.now += 100 * PATIENCE_SECONDS
    intake.put("started", records(range(GRAIN, 2 * GRAIN)))
    assert intake.take(WALL_US) is None


def test_nothing_is_kept_of_what_is_to_be_fetched_again() -> None:
    intake = Intake(["started", "resolved"])
    intake.set_at_end("resolved", at_end=True)
    intake.put("started", records(range(GRAIN)))
    intake.clear()
    assert not intake
    assert intake.take(WALL_US) is None
    intake.put("started", records(range(10)))
    assert [record.time for record in taken_from(intake)[1]] == list(range(10))


def test_old_events_poured_into_one_topic_hold_the_others_up_for_seconds_only(clock: Clock) -> None:
    intake = Intake(TOPICS)
    intake.set_at_end("started", at_end=True)
    intake.set_at_end("resolved", at_end=True)
    live, old, applied, longest = 1_000_000, 0, 0, 0
    for _ in range(300):
        clock.now += 1.0
        intake.put("started", records(range(live, live + 50)))
        intake.put("answered", records(range(old, old + 4 * GRAIN)))
        live, old = live + 50, old + 4 * GRAIN
        # No more than a second's work.
        for _ in range(4):
            topic, taken = taken_from(intake)
            intake.reached(topic, taken[-1].time)
            applied += len(taken) if topic == "started" else 0
        longest = max(longest, intake.waiting("started"))
    assert longest <= (LONGEST_SECONDS + 2) * 50
    assert applied >= 300 * 50 - longest


def test_the_bytes_that_wait_go_with_the_records_and_come_back_with_them() -> None:
    intake = Intake(["started"])
    for size in (500_000, 7):
        intake.put("started", records(range(GRAIN + 50)), size)
    _, taken = taken_from(intake)
    assert 0 < intake.waiting_bytes("started") < 500_007
    intake.put_back("started", taken[100:])
    while intake.take(WALL_US) is not None:
        pass
    assert intake.waiting_bytes("started") == 0
