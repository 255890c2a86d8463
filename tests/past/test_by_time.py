"""Events come out in the order of their time, however many there are and however they came."""

from __future__ import annotations

from random import Random

import pytest

from service.past.by_time import EventsByTime
from tests.past import simulated

_EVENTS = simulated.events(simulated.lines())


@pytest.mark.parametrize("run", [1, 7, len(_EVENTS) // 2, len(_EVENTS), 10 * len(_EVENTS)])
def test_nothing_is_lost_or_changed_on_the_way(run: int) -> None:
    shuffled = Random(run).sample(_EVENTS, len(_EVENTS))[:300]
    with EventsByTime(run=min(run, 300)) as events:
        events.take(shuffled)
        for _ in range(2):
            assert list(events) == sorted(shuffled, key=lambda event: event.at)
        assert len(events) == len(shuffled)
        assert (events.first(), events.last) == (
            min(event.at for event in shuffled),
            max(event.at for event in shuffled),
        )


def test_events_of_one_time_keep_the_order_in_which_they_came() -> None:
    same = [event._replace(at=_EVENTS[0].at) for event in _EVENTS[:50]]
    with EventsByTime(run=20) as events:
        events.take(same)
        assert list(events) == same


def test_a_stray_date_can_be_left_out_of_the_span() -> None:
    with EventsByTime() as events:
        events.take([_EVENTS[0]._replace(at=0), *(_EVENTS[0]._replace(at=9) for _ in range(1000))])
        assert events.first() == 0
        assert events.first(ignoring=0.001) == 9
