"""Contacts leave the state all along a log, and what has left is never counted again."""

from __future__ import annotations

import random

import pytest

from service.partition import departures
from service.state import neighbours
from service.state.customers import AWAKE, Customers
from service.store import changelog as state
from tests.partition.running import (
    COUNTERS,
    GAUGES,
    ORPHANS,
    TOLD_ALIKE,
    Run,
    cut,
    events_of,
    expected_at,
)
from tests.reference.compare import differences
from tests.reference.long_logs import LATENESS, long_log, short_settings
from tests.reference.seeds import seeds
from tests.reference.settings import HOUR, micro


@pytest.mark.parametrize("seed", seeds(12))
def test_what_comes_again_long_after_it_has_left_changes_no_number(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At any moment all is as of one batch, also with restarts in the middle of a flush."""
    rng = random.Random(seed)
    settings = short_settings(rng)
    monkeypatch.setattr(neighbours, "FEW", rng.choice((1, 12)))
    monkeypatch.setattr(departures, "DEPARTURE_INTERVAL", micro(rng.choice((1, 300))))
    # Customers are packed after every batch, when others were heard of, or never.
    monkeypatch.setattr(Customers.rest, "__defaults__", (rng.choice((0, 3, AWAKE)),))
    monkeypatch.setattr(state, "PART_BYTES", rng.choice((100, state.PART_BYTES)))
    run, lines = Run(settings), list[bytes]()
    for arrivals in cut(long_log(rng, settings, 60), rng, sizes=(1, 5, 20, 60)):
        lines += [arrival.line for arrival in arrivals]
        batch = events_of([arrival.line for arrival in arrivals], settings)
        # What is still to come is not later than the lateness.
        clock = max(run.engine.clock, arrivals[-1].at - LATENESS)
        before = list(run.changelog)
        written = run.feed(batch, clock)
        page = run.page()
        if rng.random() < 0.5:
            expected = expected_at(lines, run.engine.clock, settings)
            assert differences(expected, page, (*GAUGES, *COUNTERS)) == []
        if rng.random() < 0.2:
            length = rng.randrange(len(written) + 1)
            run = run.successor(changelog=before + written[:length])
            run.feed(batch, clock)
            assert differences(page, run.page(), TOLD_ALIKE) == []
    for _ in range(3):
        run.feed([], run.engine.clock + micro(30 * HOUR))
    expected = expected_at(lines, run.engine.clock, settings)
    assert differences(expected, run.page(), (*GAUGES, *COUNTERS, *ORPHANS)) == []
    assert run.engine.live_contacts == 0
