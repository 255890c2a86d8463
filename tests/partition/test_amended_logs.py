"""What has left the state is to others what it was, whatever becomes of these: see the reference.

Gauges only: of what changes after it was final, the counters keep what they have counted.
"""

from __future__ import annotations

import random

import pytest

from service.partition import departures
from service.state import neighbours
from service.state.customers import AWAKE, Customers
from tests.partition.running import DURABLE, GAUGES, Run, cut, events_of, expected_at, fallen
from tests.reference.amended_logs import amended_log
from tests.reference.compare import differences
from tests.reference.long_logs import short_settings
from tests.reference.seeds import seeds
from tests.reference.settings import HOUR, micro


@pytest.mark.parametrize("seed", seeds(24))
def test_amendments_after_others_have_left_give_what_a_batch_of_all_says(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    settings = short_settings(rng)
    monkeypatch.setattr(neighbours, "FEW", rng.choice((1, 12)))
    monkeypatch.setattr(departures, "DEPARTURE_INTERVAL", micro(rng.choice((1, 300))))
    monkeypatch.setattr(Customers.rest, "__defaults__", (rng.choice((0, AWAKE)),))
    run, lines = Run(settings), list[bytes]()
    told = run.page()
    for arrivals in cut(amended_log(rng, settings, 40), rng, sizes=(1, 5, 20, 60)):
        lines += [arrival.line for arrival in arrivals]
        batch, clock = events_of([it.line for it in arrivals], settings), arrivals[-1].at
        before, former = list(run.changelog), told
        written = run.feed(batch, clock)
        told = run.page()
        assert fallen(former, told) == []
        if rng.random() < 0.4:
            assert differences(expected_at(lines, clock, settings), told, GAUGES) == []
        if rng.random() < 0.2:
            length = rng.randrange(len(written) + 1)
            run = run.successor(changelog=before + written[:length])
            assert fallen(former, run.page()) == []
            run.feed(batch, clock)
            assert differences(told, run.page(), DURABLE) == []
    assert differences(expected_at(lines, run.engine.clock, settings), run.page(), GAUGES) == []
    for _ in range(3):
        run.feed([], run.engine.clock + micro(30 * HOUR))
    assert run.engine.live_contacts == 0
    assert run.successor().feed([], run.engine.clock) == []
