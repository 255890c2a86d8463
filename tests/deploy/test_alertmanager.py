"""Alertmanager sends each alert to whom it concerns, and no alert that follows from another."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.deploy.servers import started
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.prometheus

CONFIG = Path(__file__).parents[2] / "deploy" / "alertmanager" / "alertmanager.yml"
VOICE = {"channel": "voice", "target": "resolution"}
CHAT = {"channel": "chat", "target": "resolution"}


def _amtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["amtool", *arguments], capture_output=True, text=True)


def test_amtool_finds_nothing_wrong() -> None:
    done = _amtool("check-config", str(CONFIG))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("area", "severity", "receiver"),
    [
        ("service", "critical", "team-leads-pager"),
        ("service", "warning", "team-leads"),
        ("pipeline", "critical", "operators-pager"),
        ("pipeline", "warning", "operators"),
    ],
)
def test_routes(area: str, severity: str, receiver: str) -> None:
    done = _amtool(
        *("config", "routes", "test", f"--config.file={CONFIG}", f"--verify.receivers={receiver}"),
        *(f"area={area}", f"severity={severity}"),
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port, folder = free_port(), tmp_path_factory.mktemp("alertmanager")
    command = [
        "prometheus-alertmanager",
        f"--config.file={CONFIG}",
        f"--storage.path={folder}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with started(command, f"http://127.0.0.1:{port}/-/ready", folder):
        yield f"http://127.0.0.1:{port}/api/v2/alerts"


def _suppressed(address: str, *alerts: dict[str, str]) -> set[str]:
    """The names of those of the alerts that are inhibited by the others.

    Alertmanager takes note of one after the other, so two more are given that it knows last.
    """
    last = {"channel": "last", "target": "resolution"}
    alerts = (
        *alerts,
        _alert("CxContactsAtRisk", "test", "warning", **last),
        _alert("CxContactsBreached", "test", "critical", **last),
    )
    now = datetime.now(UTC)
    body = [{"labels": alert, "startsAt": now.isoformat()} for alert in alerts]
    _post(address, body)
    try:
        seen = _get(address)
        while not any(labels["area"] == "test" for labels in _inhibited(seen)):
            time.sleep(0.05)
            seen = _get(address)
        assert len(seen) == len(alerts)
        return {labels["alertname"] for labels in _inhibited(seen) if labels["area"] != "test"}
    finally:
        ended = (now + timedelta(seconds=1)).isoformat()
        _post(address, [{**alert, "endsAt": ended} for alert in body])
        while _get(address):
            time.sleep(0.05)


def _inhibited(seen: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [alert["labels"] for alert in seen if alert["status"]["inhibitedBy"]]


def _get(address: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(address) as answer:  # noqa: S310 - loopback
        seen: list[dict[str, Any]] = json.load(answer)
        return seen


def _post(address: str, body: list[dict[str, Any]]) -> None:
    request = urllib.request.Request(  # noqa: S310 - loopback
        address, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request).close()  # noqa: S310


def _alert(name: str, area: str, severity: str, **labels: str) -> dict[str, str]:
    return {"alertname": name, "area": area, "severity": severity, **labels}


def test_a_broken_pipeline_silences_the_numbers_alerts_but_not_its_own(alertmanager: str) -> None:
    suppressed = _suppressed(
        alertmanager,
        _alert("CxWorkerMissing", "pipeline", "critical"),
        _alert("CxDeadLetters", "pipeline", "warning"),
        _alert("CxLagHigh", "pipeline", "warning"),
        _alert("CxAbandonmentHigh", "service", "critical", channel="voice"),
    )
    assert suppressed == {"CxLagHigh", "CxAbandonmentHigh"}


def test_a_pipeline_warning_silences_nothing(alertmanager: str) -> None:
    suppressed = _suppressed(
        alertmanager,
        _alert("CxDeadLetters", "pipeline", "warning"),
        _alert("CxAbandonmentHigh", "service", "critical", channel="voice"),
    )
    assert suppressed == set()


def test_the_worse_of_two_alerts_on_the_same_contacts_silences_the_other(alertmanager: str) -> None:
    suppressed = _suppressed(
        alertmanager,
        _alert("CxSlaBudgetBurnsFast", "service", "critical", **VOICE),
        _alert("CxSlaBudgetBurnsSlowly", "service", "warning", **VOICE),
        _alert("CxContactsBreached", "service", "critical", **VOICE),
        _alert("CxContactsAtRisk", "service", "warning", **CHAT),
    )
    assert suppressed == {"CxSlaBudgetBurnsSlowly"}
