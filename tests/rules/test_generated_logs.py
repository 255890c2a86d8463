"""The service tells of generated logs what the reference tells: gauges, counters, histograms."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings

from tests.reference.clean_logs import clean_log
from tests.reference.compare import differences, negative
from tests.reference.logs import random_log
from tests.reference.page import page
from tests.reference.random_settings import any_settings
from tests.reference.seeds import seeds
from tests.reference.settings import DAY, HOUR, ReferenceSettings
from tests.reference.strategies import small_logs
from tests.rules.product import replay, replay_text

if TYPE_CHECKING:
    from tests.reference.writing import Log

#: All that the contract's first two tables name, and what the pipeline counts of events.
COMPARED: Final = (
    *("cx_backlog_", "cx_sla_", "cx_window_"),
    *("cx_contacts_", "cx_fcr_", "cx_repeat_", "cx_survey_", "cx_first_response_"),
    *("cx_resolution_", "cx_pipeline_events_", "cx_pipeline_anomalies_", "cx_pipeline_orphans_"),
    *("cx_pipeline_waiting_", "cx_customers"),
    "cx_pipeline_label_overflow_",
)
DEFAULT: Final = ReferenceSettings()
RESPONSES: Final = ReferenceSettings(contact_responded=True)
OTHERS: Final = {
    "responses": RESPONSES,
    "matched by customer": ReferenceSettings(repeat_match="customer"),
    "no lateness": ReferenceSettings(allowed_lateness=0, contact_responded=True),
    "a short horizon": ReferenceSettings(open_horizon=5 * HOUR, contact_responded=True),
    "other windows": ReferenceSettings(
        windows={"12h": (12 * HOUR, 600), "2h": (2 * HOUR, 10)},
        repeat_windows={"30m": HOUR // 2, "3d": 3 * DAY},
    ),
    "priorities": ReferenceSettings(
        contact_responded=True,
        at_risk_fraction=0.1,
        sla_priority={("voice", "high"): (10, None), ("fax", "high"): (None, 100)},
    ),
}


def wrong(log: Log, of: ReferenceSettings) -> list[str]:
    told = replay(log.lines, log.as_of, of)
    return negative(told) + differences(page(log.lines, log.as_of, of), told, COMPARED)


@pytest.mark.parametrize("seed", seeds(200))
def test_a_log_in_random_order_with_duplicates_amendments_and_bad_lines(seed: int) -> None:
    assert wrong(random_log(seed), DEFAULT) == []


@pytest.mark.parametrize("seed", range(1000, 1015))
@pytest.mark.parametrize("name", OTHERS)
def test_the_same_under_other_settings(name: str, seed: int) -> None:
    of = OTHERS[name]
    assert wrong(random_log(seed, responded=of.contact_responded, settings=of), of) == []


@pytest.mark.parametrize("seed", seeds(60))
def test_the_same_under_any_settings(seed: int) -> None:
    of = any_settings(random.Random(seed))
    assert wrong(random_log(seed, 200, responded=of.contact_responded, settings=of), of) == []


@pytest.mark.parametrize("seed", seeds(200))
def test_a_clean_log(seed: int) -> None:
    responded = seed % 2 == 1
    log = clean_log(seed, responded=responded)
    assert wrong(log, ReferenceSettings(contact_responded=responded)) == []


@pytest.mark.parametrize("seed", range(10))
def test_the_same_lines_in_any_other_order_give_the_same_page(seed: int) -> None:
    log = random_log(seed)
    lines = list(log.lines)
    random.Random(seed).shuffle(lines)
    assert replay_text(lines, log.as_of, DEFAULT) == replay_text(log.lines, log.as_of, DEFAULT)


@settings(max_examples=150, deadline=None)
@given(log=small_logs())
def test_a_small_log(log: Log) -> None:
    assert wrong(log, DEFAULT) == []


@settings(max_examples=150, deadline=None)
@given(log=small_logs(responded=True))
def test_a_small_log_with_responses(log: Log) -> None:
    assert wrong(log, RESPONSES) == []
