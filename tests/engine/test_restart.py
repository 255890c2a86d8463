"""A worker that takes up a partition from its changelog says what its predecessor would."""

from __future__ import annotations

from service.windows.clock import BEFORE_ALL
from tests.engine.running import DURABLE, GAUGES, Run, events_of, expected_at
from tests.reference.compare import differences
from tests.reference.settings import ReferenceSettings
from tests.rules.notation import answered, resolved, started


def test_the_contacts_of_a_busy_customer_are_indexed_once() -> None:
    settings = ReferenceSettings()
    lines = [started(f"c{number:02}", f"10:{number:02}") for number in range(20)]
    lines += [resolved(f"c{number:02}", f"10:{number + 30:02}") for number in range(20)]
    lines += [started("late", "12:35")]  # a repeat of those that ended since 10:35
    run = Run(settings)
    run.feed(events_of(lines, settings))
    successor = run.successor()
    # all but the first turn out to be about something else, and no trace of them stays behind
    amended = [started(f"c{number:02}", f"10:{number:02}", reason="r") for number in range(1, 20)]
    successor.feed(events_of(amended, settings))
    expected = expected_at(lines + amended, successor.engine.clock, settings)
    assert differences(expected, successor.page(), GAUGES) == []
    assert differences(successor.page(), successor.successor().page(), DURABLE) == []


def test_a_topic_that_is_ahead_of_the_others_stays_so() -> None:
    settings = ReferenceSettings()
    run = Run(settings)
    run.feed(events_of([answered("x", "10:00", "csat", 5), started("a", "10:00")], settings), 0)
    run.feed(events_of([started("b", "11:00")], settings), 0)
    successor = run.successor()
    for worker in (run, successor):
        worker.feed(events_of([answered("x", "12:00", "nps", 5)], settings), 0)
        worker.feed(events_of([resolved("a", "12:00")], settings), 0)
    assert successor.engine.clock == run.engine.clock


def test_nothing_new_is_nothing_to_write() -> None:
    run = Run(ReferenceSettings())
    assert run.feed([], BEFORE_ALL) == []
    run.feed(events_of([started("a", "10:00")], run.settings))
    assert run.feed([]) == []
    assert run.successor().feed([]) == []
