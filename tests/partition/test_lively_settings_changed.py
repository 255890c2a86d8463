"""Contacts that are reopened, wait and are corrected are taken over under other settings."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import pytest

from service.partition import restore as restoring
from service.state import neighbours
from service.store import changelog as state
from tests.partition.running import DURABLE, GAUGES, Run, cut, events_of, fallen
from tests.partition.test_settings_changed import in_the_middle, is_shown
from tests.reference.compare import differences
from tests.reference.contacts import assemble
from tests.reference.lively_logs import lively_log
from tests.reference.lively_settings import CONFIGURATIONS, TOGETHER, mixed
from tests.reference.page import Dimensions, readable_events, tell
from tests.reference.partition import Partition
from tests.reference.seeds import seeds
from tests.reference.settings import DAY, ReferenceSettings, micro

if TYPE_CHECKING:
    from tests.reference.events import Fields
    from tests.reference.page import Page, Totals

#: Nothing leaves the state, or is too late for it, however the log is shuffled.
LONG: Final = {"1000d": (1000 * DAY, DAY)}


def any_settings(rng: random.Random) -> ReferenceSettings:
    """Everything of version 2, from one configuration or another."""
    settings = mixed(rng, rng.choice([*CONFIGURATIONS.values()]), len(TOGETHER))
    # Which labels find room depends on the order in which partitions propose them.
    return replace(settings, max_label_values=100, windows={**settings.windows, **LONG})


def changed(rng: random.Random, settings: ReferenceSettings) -> ReferenceSettings:
    """One thing alone, some, or all of them are others now."""
    return mixed(rng, settings, rng.choice((1, 3, len(TOGETHER))))


class Read:
    """What was read of a log, each line under the settings of its day."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Fields]] = []

    def read(self, lines: list[bytes], settings: ReferenceSettings) -> None:
        self.events += readable_events(lines, settings, defaultdict(Fraction))

    def expected(self, clock: int, settings: ReferenceSettings) -> Page:
        # Updates that were read once are kept, and heeded only while they are read.
        events = [
            (topic, fields)
            for topic, fields in self.events
            if topic != "contact-updated" or settings.contact_updated
        ]
        totals: Totals = defaultdict(Fraction)
        contacts, _ = assemble(events, settings)
        label = Dimensions(events, settings).label
        tell(Partition(contacts, clock, settings, label), totals)
        return {key: float(value) for key, value in totals.items()}


def shown_of(page: Page, settings: ReferenceSettings) -> Page:
    """What these settings have of it: metrics of what is off are absent."""
    return {
        series: value
        for series, value in page.items()
        if is_shown(series, settings)
        and (settings.contact_updated or series[0] != "cx_contacts_reopened_total")
    }


def shaken(rng: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "FEW", rng.choice((1, 12)))
    monkeypatch.setattr(restoring, "RESTATED_AT_ONCE", rng.choice((1, 1000)))
    monkeypatch.setattr(state, "PART_BYTES", rng.choice((100, state.PART_BYTES)))


@pytest.mark.parametrize("seed", seeds(4))
def test_gauges_follow_changed_settings_at_once_and_no_counter_falls(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    shaken(rng, monkeypatch)
    run, read, highest = Run(any_settings(rng)), Read(), dict[Any, float]()
    log = lively_log(seed, run.settings, 4)
    lines = list(log.lines)
    if rng.random() < 0.5:
        lines.sort(
            key=lambda line: min((at for _, at in events_of([line], run.settings)), default=0)
        )
    for batch in cut(lines, rng, (3, 10, 30)):
        read.read(batch, run.settings)
        run.feed(events_of(batch, run.settings))
        if rng.random() < 0.3:
            successor = run.successor(changed(rng, run.settings))
            if rng.random() < 0.3:
                in_the_middle(run, successor, rng)
            run = successor
        page = run.page()
        assert differences(read.expected(run.engine.clock, run.settings), page, GAUGES) == []
        assert fallen(shown_of(highest, run.settings), page) == []
        highest |= page
    for days in (1, 60):
        run.feed([], max(run.engine.clock, log.as_of) + micro(days * DAY))
        page = run.page()
        assert differences(read.expected(run.engine.clock, run.settings), page, GAUGES) == []
        assert fallen(shown_of(highest, run.settings), page) == []
        highest |= page
    assert differences(run.page(), run.successor().page(), DURABLE) == []
