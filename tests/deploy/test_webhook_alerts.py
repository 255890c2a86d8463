"""Alerts on webhooks and their receivers: each fires when it should, and only then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.deploy.alert_cases import Firing, fires, stays_silent

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.prometheus

WEBHOOK: Final = 'cx_receive_requests_total{instance="%s",webhook="desk",result="%s"}'
RECEIVER: Final = 'cx_receive_waiting_bytes{instance="%s"}'

FIRES: dict[str, tuple[dict[str, str], Firing]] = {
    "a vendor signs by another secret": (
        {
            WEBHOOK % ("a", "accepted"): "0+20x20 400x40",
            WEBHOOK % ("a", "wrong_signature"): "0x20 0+3x40",
        },
        {"20m": set(), "34m": {"CxWebhooksRefused"}},
    ),
    "one of two receivers does not reach Kafka for three minutes": (
        {
            WEBHOOK % ("a", "accepted"): "0+20x60",
            WEBHOOK % ("b", "accepted"): "0+20x60",
            WEBHOOK % ("b", "unavailable"): "0x10 2 4 6x47",
        },
        {"10m": set(), "14m": {"CxWebhooksUnavailable"}, "25m": set()},
    ),
    "the only receiver is gone": (
        {RECEIVER % "a": "0x90"},
        {"90m": set(), "99m": {"CxReceiverMissing"}, "170m": set()},
    ),
}

STAYS_SILENT: dict[str, dict[str, str]] = {
    "a stranger tries the address of a webhook, and a receiver takes over from another": {
        WEBHOOK % ("a", "accepted"): "0+20x30",
        WEBHOOK % ("b", "accepted"): "_x20 0+20x60",
        WEBHOOK % ("b", "missing_signature"): "_x20 0+1x60",
        WEBHOOK % ("b", "unavailable"): "_x20 0x60",
        RECEIVER % "a": "0x30",
        RECEIVER % "b": "_x20 0x600",
    },
}


@pytest.mark.parametrize(("series", "firing"), FIRES.values(), ids=FIRES)
def test_fires(tmp_path: Path, series: dict[str, str], firing: Firing) -> None:
    fires(tmp_path, series, firing)


@pytest.mark.parametrize("series", STAYS_SILENT.values(), ids=STAYS_SILENT)
def test_stays_silent(tmp_path: Path, series: dict[str, str]) -> None:
    stays_silent(tmp_path, series)
