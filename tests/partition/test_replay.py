"""A replay of lines says what the reference says, in whatever order they come.

The 200 seeds of generated logs are compared in tests/rules, through settings and page; here are
the customers with many contacts, which generated logs have none of.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from service.state import neighbours, timeline
from tests.partition.product import replayed
from tests.partition.running import COUNTERS, GAUGES
from tests.reference.compare import differences
from tests.reference.logs import random_log
from tests.reference.page import page
from tests.reference.settings import HOUR, ReferenceSettings
from tests.reference.strategies import small_logs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.reference.page import Page
    from tests.reference.writing import Log

COMPARED: Final = (*GAUGES, *COUNTERS, "cx_pipeline_")
RESPONSES: Final = ReferenceSettings(contact_responded=True)


@pytest.fixture(autouse=True)
def _busy_customers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "FEW", 1)
    monkeypatch.setattr(timeline, "BLOCK", 4)


def told(lines: Sequence[bytes], log: Log, settings: ReferenceSettings) -> Page:
    return replayed(lines, log.as_of, settings, time.time_ns() // 1000)


@pytest.mark.parametrize("seed", range(25))
def test_a_log_of_busy_customers(seed: int) -> None:
    settings = ReferenceSettings(
        contact_responded=seed % 3 == 0,
        repeat_match="customer" if seed % 2 else "reason",
        repeat_windows={"30m": HOUR // 2, "24h": 24 * HOUR} if seed % 5 == 0 else {"2h": 2 * HOUR},
    )
    log = random_log(seed, 250, responded=settings.contact_responded, settings=settings)
    expected = page(log.lines, log.as_of, settings)
    assert differences(expected, told(log.lines, log, settings), COMPARED) == []


@pytest.mark.parametrize("seed", range(6))
def test_any_other_order_gives_the_same_series(seed: int) -> None:
    log = random_log(seed, 250, responded=True)
    lines = list(log.lines)
    expected = told(lines, log, RESPONSES)
    for order in (lines[::-1], random.Random(seed).sample(lines, len(lines))):
        assert told(order, log, RESPONSES) == expected


@hypothesis_settings(max_examples=100, deadline=None)
@given(log=small_logs(responded=True, max_events=20))
def test_a_small_log_of_busy_customers(log: Log) -> None:
    expected = page(log.lines, log.as_of, RESPONSES)
    assert differences(expected, told(log.lines, log, RESPONSES), COMPARED) == []
