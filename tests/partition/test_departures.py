"""Contacts leave the state when nothing depends on them any more, and what they counted stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.partition.running import COUNTERS, DURABLE, GAUGES, Run, events_of, expected_at, fallen
from tests.reference.compare import differences
from tests.reference.events import time
from tests.reference.settings import DAY, HOUR, MINUTE, ReferenceSettings, micro
from tests.rules.notation import (
    answered,
    moment,
    reopened,
    resolved,
    responded,
    started,
    updated,
)

if TYPE_CHECKING:
    from tests.reference.page import Page

#: A retention of an hour and a half, and half a minute.
SHORT: Final[dict[str, Any]] = {
    "windows": {"1h": (HOUR, MINUTE)},
    "repeat_windows": {"30m": HOUR // 2},
}


def at(short: str) -> int:
    return time(moment(short))


@pytest.mark.parametrize(
    ("lines", "given"),
    [
        pytest.param(
            [resolved("c", "10:00"), started("c", "13:00")], {}, id="its start, after its end"
        ),
        pytest.param(
            [started("c", "09:59"), resolved("c", "10:00", first_response_at="13:00")],
            {},
            id="its first response, after its end",
        ),
        pytest.param(
            [started("c", "09:59"), responded("c", "13:00"), resolved("c", "10:00")],
            {"contact_responded": True},
            id="its first response, published, after its end",
        ),
        pytest.param(
            [started("c", "10:00", channel="email"), resolved("c", "10:01")],
            {"contact_responded": True, "sla": {"email": (3 * HOUR, None)}},
            id="the target that passes in silence",
        ),
    ],
)
def test_a_contact_stays_until_its_last_fact_is_told(
    lines: list[bytes], given: dict[str, Any]
) -> None:
    settings = ReferenceSettings(**{**SHORT, **given})
    run = Run(settings)
    run.feed(events_of(lines, settings), at("10:00"))
    for hour in range(10, 20):
        clock = max(run.engine.clock, at(f"{hour}:59"))
        run.feed([], clock)
        expected = expected_at(lines, clock, settings)
        for worker in (run, run.successor()):
            assert differences(expected, worker.page(), GAUGES + COUNTERS) == []
    assert run.engine.live_contacts == 0


def test_a_shorter_retention_does_not_forget_what_the_longer_one_kept() -> None:
    """Those that the new settings would have let go are counted, and only then they leave."""
    long, short = ReferenceSettings(), ReferenceSettings(**SHORT)
    run = Run(long)
    lines = [started("a", "01 10:00"), resolved("a", "01 10:05")]
    lines += [started("b", "20 10:00"), resolved("b", "20 10:05")]
    run.feed(events_of(lines, long), at("01 10:06"))
    run.feed([], at("20 12:30"))  # a has left, b stays for a fortnight
    assert run.engine.live_contacts == 1
    before = run.page()
    successor = run.successor(short)
    assert fallen(_without_repeat_windows(before), successor.page()) == []
    successor.feed([], at("21 12:36"))
    assert successor.engine.live_contacts == 0
    assert fallen(_without_repeat_windows(before), successor.page()) == []
    assert differences(successor.page(), successor.successor().page(), DURABLE) == []


def test_a_longer_retention_keeps_what_comes_late_under_it() -> None:
    short, long = ReferenceSettings(**SHORT), ReferenceSettings()
    run = Run(short)
    run.feed(events_of([started("a", "10:00"), resolved("a", "10:05")], short), at("10:06"))
    run.feed([], at("12:36"))
    successor = run.successor(long)
    successor.feed([], at("16:00"))
    late = [started("b", "11:10"), resolved("b", "11:15")]
    successor.feed(events_of(late, long))
    assert successor.engine.live_contacts == 1
    assert differences(successor.page(), successor.successor().page(), DURABLE) == []


def test_what_has_left_under_a_shorter_retention_does_not_come_again_under_a_longer_one() -> None:
    short, long = ReferenceSettings(**SHORT), ReferenceSettings()
    run = Run(short)
    lines = [started("a", "10:00"), resolved("a", "10:05")]
    run.feed(events_of(lines, short), at("10:06"))
    run.feed([], at("12:36"))
    successor = run.successor(long)
    before = successor.page()
    successor.feed(events_of(lines, long))
    assert successor.results == {"too_late": 2}
    assert differences(before, successor.page(), DURABLE) == []


def _without_repeat_windows(page: Page) -> Page:
    return {
        (name, labels): value
        for (name, labels), value in page.items()
        if "repeat_window" not in dict(labels)
    }


def test_an_expired_contact_leaves_a_retention_after_its_horizon() -> None:
    settings = ReferenceSettings(**SHORT, open_horizon=DAY)
    run = Run(settings)
    lines = [started("a", "05 10:00")]
    run.feed(events_of(lines, settings))
    run.feed([], at("06 11:30:29"))
    assert run.engine.live_contacts == 1
    run.feed([], at("06 11:30:30") + micro(10 * MINUTE))
    assert run.engine.live_contacts == 0
    expected = expected_at(lines, run.engine.clock, settings)
    assert differences(expected, run.page(), GAUGES + COUNTERS) == []


def test_the_parts_of_an_unseen_contact_leave_each_at_its_own_time() -> None:
    settings = ReferenceSettings(**SHORT, contact_responded=True)
    lines = [answered("c", "10:00", "csat", 5), resolved("c", "11:00"), responded("c", "12:00")]
    lines += [answered("c", "12:00", "nps", 9)]
    run = Run(settings)
    run.feed(events_of(lines, settings), at("10:00"))
    for hour, left in ((11, 1), (12, 2), (13, 4)):
        clock = at(f"{hour}:59")
        run.feed([], clock)
        expected = expected_at(lines, clock, settings)
        for worker in (run, run.successor()):
            page = worker.page()
            assert differences(expected, page, (*COUNTERS, "cx_pipeline_orphans_")) == []
            assert _orphans(page) == left
    assert run.engine.live_contacts == 0


def test_a_part_that_has_left_is_too_late_when_it_comes_again() -> None:
    """Even while a later part of its contact, which has not been seen, is in the state."""
    settings = ReferenceSettings(**SHORT)
    lines = [resolved("c", "10:00"), answered("c", "11:30", "csat", 5)]
    run = Run(settings)
    run.feed(events_of(lines, settings))
    run.feed([], at("12:00"))
    run.feed(events_of(lines, settings))
    assert run.results == {"accepted": 2, "too_late": 1, "duplicate": 1}
    run.feed([], at("14:00"))
    assert _orphans(run.page()) == 2


def test_a_contact_may_come_after_an_early_part_of_it_has_left() -> None:
    settings = ReferenceSettings(**SHORT)
    run = Run(settings)
    early = [answered("c", "10:00", "csat", 5), answered("c", "11:30", "nps", 5)]
    run.feed(events_of(early, settings))
    run.feed([], at("12:00"))
    before = run.page()
    run.feed(events_of([started("c", "09:00"), resolved("c", "11:30")], settings))
    for worker in (run, run.successor()):
        page = worker.page()
        assert fallen(before, page) == []
        told = {dict(labels)["channel"] for (name, labels), value in page.items() if value
                and name == "cx_window_survey_answers"}  # fmt: skip
        assert told == {"voice"}


def test_an_answer_that_has_left_is_not_counted_again_when_its_contact_has_come() -> None:
    settings = ReferenceSettings(**SHORT)
    run = Run(settings)
    early = [answered("c", "10:00", "csat", 5), answered("c", "11:30", "nps", 5)]
    run.feed(events_of(early, settings))
    run.feed([], at("12:00"))
    run.feed(events_of([started("c", "09:00"), *early[:1]], settings))
    for worker in (run, run.successor()):
        worker.feed(events_of([*early[:1], resolved("c", "11:30")], settings))
        assert _answers(worker.page()) == 2
        assert _answers(worker.successor().page()) == 2
        worker.feed([], at("06 11:30"))
        assert worker.engine.live_contacts == 0
        for one in (worker, worker.successor()):
            assert _answers(one.page()) == 2
            assert fallen(run.page(), one.page()) == []


def _answers(page: Page) -> float:
    return sum(count for (name, _), count in page.items() if name == "cx_survey_answers_total")


def test_what_leaves_in_the_batch_in_which_it_came_is_written_first() -> None:
    """Else a crash before its tombstone would leave what it was before, to be counted again."""
    settings = ReferenceSettings(**SHORT)
    run = Run(settings)
    run.feed(events_of([started("c", "10:00"), answered("d", "10:00", "csat", 1)], settings))
    before = list(run.changelog)
    batch = events_of(
        [resolved("c", "10:05"), resolved("d", "10:05"), answered("d", "15:00", "nps", 1)], settings
    )
    written = run.feed(batch, at("15:00"))
    assert [value for _, value in written][-1:] == [None]
    for length in range(len(written) + 1):
        successor = Run(settings, before + written[:length])
        successor.feed(batch, at("15:00"))
        assert differences(run.page(), successor.page(), DURABLE) == [], length


def test_what_a_contact_was_before_a_part_of_it_left_is_written_whole() -> None:
    """Else a crash before the clock by which the part has left would leave it to nobody."""
    settings = ReferenceSettings(**SHORT, contact_updated=True)
    run = Run(settings)
    early = [resolved("c", "10:00"), reopened("c", "10:30"), resolved("c", "12:00")]
    run.feed(events_of(early, settings), at("10:30"))
    before, batch = list(run.changelog), events_of([updated("c", "12:05", status="open")], settings)
    written = run.feed(batch, at("12:06"))
    run.feed([], at("15:00"))
    assert _orphans(run.page()) == 4
    for length in range(len(written) + 1):
        successor = Run(settings, before + written[:length])
        successor.feed(batch, at("12:06"))
        successor.feed([], at("15:00"))
        assert differences(run.page(), successor.page(), DURABLE) == [], length


def _orphans(page: Page) -> float:
    return sum(count for (name, _), count in page.items() if name == "cx_pipeline_orphans_total")


def test_one_whose_tombstone_is_missing_has_left_although_another_of_the_customer_stays() -> None:
    settings = ReferenceSettings(**SHORT)
    run = Run(settings)
    ended = [resolved("a", "10:05")]
    run.feed(events_of([started("a", "10:00"), *ended], settings), at("10:06"))
    run.feed(events_of([started("b", "11:30")], settings), at("11:31"))
    run.feed([], at("12:00"))  # a has left at 11:35:30
    without_tombstones = [record for record in run.changelog if record[1] is not None]
    for changelog in (run.changelog, without_tombstones):
        successor = run.successor(changelog=changelog)
        assert successor.engine.live_contacts == 1
        successor.feed(events_of(ended, settings), at("12:00"))
        assert successor.results == {"too_late": 1}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            [
                *(started("c", "10:00"), resolved("c", "10:05")),
                *(started("d", "10:06"), started("k", "10:07")),
            ],
            [resolved("d", "13:00", outcome="abandoned"), resolved("k", "13:01")],
            id="the one in front of it turns out to be abandoned",
        ),
        pytest.param(
            [
                *(started("c", "10:00"), started("d", "10:06"), resolved("d", "10:06:30")),
                *(started("k", "10:07"), resolved("k", "10:08")),
            ],
            [resolved("c", "13:00")],
            id="those that follow it have left before it ends",
        ),
        pytest.param(
            [
                *(started("c", "10:00"), resolved("c", "10:05")),
                *(started("d", "10:06"), started("k", "10:07", reason="bill")),
            ],
            [
                *(started("k", "10:07:01"), resolved("d", "13:00", outcome="abandoned")),
                resolved("k", "13:01"),
            ],
            id="it turns out to be about the same",
        ),
        pytest.param(
            [
                *(started("c", "10:00", reason="bill"), resolved("c", "10:05")),
                started("k", "10:07"),
            ],
            [started("k", "10:07:01", previous_contact_id="c"), resolved("k", "13:01")],
            id="it turns out to continue it",
        ),
        pytest.param(
            [
                *(started("c", "10:00"), started("k", "10:07"), resolved("k", "10:08")),
                resolved("d", "11:00"),
            ],
            [started("d", "10:08:30"), resolved("c", "10:02", outcome="abandoned")],
            id="its start comes after it has left",
        ),
    ],
)
def test_what_a_contact_was_to_one_that_has_left_is_judged_by_both_as_they_are_known_at_last(
    before: list[bytes], after: list[bytes]
) -> None:
    settings = ReferenceSettings(**SHORT, open_horizon=DAY)
    run = Run(settings)
    run.feed(events_of(before, settings), at("10:30"))
    known = run.engine.live_contacts
    run.feed([], at("12:00"))
    assert run.engine.live_contacts < known
    for worker in (run, run.successor()):
        worker.feed(events_of(after, settings), at("13:02"))
        for one in (worker, worker.successor()):
            expected = expected_at(before + after, one.engine.clock, settings)
            assert differences(expected, one.page(), GAUGES) == []
