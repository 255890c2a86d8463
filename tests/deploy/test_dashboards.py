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
import yaml
from prometheus_client.parser import text_string_to_metric_families as parse_text

from deploy.grafana.build import FOLDER, files
from service.alerting.fcr import RATIO as DECIDED_RATIO
from service.alerting.partitions import HANDOVER
from service.alerting.sla_alerts import BUDGET_LEFT, MISSED_RATIO
from service.exposition.pipeline import PIPELINE_METRICS
from service.view.catalogue import METRICS
from tests.deploy import plausible
from tests.deploy.prometheus import Prometheus, quick, recording
from tests.deploy.servers import free_port, started

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DASHBOARDS = {path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}
#: What Grafana puts in place of a variable with the choices that a dashboard opens with.
CHOSEN = {
    "$channel": ".*",
    "$queue": ".*",
    "$team": ".*",
    "$window": "24h",
    "$repeat_window": "2h",
    "$__rate_interval": "1m",
}
#: Nothing waits so long but for what never comes.
PATIENCE_S = 400
pytestmark = pytest.mark.timeout(4 * PATIENCE_S)
PROVISIONING = FOLDER.parent / "provisioning"


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
    return quick(expr)


@contextmanager
def _plausible(_: Path) -> Iterator[str]:
    with plausible.serving() as target:
        yield target


@contextmanager
def _demo(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "service", "demo", "--port", str(port), "--rate", "600"]
    with started(command, f"http://127.0.0.1:{port}/readyz", folder, PATIENCE_S):
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


@pytest.mark.prometheus
def test_every_variable_has_values(prometheus: Prometheus) -> None:
    for uid, dashboard in DASHBOARDS.items():
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                found = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["definition"])
                assert found is not None, variable["definition"]
                rows = prometheus.answer(_filled(found[1]))
                values = {row["metric"][found[2]] for row in rows}
                assert values, f"{uid}: {variable['name']}"
                default = variable["current"]["value"]
                assert default == ["$__all"] or default in values


@pytest.mark.prometheus
def test_every_recording_rule_has_a_value(prometheus: Prometheus) -> None:
    groups = prometheus.get("/api/v1/rules", type="record")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) > 100
    assert [rule["name"] for rule in rules if rule["health"] != "ok"] == []
    # Nothing is handed over here.
    names = {rule["name"] for rule in rules} - {HANDOVER.record}
    assert _silent(prometheus, ((name, name) for name in names)) == []


@pytest.mark.prometheus
def test_no_alert_rule_fails(prometheus: Prometheus) -> None:
    groups = prometheus.get("/api/v1/rules", type="alert")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"] == []


def test_the_shipped_files_are_those_of_the_description() -> None:
    shipped = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
    assert shipped == files(), "run: python -m deploy.grafana.build"


def test_no_panel_of_the_contact_centre_shows_a_handover_of_partitions() -> None:
    raw = re.compile(r"(?<![:\w])cx_(?!pipeline_|build_info)\w+\b(?!:)")
    for uid in set(DASHBOARDS) - {"cx-pipeline"}:
        for panel in _panels(DASHBOARDS[uid]):
            for target in panel["targets"]:
                dips = raw.search(target["expr"]) and HANDOVER.expr not in target["expr"]
                assert not dips, f"{uid}: {panel['title']}"


def test_uids_and_panel_ids_are_unique() -> None:
    assert [d["uid"] for d in DASHBOARDS.values()] == list(DASHBOARDS)
    for dashboard in DASHBOARDS.values():
        ids = [panel["id"] for panel in dashboard["panels"]]
        assert len(set(ids)) == len(ids)


def test_no_two_panels_overlap() -> None:
    for uid, dashboard in DASHBOARDS.items():
        taken: set[tuple[int, int]] = set()
        for panel in dashboard["panels"]:
            at = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(at["x"], at["x"] + at["w"])
                for y in range(at["y"], at["y"] + at["h"])
            }
            assert not cells & taken, f"{uid}: {panel['title']}"
            assert at["x"] + at["w"] <= 24
            taken |= cells


def test_every_panel_says_what_it_shows_and_in_which_unit() -> None:
    for dashboard in DASHBOARDS.values():
        for panel in _panels(dashboard):
            assert panel["description"], panel["title"]
            assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]


def test_every_query_asks_the_data_source_that_is_chosen() -> None:
    for dashboard in DASHBOARDS.values():
        for panel in _panels(dashboard):
            uids = {t["datasource"]["uid"] for t in panel["targets"]} | {panel["datasource"]["uid"]}
            assert uids == {"${datasource}"}


def test_grafana_is_told_where_the_dashboards_are() -> None:
    provider = yaml.safe_load((PROVISIONING / "dashboards/contact-metrics.yml").read_text())
    assert provider["providers"][0]["options"]["path"] == "/etc/grafana/dashboards"
    compose = yaml.safe_load((Path(FOLDER).parents[1] / "compose.yaml").read_text())
    assert (
        "./grafana/dashboards:/etc/grafana/dashboards:ro"
        in (compose["services"]["grafana"]["volumes"])
    )
