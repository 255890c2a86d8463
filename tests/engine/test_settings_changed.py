"""A changelog is read under other settings than it was written under."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.running import DURABLE, GAUGES, Run, events_of, expected_at
from tests.reference.compare import differences
from tests.reference.logs import random_log
from tests.reference.settings import DAY, HOUR, MINUTE, ReferenceSettings
from tests.rules.notation import resolved, started

if TYPE_CHECKING:
    from tests.reference.page import Page

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
    assert successor.engine.live_contacts == run.engine.live_contacts
    assert differences(successor.page(), successor.successor().page(), DURABLE) == []
    successor.feed([], log.as_of)
    assert differences(successor.page(), successor.successor().page(), DURABLE) == []


@pytest.mark.parametrize("name", ["fewer bounds", "more bounds", "other targets", "no targets"])
def test_gauges_are_those_of_the_new_settings(name: str) -> None:
    """As long as nothing has left: they are functions of the records."""
    former = ReferenceSettings(contact_responded=True, allowed_lateness=60 * DAY)
    settings = ReferenceSettings(
        **{"contact_responded": True, "allowed_lateness": 60 * DAY, **OTHERS[name]}
    )
    log = random_log(5, 150, responded=True, settings=former)
    run = Run(former)
    run.feed(events_of(log.lines, former), log.as_of)
    expected = expected_at(log.lines, log.as_of, settings)
    assert differences(expected, run.successor(settings).page(), GAUGES) == []


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
