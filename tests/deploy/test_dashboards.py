"""Every query of every panel and variable is answered by a Prometheus that scraped a service."""

from __future__ import annotations

import json
import re
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse_text

from deploy.grafana.build import FOLDER
from service.alerting.fcr import RATIO as DECIDED_RATIO
from service.alerting.partitions import HANDOVER
from service.alerting.sla_alerts import BUDGET_LEFT, MISSED_RATIO
from service.exposition.pipeline import PIPELINE_METRICS
from service.view.catalogue import METRICS
from tests.deploy import plausible
from tests.deploy.prometheus import Prometheus, quick, recording
from tests.deploy.servers import started
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DASHBOARDS = {path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}
#: What Grafana puts in place of a variable with the choices that a dashboard opens with.
CHOSEN = {
    "$channel": ".*",
    "$queue": ".*",
    "$team": ".*",
    "$segment": ".*",
    "$window": "24h",
    "$repeat_window": "2h",
    "$day": "today",
    "$__rate_interval": "1m",
}
#: Nothing waits so long but for what never comes: a demo on a machine that does much else works off
#: its history for ten minutes, and until then tells no delay of less than a day.
PATIENCE_S = 1_500
pytestmark = pytest.mark.timeout(4 * PATIENCE_S)


def _panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def _queries() -> Iterator[tuple[str, str]]:
    for uid, dashboard in DASHBOARDS.items():
        for panel in _panels(dashboard):
            for target in panel["targets"]:
                yield f"{uid}: {panel['title']} {target['refId']}", _filled(target["expr"])


def _filled(expr: str) -> str:
    for name, value in CHOSEN.items():
        expr = expr.replace(name, value)
    assert "$" not in expr, expr
    # Prometheus has seen no yesterday here.
    return quick(expr).replace("offset 1d", "offset 4s")


@contextmanager
def _plausible(_: Path) -> Iterator[str]:
    with plausible.serving() as target:
        yield target


@contextmanager
def _demo(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "service", "demo", "--port", str(port), "--rate", "120"]
    with started(command, f"http://127.0.0.1:{port}/readyz", folder):
        yield f"127.0.0.1:{port}"


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((_plausible, 1), id="plausible page"),
        # Its scrapes take several seconds while it works off its history on a busy machine.
        pytest.param((_demo, 10), id="demo", marks=pytest.mark.slow),
    ],
)
def prometheus(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """One that has scraped and recorded for a while."""
    service, every = request.param
    with (
        service(tmp_path_factory.mktemp("service")) as target,
        recording(tmp_path_factory.mktemp("prometheus"), target, every=every) as running,
    ):
        _until_recorded(running)
        yield running


def _until_recorded(prometheus: Prometheus) -> None:
    """What comes last: changes within spans that Prometheus has just begun to see."""
    deadline = time.monotonic() + PATIENCE_S
    last = f'{BUDGET_LEFT} and on () {DECIDED_RATIO} and on () {MISSED_RATIO}{{window="6h"}}'
    while not prometheus.answer(last):
        assert time.monotonic() < deadline, "Prometheus recorded nothing"
        time.sleep(0.5)


def _silent(prometheus: Prometheus, queries: Iterable[tuple[str, str]]) -> list[str]:
    """Those (name, expression) that have no answer, however often they are asked.

    After a scrape that failed nothing has an answer until the next one.
    """
    asked = list(queries)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        asked = [(name, expr) for name, expr in asked if not prometheus.answer(expr)]
        if not asked or time.monotonic() > deadline:
            return [name for name, _ in asked]
        time.sleep(1)


def test_every_metric_is_on_the_plausible_page() -> None:
    told = parse_text(plausible.page(0.0))
    families = {family.name for family in told if family.samples}
    every = {metric.name.removesuffix("_total") for metric in (*METRICS, *PIPELINE_METRICS)}
    assert every - families == set()


@pytest.mark.prometheus
def test_every_query_of_every_panel_has_an_answer(prometheus: Prometheus) -> None:
    assert _silent(prometheus, _queries()) == []


@pytest.mark.prometheus
def test_no_query_answers_with_nan(prometheus: Prometheus) -> None:
    wrong = [
        name
        for name, expr in _queries()
        if any(row["value"][1] == "NaN" for row in prometheus.answer(expr))
    ]
    assert wrong == []


def _values(prometheus: Prometheus, expr: str, label: str) -> set[str]:
    """Those of a label, as soon as there are any."""
    deadline = time.monotonic() + PATIENCE_S
    while not (rows := prometheus.answer(expr)) and time.monotonic() < deadline:
        time.sleep(1)
    return {row["metric"][label] for row in rows}


@pytest.mark.prometheus
def test_every_variable_has_values(prometheus: Prometheus) -> None:
    for uid, dashboard in DASHBOARDS.items():
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                asked = variable["query"]["query"]
                found = re.fullmatch(r"label_values\((.*), (\w+)\)", asked)
                assert found is not None, asked
                values = _values(prometheus, _filled(found[1]), found[2])
                assert values, f"{uid}: {variable['name']}"
                if "current" in variable:
                    default = variable["current"]["value"]
                    assert default == ["$__all"] or default in values


@pytest.mark.prometheus
def test_every_mark_in_the_charts_is_an_expression(prometheus: Prometheus) -> None:
    for dashboard in DASHBOARDS.values():
        for mark in dashboard["annotations"]["list"]:
            # Nothing is to be marked now; an error would be raised.
            prometheus.answer(mark["expr"])


def _evaluated(prometheus: Prometheus, kind: str) -> list[dict[str, Any]]:
    """The rules of a kind, each of which has been evaluated."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        groups = prometheus.get("/api/v1/rules", type=kind)["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        if "unknown" not in {rule["health"] for rule in rules} or time.monotonic() > deadline:
            return rules
        time.sleep(1)


@pytest.mark.prometheus
def test_every_recording_rule_has_a_value(prometheus: Prometheus) -> None:
    rules = _evaluated(prometheus, "record")
    assert len(rules) > 100
    assert [rule["name"] for rule in rules if rule["health"] != "ok"] == []
    # Nothing is handed over here.
    names = {rule["name"] for rule in rules} - {HANDOVER.record}
    assert _silent(prometheus, ((name, name) for name in names)) == []


@pytest.mark.prometheus
def test_no_alert_rule_fails(prometheus: Prometheus) -> None:
    rules = _evaluated(prometheus, "alert")
    assert [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"] == []
