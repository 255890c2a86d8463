"""An engine that consumes as it goes says after every batch what the reference says by then."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

import pytest

from service.state import neighbours, timeline
from service.state.customers import Customers
from tests.partition.running import COUNTERS, GAUGES, Run, cut, events_of, expected_at, fallen
from tests.reference.clean_logs import clean_log
from tests.reference.compare import differences
from tests.reference.logs import random_log
from tests.reference.settings import DAY, HOUR, MINUTE, ReferenceSettings, micro

if TYPE_CHECKING:
    from tests.reference.page import Page

#: Contacts leave after three days, which is as late as an answer comes in these logs.
SHORT: Final[dict[str, Any]] = {
    "windows": {"1h": (HOUR, MINUTE)},
    "repeat_windows": {"2h": 2 * HOUR, "3d": 3 * DAY},
}
#: No window's step divides the other's.
UNEVEN: Final[dict[str, Any]] = {"windows": {"70m": (70 * MINUTE, 420), "1h": (HOUR, 600)}}


@pytest.fixture(params=["few", "busy", "packed"])
def _customers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Busy customers have their contacts indexed, in small blocks: it must not show."""
    if request.param == "busy":
        monkeypatch.setattr(neighbours, "FEW", 1)
        monkeypatch.setattr(timeline, "BLOCK", 4)
    if request.param == "packed":
        monkeypatch.setattr(Customers.rest, "__defaults__", (0,))


@pytest.mark.usefixtures("_customers")
@pytest.mark.parametrize("seed", range(8))
def test_every_gauge_and_counter_after_every_batch_of_a_clean_log(seed: int) -> None:
    """Also after contacts have left, and over restarts."""
    rng = random.Random(seed)
    settings = ReferenceSettings(
        contact_responded=seed % 3 == 0,
        repeat_match="customer" if seed % 4 == 0 else "reason",
        **(SHORT if seed % 2 else {}),
    )
    log = clean_log(seed, 50, responded=settings.contact_responded)
    lines, run, done = list(log.lines), Run(settings), 0
    told: Page = {}
    for batch in cut(lines, rng, (1, 3, 10, 40)):
        done += len(batch)
        run.feed(events_of(batch, settings))
        if rng.random() < 0.3:
            run = run.successor()
        page = run.page()
        expected = expected_at(lines[:done], run.engine.clock, settings)
        assert differences(expected, page, GAUGES + COUNTERS) == []
        assert fallen(told, page) == []
        told = page
    run.feed([], log.as_of)
    assert differences(expected_at(lines, log.as_of, settings), run.page(), GAUGES + COUNTERS) == []
    assert sum(v for (name, _), v in run.page().items() if name == "cx_revised_total") == 0


@pytest.mark.usefixtures("_customers")
@pytest.mark.parametrize("seed", range(8))
def test_every_gauge_after_every_batch_of_any_log_at_any_clock(seed: int) -> None:
    """Also facts that are ahead of the clock, and late by anything, while nothing has left."""
    rng = random.Random(seed)
    told_of = ReferenceSettings(contact_responded=True)
    settings = ReferenceSettings(
        contact_responded=True, allowed_lateness=60 * DAY, **(UNEVEN if seed % 2 else {})
    )
    log = random_log(seed, 120, responded=True, settings=told_of, bad=0)
    lines, run, done = list(log.lines), Run(settings), 0
    clock = log.as_of - micro(25 * DAY)
    for batch in cut(lines, rng, (1, 3, 10, 40)):
        done += len(batch)
        clock += rng.choice((0, 1, rng.randrange(micro(HOUR)), rng.randrange(micro(2 * DAY))))
        run.feed(events_of(batch, settings), min(clock, log.as_of - 1))
        expected = expected_at(lines[:done], run.engine.clock, settings)
        assert differences(expected, run.page(), GAUGES) == []


@pytest.mark.usefixtures("_customers")
@pytest.mark.parametrize("seed", range(8))
def test_counters_never_fall_on_any_log(seed: int) -> None:
    rng = random.Random(seed)
    settings = ReferenceSettings(contact_responded=True, **(SHORT if seed % 2 else {}))
    log = random_log(seed, 150, responded=True, settings=settings, amendments=0.2)
    run = Run(settings)
    told: Page = {}
    for batch in cut(events_of(log.lines, settings), rng):
        run.feed(batch, rng.choice(batch)[1])
        if rng.random() < 0.3:
            run = run.successor()
        page = run.page()
        assert fallen(told, page) == []
        told = page


def test_with_no_event_at_all_time_settles_what_is_open() -> None:
    """A quiet stream's clock is the wall's: so the clock moves on."""
    settings = ReferenceSettings(contact_responded=True)
    log = clean_log(3, 30, responded=True)
    run = Run(settings)
    run.feed(events_of(log.lines, settings), 0)
    topics = ("contact-started", "contact-resolved", "survey-answered", "contact-responded")
    for hours in (0, 1, 30, 24 * 8, 24 * 40):
        wall = log.as_of + micro(hours * HOUR)
        for topic in topics:
            run.engine.caught_up(topic, wall)
        run.feed([], 0)
        assert run.engine.clock == wall
        expected = expected_at(log.lines, wall, settings)
        assert differences(expected, run.page(), GAUGES + COUNTERS) == []
