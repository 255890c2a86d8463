"""Alerts on feeds and the stage that maps them: each fires when it should, and only then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.deploy.alert_cases import Firing, fires, stays_silent
from tests.deploy.promtool import Case, promtool

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.prometheus

FEED: Final = 'cx_pipeline_feed_records_total{instance="%s",feed="zendesk-solved",result="%s"}'
FEED_LAG: Final = 'cx_pipeline_feed_lag_records{instance="%s",topic="zendesk",partition="%s"}'
REGISTRY: Final = 'cx_pipeline_registry_wait_seconds{instance="%s"}'

FIRES: dict[str, tuple[dict[str, str], Firing]] = {
    "11 records of a feed failed": (
        {
            FEED % ("a", "emitted"): "0+5x60",
            FEED % ("a", "failed"): "0x20 11x40",
        },
        {"19m": set(), "22m": {"CxFeedFails"}, "40m": set()},
    ),
    "a topic of another system is not mapped": (
        {
            FEED % ("a", "emitted"): "0+5x60",
            FEED_LAG % ("a", 0): "6000x60",
            FEED_LAG % ("a", 1): "6000x60",
        },
        {"8m": set(), "12m": {"CxFeedLagHigh"}},
    ),
    "the schema registry is away": (
        {
            FEED % ("a", "emitted"): "0+5x60",
            REGISTRY % "a": "0x10 0+60x50",
        },
        {"12m": set(), "16m": {"CxRegistryAway"}},
    ),
    "the only stage is gone": (
        {FEED % ("a", "emitted"): "0+5x20 stale"},
        {"19m": set(), "24m": set(), "27m": {"CxMapMissing"}},
    ),
}

STAYS_SILENT: dict[str, dict[str, str]] = {
    "a feed has records that are about others, and now and then one of its own": {
        FEED % ("a", "emitted"): "0x30 1x60",
        FEED % ("a", "skipped"): "0+500x90",
        FEED % ("a", "failed"): "0x90",
    },
    "few records fail, and stages restart with what they had counted": {
        FEED % ("a", "emitted"): "0+5x20 0+5x70",
        FEED % ("a", "failed"): "200x20 0+0.2x70",
    },
    "records wait to be mapped for a moment, and for the registry too": {
        FEED % ("m", "emitted"): "0+5x90",
        FEED_LAG % ("a", 0): "0x20 50000x5 0x65",
        REGISTRY % "a": "0x20 60 0x70",
    },
    "one of two stages is gone": {
        FEED % ("a", "emitted"): "0+5x20 stale",
        FEED % ("b", "emitted"): "0+5x90",
    },
}


@pytest.mark.parametrize(("series", "firing"), FIRES.values(), ids=FIRES)
def test_fires(tmp_path: Path, series: dict[str, str], firing: Firing) -> None:
    fires(tmp_path, series, firing)


@pytest.mark.parametrize("series", STAYS_SILENT.values(), ids=STAYS_SILENT)
def test_stays_silent(tmp_path: Path, series: dict[str, str]) -> None:
    stays_silent(tmp_path, series)


def test_a_feed_that_is_silent_for_a_day_fires(tmp_path: Path) -> None:
    """Whatever the others of its topic do."""
    day = 48
    other = FEED.replace("zendesk-solved", "zendesk-created")
    case = Case(
        {
            'cx_build_info{instance="a"}': f"1x{3 * day}",
            FEED % ("a", "emitted"): f"0+3x{day} {3 * day}x{2 * day}",
            FEED % ("a", "skipped"): f"0+90x{3 * day}",
            other % ("a", "emitted"): f"0+9x{3 * day}",
        },
        interval="30m",
        firing={"1d": set(), "46h": set(), "50h": {"CxFeedSilent"}},
    )
    promtool(tmp_path, case, every="30m")
