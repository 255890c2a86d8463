"""Contacts that are reopened, wait and are corrected are taken over under other settings."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
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
from tests.rules.notation import resolved, started, updated

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
        self.events += readable_events(lines, settings, defaultdict(int))

    def expected(self, clock: int, settings: ReferenceSettings) -> Page:
        # Updates and evaluations that were read once are kept, and heeded only while they are read.
        events = [
            (topic, fields)
            for topic, fields in self.events
            if (topic != "contact-updated" or settings.contact_updated)
            and (topic != "contact-evaluated" or settings.contact_evaluated)
        ]
        totals: Totals = defaultdict(int)
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
        and (settings.contact_evaluated or series[0] != "cx_evaluations_total")
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
    # No edge of the longest window is looked for: what is too late for it depends on the order.
    windows = {name: it for name, it in run.settings.windows.items() if name not in LONG}
    log = lively_log(seed, replace(run.settings, windows=windows), 4)
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


@pytest.mark.parametrize("seed", seeds(3))
def test_no_counter_falls_while_contacts_leave_under_changing_settings(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    shaken(rng, monkeypatch)
    first = mixed(rng, rng.choice([*CONFIGURATIONS.values()]), len(TOGETHER))
    run, highest = Run(replace(first, max_label_values=100)), dict[Any, float]()
    every_topic = replace(
        first, contact_updated=True, contact_responded=True, contact_evaluated=True
    )
    log = lively_log(seed, every_topic, 8)
    told = sorted((at, line) for line in log.lines for _, at in events_of([line], every_topic))
    for batch in cut(told, rng, (5, 20, 40)):
        run.feed(events_of([line for _, line in batch], run.settings), batch[-1][0])
        if rng.random() < 0.4:
            successor = run.successor(changed(rng, run.settings))
            if rng.random() < 0.3:
                in_the_middle(run, successor, rng)
            run = successor
        page = run.page()
        assert fallen(shown_of(highest, run.settings), page) == []
        assert differences(page, run.successor().page(), DURABLE) == []
        highest |= page
    assert any(value is None for _, value in run.changelog), "none has left"


def value(run: Run, name: str, **labels: str) -> float:
    """The sum of the series that have these labels."""
    return sum(
        it
        for (series, its), it in run.page().items()
        if series == name and labels.items() <= dict(its).items()
    )


def test_teams_that_are_turned_on_have_the_names_that_records_have() -> None:
    run = Run(ReferenceSettings())
    lines = [started("a", "10:00"), resolved("a", "10:05", team="red")]
    run.feed(events_of(lines, run.settings))
    successor = run.successor(ReferenceSettings(teams=True))
    assert value(successor, "cx_window_team_contacts_closed", team="red", window="1h") == 1


def test_updates_that_were_read_say_nothing_while_they_are_off_and_speak_again_after() -> None:
    on, off = ReferenceSettings(contact_updated=True), ReferenceSettings()
    run = Run(on)
    lines = [started("a", "10:00"), resolved("a", "10:05"), updated("a", "10:10", status="open")]
    run.feed(events_of(lines, on))
    backlogs = [value(run, "cx_backlog_contacts")]
    for settings in (off, on):
        run = run.successor(settings)
        backlogs.append(value(run, "cx_backlog_contacts"))
    assert backlogs == [1, 0, 1]


def test_what_was_counted_of_a_customer_stays_when_the_id_comes_to_stand_for_nobody() -> None:
    run = Run(ReferenceSettings())
    lines = [started("a", "10:00"), resolved("a", "10:05")]
    run.feed(events_of(lines, run.settings), run.engine.clock)
    run.feed([], run.engine.latest + micro(DAY))
    counted = value(run, "cx_fcr_contacts_total", repeat_window="2h")
    nobody = run.successor(ReferenceSettings(anonymous_customers=("x",)))
    assert counted == value(nobody, "cx_fcr_contacts_total", repeat_window="2h") == 1
