"""The rule files are those of the default configuration; what cannot be alerted on is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.alerting.burn_rates import STANDARD, thresholds
from service.alerting.files import rule_files, rule_groups
from service.alerting.rules import Alert
from service.cli.app import app
from service.definitions import Definitions
from service.settings.alerts import Alerts, Objective
from tests.deploy.promtool import RULES

ROOT = Path(__file__).parents[2]


def _alerts() -> list[Alert]:
    groups = rule_groups(Definitions(), Alerts())["alerts.yml"]
    return [rule for group in groups for rule in group.rules if isinstance(rule, Alert)]


def test_the_shipped_files_are_those_of_the_default_configuration() -> None:
    shipped = {path.name: path.read_text("utf-8") for path in RULES.glob("*.yml")}
    assert shipped == rule_files(Definitions(), Alerts()), (
        "run: contact-metrics rules --output deploy/prometheus/rules"
    )


@pytest.mark.prometheus
def test_promtool_finds_nothing_wrong() -> None:
    files = [str(path) for path in RULES.glob("*.yml")]
    done = subprocess.run(
        ["promtool", "check", "rules", "--lint-fatal", *files], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_its_runbook_and_no_runbook_is_left_over() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "runbooks").glob("Cx*.md")}
    assert pages == {alert.name for alert in _alerts()}


def test_the_command_writes_the_files(tmp_path: Path) -> None:
    config = tmp_path / "my.toml"
    config.write_text('[alerts]\nworkers = 3\nrunbooks = "https://wiki.example/books/"\n')
    done = CliRunner().invoke(app, ["rules", "-c", str(config), "--output", str(tmp_path / "out")])
    assert done.exit_code == 0
    written = (tmp_path / "out" / "alerts.yml").read_text()
    assert "(count(cx_build_info) or vector(0)) < 3" in written
    assert "runbook_url: https://wiki.example/books/CxWorkerMissing.md" in written


def test_the_command_refuses_a_burn_rate_that_can_never_be_reached(tmp_path: Path) -> None:
    config = tmp_path / "my.toml"
    config.write_text(
        '[[alerts.objectives]]\ntarget = "resolution"\nshare = 0.8\nburn_rates = [14.4, 6, 3, 1]\n'
    )
    done = CliRunner().invoke(app, ["rules", "-c", str(config), "--output", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert "a burn rate of 14.4 can never be exceeded" in done.stderr
    assert "= 5: give rates below it" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999])
def test_every_computed_step_can_fire_and_a_slower_one_asks_for_less(share: float) -> None:
    steps = thresholds(Objective(target="resolution", share=share))
    assert all(step.missed < 1 for step in steps)
    rates = [step.rate for step in steps]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == 1


def test_objectives_of_99_percent_get_the_rates_of_the_workbook() -> None:
    steps = thresholds(Objective(target="resolution", share=0.99))
    assert [step.rate for step in steps] == [14.4, 6, 3, 1]
    assert [(step.long, step.short) for step in STANDARD] == [
        ("1h", "5m"),
        ("6h", "30m"),
        ("24h", "2h"),
        ("3d", "6h"),
    ]


def test_configured_burn_rates_are_used() -> None:
    objective = Objective(target="resolution", share=0.8, burn_rates=(4.5, 3.5, 2.5, 1.5))
    assert [round(step.missed, 6) for step in thresholds(objective)] == [0.9, 0.7, 0.5, 0.3]


def test_a_window_the_service_does_not_have_is_counted_by_finality() -> None:
    few = Definitions(windows=Definitions().windows[:1])
    text = rule_files(few, Alerts())["totals.yml"]
    assert 'window=~"5m"' in text
    assert "window: 1h" in text
