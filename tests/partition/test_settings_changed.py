"""A changelog is read under other settings than it was written under."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import pytest

from service.partition import departures
from service.partition import restore as restoring
from service.state import neighbours
from service.store import changelog as state
from tests.partition.running import (
    COUNTERS,
    DURABLE,
    GAUGES,
    Run,
    compacted,
    cut,
    events_of,
    fallen,
)
from tests.reference.compare import differences
from tests.reference.contacts import assemble
from tests.reference.counters import Counters
from tests.reference.logs import random_log
from tests.reference.long_logs import LATENESS, long_log, short_settings
from tests.reference.page import (
    HISTOGRAMS,
    Dimensions,
    Page,
    Series,
    bounds,
    le,
    readable_events,
    tell,
)
from tests.reference.partition import Partition
from tests.reference.random_settings import any_settings
from tests.reference.seeds import seeds
from tests.reference.settings import DAY, HOUR, MINUTE, ReferenceSettings, micro
from tests.rules.notation import resolved, started

if TYPE_CHECKING:
    pass

#: Nothing leaves the state, however long the log.
LONG: Final[dict[str, Any]] = {"400d": (400 * DAY, DAY)}


def changing_settings(rng: random.Random, times: int) -> list[ReferenceSettings]:
    """One after the other; from one to the next any number of them differ."""
    settings = [long_settings(rng)]
    for _ in range(times):
        other = long_settings(rng)
        names = [*ReferenceSettings.__dataclass_fields__]
        kept = rng.sample(names, rng.choice((0, len(names) // 2, len(names) - 1)))
        same = {name: getattr(settings[-1], name) for name in kept}
        settings.append(replace(other, **same))
    return settings


def long_settings(rng: random.Random) -> ReferenceSettings:
    settings = any_settings(rng)
    return replace(settings, windows={**settings.windows, **LONG})


class Told:
    """What the reference says of the lines so far, at any clock and under any settings."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.counters = Counters()
        #: The most that each counter has ever told.
        self.highest: Page = {}
        #: Repeat windows that were removed, and may have returned.
        self.removed: set[str] = set()

    def partition(self, clock: int, settings: ReferenceSettings) -> Partition:
        # a response that was read while its topic was on stays known
        reading = replace(settings, contact_responded=True)
        events = readable_events(self.lines, reading, defaultdict(int))
        contacts, _ = assemble(events, reading)
        return Partition(contacts, clock, settings, Dimensions(events, settings).label)

    def check(self, run: Run) -> None:
        """Gauges are those of the settings of the day, counters what was final when it was."""
        clock = run.engine.clock
        page, totals = run.page(), defaultdict[Series, int | Fraction](int)
        tell(self.partition(clock, run.settings), totals)
        expected = {key: float(value) for key, value in totals.items()}
        assert differences(expected, page, GAUGES) == []
        self.check_counters(run)

    def check_counters(self, run: Run) -> None:
        expected, page = self.counters.page(run.settings), run.page()
        assert differences(self.always_asked(expected), self.always_asked(page), COUNTERS) == []
        # Where deadlines moved while a repeat window was away, facts of it can count once more.
        assert fallen(expected, page) == []
        shown = {it: value for it, value in self.highest.items() if is_shown(it, run.settings)}
        assert fallen(shown, page) == []
        self.highest |= page
        assert all(value >= 0 for value in page.values())

    def always_asked(self, page: Page) -> Page:
        return {
            series: value
            for series, value in page.items()
            if dict(series[1]).get("repeat_window") not in self.removed
        }


def revised(page: Page, cause: str) -> dict[str, float]:
    return {
        fact: count
        for (name, labels), count in page.items()
        if name == "cx_revised_total" and count and dict(labels)["cause"] == cause
        for fact in [dict(labels)["fact"]]
    }


def batches_of(seed: int, rng: random.Random, settings: ReferenceSettings) -> list[list[bytes]]:
    log = random_log(
        seed, 90, responded=True, settings=settings, amendments=0.1, shuffled=seed % 2 == 0
    )
    return list(cut(log.lines, rng, (1, 5, 20, 40)))


def step(run: Run, told: Told, lines: list[bytes], rng: random.Random) -> None:
    """One turn of the stream; its events may be late by anything."""
    told.lines += [line for line in lines if events_of([line], run.settings)]
    batch = events_of(lines, run.settings)
    ahead = rng.choice((0, 0, 1, micro(30), micro(HOUR)))
    run.feed(batch, max([run.engine.clock, *(at + ahead for _, at in batch)]))
    told.counters.tell(told.partition(run.engine.clock, run.settings))


