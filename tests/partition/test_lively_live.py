"""Contacts that are reopened, wait and are corrected, told of as it comes in, over restarts."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import pytest

from service.events.model import CustomerChanged
from service.state import neighbours
from tests.partition.running import DURABLE, GAUGES, Run, cut, events_of, expected_at, fallen
from tests.reference.compare import differences
from tests.reference.lively_logs import lively_log
from tests.reference.lively_settings import CONFIGURATIONS
from tests.reference.seeds import seeds
from tests.reference.settings import DAY, micro

if TYPE_CHECKING:
    from tests.reference.page import Page
    from tests.reference.settings import ReferenceSettings
    from tests.reference.writing import Log

#: Nothing leaves the state, and nothing is final: gauges are functions of the records.
LATENESS: Final = 60 * DAY


@pytest.mark.parametrize("seed", seeds(2))
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_gauges_after_every_batch_in_any_order_are_those_of_the_reference(
    name: str, seed: int
) -> None:
    rng = random.Random(seed)
    settings = replace(CONFIGURATIONS[name], allowed_lateness=LATENESS)
    log = lively_log(seed, CONFIGURATIONS[name], 3)
    lines, run, done = list(log.lines), Run(settings), 0
    for batch in cut(lines, rng, (1, 3, 10)):
        done += len(batch)
        run.feed(events_of(batch, settings))
        if rng.random() < 0.3:
            run = run.successor()
        expected = expected_at(lines[:done], run.engine.clock, settings)
        assert differences(expected, run.page(), GAUGES) == []
    run.feed([], log.as_of)
    assert differences(expected_at(lines, log.as_of, settings), run.page(), GAUGES) == []


def in_order_and_in_time(log: Log, settings: ReferenceSettings) -> list[tuple[int, bytes]]:
    """What is told of contacts of which something is told every day, in the order of time."""
    told: dict[tuple[str, str], list[tuple[int, bytes]]] = {}
    for line in log.lines:
        for event, at in events_of([line], settings):
            assert not isinstance(event, CustomerChanged)
            told.setdefault((event.customer_id, event.contact_id), []).append((at, line))
    kept: list[tuple[int, bytes]] = []
    for of_contact in map(sorted, told.values()):
        if all(later[0] - at <= micro(DAY) for (at, _), later in pairwise(of_contact)):
            kept += of_contact
    return sorted(kept)


@pytest.mark.parametrize("seed", seeds(1))
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_gauges_after_others_have_left_are_those_of_a_batch_of_all(name: str, seed: int) -> None:
    rng = random.Random(seed)
    settings = CONFIGURATIONS[name]
    told = in_order_and_in_time(lively_log(seed, settings, 14), settings)
    lines, run = list[bytes](), Run(settings)
    for batch in cut(told, rng, (10, 40, 60)):
        lines += [line for _, line in batch]
        run.feed(events_of([line for _, line in batch], settings), batch[-1][0])
        if rng.random() < 0.3:
            run = run.successor()
        expected = expected_at(lines, run.engine.clock, settings)
        assert differences(expected, run.page(), GAUGES) == []
    run.feed([], run.engine.clock + micro(60 * DAY))
    expected = expected_at(lines, run.engine.clock, settings)
    assert differences(expected, run.page(), GAUGES) == []
    assert any(value is None for _, value in run.changelog), "none has left"


@pytest.mark.parametrize("seed", seeds(2))
@pytest.mark.parametrize("name", CONFIGURATIONS)
@pytest.mark.parametrize("few", [neighbours.FEW, 1])
def test_counters_never_fall_and_a_successor_tells_the_same(
    name: str, seed: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also as contacts leave."""
    monkeypatch.setattr(neighbours, "FEW", few)
    rng = random.Random(seed)
    settings = CONFIGURATIONS[name]
    log = lively_log(seed, settings)
    events = events_of(log.lines, settings)
    if rng.random() < 0.5:
        events.sort(key=lambda event: event[1])
    run = Run(settings)
    told: Page = {}
    for batch in cut(events, rng, (1, 5, 20)):
        run.feed(batch, rng.choice(batch)[1])
        page = run.page()
        assert fallen(told, page) == []
        told = page
        if rng.random() < 0.3:
            run = run.successor()
            assert differences(page, run.page(), DURABLE) == []
    for days in (1, 3, 60):
        run.feed([], log.as_of + micro(days * DAY))
        assert fallen(told, run.page()) == []
        told = run.page()
