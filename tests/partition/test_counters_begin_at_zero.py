"""A counter's series is there before it counts: what Prometheus has not seen at 0 it cannot add."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import pytest

from tests.partition.running import COUNTERS, Run, cut, events_of
from tests.reference.clean_logs import clean_log
from tests.reference.contacts import assemble
from tests.reference.counters import COUNTED
from tests.reference.facts import all_facts
from tests.reference.long_logs import long_log, short_settings
from tests.reference.page import HISTOGRAMS, Dimensions, readable_events, series
from tests.reference.partition import Partition
from tests.reference.settings import ReferenceSettings
from tests.rules.notation import resolved, started

if TYPE_CHECKING:
    from tests.reference.page import Series

SETTINGS: Final = ReferenceSettings()


def known_counters(lines: list[bytes], clock: int, settings: ReferenceSettings) -> set[Series]:
    """The counter series of all facts that the reference knows of, final or not."""
    events = readable_events(lines, settings, defaultdict())
    contacts, _ = assemble(events, settings)
    label = Dimensions(events, settings).label
    return {
        series(f"cx_{fact.name}" + ("_count" if fact.name in HISTOGRAMS else "_total"), fact.labels)
        for fact in all_facts(Partition(contacts, clock, settings, label))
        if fact.name in COUNTED and fact.labels.get("result") != "pending"
    }


@pytest.mark.parametrize("seed", range(4))
def test_the_series_of_a_counter_is_there_once_a_fact_of_it_is_known(seed: int) -> None:
    """Whether or not it is final; and so it is for whoever takes the partition over."""
    rng = random.Random(seed)
    settings = short_settings(rng)
    run, lines = Run(settings), list[bytes]()
    for arrivals in cut(long_log(rng, settings, 25), rng, sizes=(5, 20, 60)):
        lines += [arrival.line for arrival in arrivals]
        clock = max(run.engine.clock, arrivals[-1].at)
        run.feed(events_of([arrival.line for arrival in arrivals], settings), clock)
        known = known_counters(lines, clock, settings)
        assert known
        for worker in (run, run.successor()):
            assert known - worker.page().keys() == set()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("responded", [True, False])
def test_a_counter_of_what_is_told_in_time_has_read_0_before(seed: int, responded: bool) -> None:
    """Event by event, whatever the clock does between them."""
    settings = ReferenceSettings(contact_responded=responded)
    run = Run(settings)
    before = run.page()
    for event, at in events_of(clean_log(seed, 30, responded=responded).lines, settings):
        run.feed([(event, at)])
        page = run.page()
        for key, value in page.items():
            if key[0].startswith(COUNTERS) and value:
                assert key in before, key
        before = page


def test_a_first_response_told_of_long_after_it_is_counted_from_0() -> None:
    run = Run(SETTINGS)
    lines = [started("c", "10:00"), resolved("c", "10:09", first_response_at="10:00:10")]
    run.feed(events_of(lines[:1], SETTINGS))
    before = run.page()
    run.feed(events_of(lines[1:], SETTINGS))
    counted = {
        key
        for key, value in run.page().items()
        if value and key[0].startswith(("cx_first_response_", "cx_sla_contacts_"))
    }
    assert len(counted) > 3
    assert counted <= {key for key, value in before.items() if value == 0}