def taken_over(run: Run, told: Told, settings: ReferenceSettings) -> Run:
    """Another worker, of other settings, after all that has to hold of it was checked."""
    before, successor = run.page(), run.successor(settings)
    told.removed |= run.settings.repeat_windows.keys() - settings.repeat_windows.keys()
    told.counters.revised_by_settings.clear()
    told.counters.change(
        told.partition(run.engine.clock, run.settings), told.partition(run.engine.clock, settings)
    )
    told.check(successor)
    if not any(revised(before, cause) for cause in ("late", "settings")):
        expected = dict(told.counters.revised_by_settings)
        assert revised(successor.page(), "settings") == expected
    return successor


def is_shown(series: Series, settings: ReferenceSettings) -> bool:
    """Whether these settings have such a series: the bucket, the repeat window."""
    labels = dict(series[1])
    if labels.get("repeat_window", "") not in ("", *settings.repeat_windows):
        return False
    name = series[0].removeprefix("cx_").removesuffix("_bucket")
    return name not in HISTOGRAMS or labels["le"] in (
        "+Inf",
        *(le(bound) for bound in bounds(name, settings)),
    )


def in_the_middle(run: Run, successor: Run, rng: random.Random) -> None:
    """Whatever the last record of a take-over is, the next worker comes to the same numbers."""
    told, before = successor.page(), list(run.changelog)
    written = successor.engine.changes()
    successor.changelog += written
    for length in {*rng.sample(range(len(written) + 1), min(6, len(written) + 1)), len(written)}:
        log = before + written[:length]
        if rng.random() < 0.5:
            log = compacted(log, tombstones=rng.random() < 0.5)
        again = run.successor(successor.settings, log)
        assert differences(told, again.page(), DURABLE) == []
        third = again.successor(changelog=log + again.engine.changes())
        assert differences(told, third.page(), DURABLE) == []


