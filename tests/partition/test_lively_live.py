"""Contacts that are reopened, wait and are corrected, told of as it comes in, over restarts."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import pytest

from service.events.model import ContactStarted, CustomerChanged
from service.partition import departures, stated
from service.state import neighbours
from service.store import changelog as state
from service.store import pieces
from tests.partition.running import (
    DURABLE,
    GAUGES,
    SIZES,
    TOLD_ALIKE,
    Run,
    cut,
    events_of,
    expected_at,
    fallen,
)
from tests.reference.compare import differences
from tests.reference.lively_logs import lively_log
from tests.reference.lively_settings import CONFIGURATIONS
from tests.reference.seeds import seeds
from tests.reference.settings import DAY, HOUR, micro

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
    """What is told of contacts of which something is told every day, in the order of time.

    Without those of which something was told more than a day before they started: it may have left.
    """
    told: dict[tuple[str, str], list[tuple[int, bytes]]] = {}
    started_at: dict[tuple[str, str], int] = {}
    for line in log.lines:
        for event, at in events_of([line], settings):
            assert not isinstance(event, CustomerChanged)
            contact = (event.customer_id, event.contact_id)
            told.setdefault(contact, []).append((at, line))
            if isinstance(event, ContactStarted):
                started_at[contact] = max(at, started_at.get(contact, at))
    kept: list[tuple[int, bytes]] = []
    for contact, lines in told.items():
        of_contact = sorted(lines)
        begins = of_contact[0][0]
        is_daily = all(later[0] - at <= micro(DAY) for (at, _), later in pairwise(of_contact))
        if is_daily and started_at.get(contact, begins) - begins <= micro(DAY):
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
    # Hardly any is remembered as it was stated: most are drawn up anew.
    monkeypatch.setattr(stated, "LATELY", 0 if few == 1 else stated.LATELY)
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


@pytest.mark.parametrize("seed", seeds(4))
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_worker_that_ends_within_a_flush_changes_no_number(
    name: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its batch comes again, to a successor that has any prefix of what it wrote: what this one
    tells until then is no less than what was told before."""
    rng = random.Random(seed)
    monkeypatch.setattr(neighbours, "FEW", rng.choice((neighbours.FEW, 1)))
    piece, part = rng.choice(SIZES)
    monkeypatch.setattr(pieces, "PIECE_BYTES", piece)
    monkeypatch.setattr(state, "PART_BYTES", part)
    monkeypatch.setattr(departures, "DEPARTURE_INTERVAL", micro(rng.choice((1, 300))))
    settings = CONFIGURATIONS[name]
    events = events_of(lively_log(seed, settings).lines, settings)
    events.sort(key=lambda event: event[1] + rng.randrange(micro(rng.choice((1, HOUR, 60 * DAY)))))
    run = Run(settings)
    for batch in cut(events, rng, (1, 5, 20, 60)):
        before, told, clock = list(run.changelog), run.page(), rng.choice(batch)[1]
        written = run.feed(batch, clock)
        if run.lost_some():
            return
        prefix = before + written[: rng.randrange(len(written) + 1)]
        # Values are agreed on before an event that brings them is applied.
        again = Run(settings, prefix, agreed=run.engine.labels.given)
        assert fallen(told, again.page()) == []
        again.feed(batch, clock)
        assert differences(run.page(), again.page(), TOLD_ALIKE) == []
        if rng.random() < 0.3:
            # By then all that is due has left.
            later = max(run.engine.clock, clock) + micro(rng.choice((2, 40, 80)) * DAY)
            one, other = run.successor(), again.successor()
            one.feed([], later)
            other.feed([], later)
            assert differences(one.page(), other.page(), DURABLE) == []
        if rng.random() < 0.5:
            run = again
