"""The numbers at moments of the past are those that a replay of the events up to then has."""

from __future__ import annotations

from random import Random

import pytest

from service.definitions import Definitions
from service.past.by_time import EventsByTime
from service.past.walk import Walk
from tests.past import simulated

_LINES = simulated.lines()


@pytest.mark.parametrize("seed", range(3))
def test_the_gauges_of_a_moment_are_those_of_a_replay_of_the_events_up_to_then(seed: int) -> None:
    random = Random(seed)
    shuffled = random.sample(_LINES, len(_LINES))
    times = sorted(event.at for event in simulated.events(_LINES))
    moments = sorted(random.sample(range(times[0], times[-1]), 3))
    with EventsByTime(run=100) as events:
        events.take(simulated.reader().events(shuffled))
        walked = list(Walk(Definitions()).at(moments, events))
    for moment, (snapshot,) in zip(moments, walked, strict=True):
        assert snapshot.clock == moment
        found = simulated.gauges(snapshot)
        assert found
        assert found == simulated.gauges(simulated.replayed(_LINES, moment))


def test_what_became_of_the_events_is_counted_up_to_the_moment() -> None:
    times = sorted(event.at for event in simulated.events(_LINES))
    walk = Walk(Definitions())
    with EventsByTime() as events:
        events.take(simulated.reader().events([*_LINES, *_LINES]))
        moments = [times[0] - 1, times[0], times[-1]]
        first, one, all_ = [dict(walk.events) for _ in walk.at(moments, events)]
    assert first == {}
    assert set(one.values()) == {1}
    accepted = sum(count for (_, result), count in all_.items() if result == "accepted")
    duplicate = sum(count for (_, result), count in all_.items() if result == "duplicate")
    assert (accepted, duplicate) == (len(_LINES), len(_LINES))