@pytest.mark.parametrize("seed", seeds(10))
def test_counters_keep_what_was_final_and_gauges_follow_at_once(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over several take-overs under other settings, at any time of any log, each broken off."""
    rng = random.Random(seed)
    monkeypatch.setattr(neighbours, "FEW", rng.choice((1, 12)))
    monkeypatch.setattr(restoring, "RESTATED_AT_ONCE", rng.choice((1, 1000)))
    monkeypatch.setattr(state, "PART_BYTES", rng.choice((100, state.PART_BYTES)))
    first, *others = changing_settings(rng, 3)
    batches = batches_of(seed, rng, first)
    changes_at = sorted(rng.choices(range(1, len(batches) + 1), k=len(others)))
    run, told = Run(first), Told()
    for number, lines in enumerate(batches, 1):
        step(run, told, lines, rng)
        told.check(run)
        while changes_at and changes_at[0] == number:
            changes_at.pop(0)
            successor = taken_over(run, told, others.pop(0))
            in_the_middle(run, successor, rng)
            run = successor
    run.feed([], run.engine.clock + micro(60 * DAY))
    told.counters.tell(told.partition(run.engine.clock, run.settings))
    told.check_counters(run)


@pytest.mark.parametrize("seed", seeds(10))
def test_no_counter_falls_while_contacts_leave_and_settings_change(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the flush in which they left, or that of a take-over, was broken off anywhere."""
    rng = random.Random(seed)
    monkeypatch.setattr(neighbours, "FEW", rng.choice((1, 12)))
    monkeypatch.setattr(departures, "DEPARTURE_INTERVAL", micro(rng.choice((1, 300))))
    monkeypatch.setattr(state, "PART_BYTES", rng.choice((100, state.PART_BYTES)))
    first = short_settings(rng)
    arrivals = long_log(rng, replace(first, contact_responded=True), 80)
    highest: Page = {}
    run = Run(first)
    for batch in cut(arrivals, rng, (1, 20, 100)):
        before, told = list(run.changelog), run.page()
        clock = max(run.engine.clock, batch[-1].at - LATENESS)
        written = run.feed(events_of([arrival.line for arrival in batch], run.settings), clock)
        if rng.random() < 0.3:
            broken_off = before + written[: rng.randrange(len(written) + 1)]
            settings = short_settings(rng)
            successor = run.successor(settings, broken_off)
            in_the_middle(run.successor(changelog=broken_off), successor, rng)
            shown = {it: value for it, value in told.items() if is_shown(it, settings)}
            assert fallen(shown, successor.page()) == []
            run.feed([], clock)
        if rng.random() < 0.2:
            successor = run.successor(short_settings(rng))
            in_the_middle(run, successor, rng)
            run = successor
        page = run.page()
        shown = {it: value for it, value in highest.items() if is_shown(it, run.settings)}
        assert fallen(shown, page) == []
        assert all(value >= 0 for value in page.values())
        assert differences(page, run.successor().page(), DURABLE) == []
        highest |= page


FORMER = ReferenceSettings(contact_responded=True, windows={"1h": (HOUR, MINUTE)})
OTHERS: dict[str, dict[str, Any]] = {
    "fewer bounds": {"first_response_buckets": (60,), "resolution_buckets": (3600,)},
    "more bounds": {"first_response_buckets": (1, 2, 3), "resolution_buckets": (0.5, 1.5)},
    "other windows": {"windows": {"15m": (15 * MINUTE, 60), "2d": (2 * DAY, HOUR)}},
    "a longer memory": {"windows": {"90d": (90 * DAY, DAY)}},
    "a shorter memory": {"windows": {"5m": (300, 15)}, "repeat_windows": {"10m": 600}},
    "other repeat windows": {"repeat_windows": {"1h": HOUR, "24h": DAY}},
    "matched by customer": {"repeat_match": "customer"},
    "no targets": {"sla": {"default": (None, None)}},
    "other targets": {"sla": {"voice": (7, 77), "default": (None, 777)}},
    "a shorter horizon": {"open_horizon": DAY},
    "a longer horizon": {"open_horizon": 90 * DAY},
    "no responses": {"contact_responded": False},
    "fewer labels": {"max_label_values": 1},
    "an allow-list": {"allowed_labels": {"queue": frozenset({"north"})}},
    "more lateness": {"allowed_lateness": HOUR},
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_worker_with_other_settings_takes_over(name: str) -> None:
    """And one after it comes to the same numbers again."""
    settings = ReferenceSettings(
        **{"contact_responded": True, "windows": {"1h": (HOUR, MINUTE)}, **OTHERS[name]}
    )
    log = random_log(3, 200, responded=True, settings=FORMER, amendments=0.1, shuffled=False)
    events = events_of(log.lines, FORMER)
    run = Run(FORMER)
    for start in range(0, len(events), 40):
        run.feed(events[start : start + 40])
    assert run.engine.live_contacts > 10
    successor = run.successor(settings)
    shown = {it: value for it, value in run.page().items() if is_shown(it, settings)}
    assert fallen(shown, successor.page()) == []
    assert successor.engine.live_contacts == run.engine.live_contacts
    assert differences(successor.page(), successor.successor().page(), DURABLE) == []
    successor.feed([], log.as_of)
    assert differences(successor.page(), successor.successor().page(), DURABLE) == []


def test_a_bucket_that_is_no_more_is_counted_in_the_next_greater_one() -> None:
    former = ReferenceSettings(resolution_buckets=(60, 300, 900), sla={"default": (None, None)})
    lines = [
        *(started("a", "01 10:00"), resolved("a", "01 10:01")),
        *(started("b", "01 10:00"), resolved("b", "01 10:05")),
        *(started("c", "01 10:00"), resolved("c", "01 10:30")),
        started("d", "28 10:00"),
    ]
    run = Run(former)
    run.feed(events_of(lines, former))
    assert run.engine.live_contacts == 1
    assert buckets(run.page()) == {"60.0": 1, "300.0": 2, "900.0": 2, "+Inf": 3}
    settings = ReferenceSettings(resolution_buckets=(120, 900), sla={"default": (None, None)})
    successor = run.successor(settings)
    assert buckets(successor.page()) == {"120.0": 1, "900.0": 2, "+Inf": 3}
    sums = [
        count
        for (name, _), count in successor.page().items()
        if name == "cx_resolution_seconds_sum"
    ]
    assert sum(sums) == 60 + 300 + 1800


def buckets(page: Page) -> dict[str, float]:
    return {
        dict(labels)["le"]: count
        for (name, labels), count in page.items()
        if name == "cx_resolution_seconds_bucket"
    }
