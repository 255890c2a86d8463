"""The dashboards' files: what the builder makes, in the types of Grafana's foundation SDK."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from deploy.grafana.build import FOLDER, files
from deploy.grafana.marks import new_value
from service.alerting.files import rule_groups
from service.alerting.partitions import HANDOVER
from service.alerting.rules import Alert
from service.definitions import Definitions
from service.settings.alerts import Alerts
from tests.deploy.promtool import Case, promtool

DASHBOARDS = {path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}
PROVISIONING = FOLDER.parent / "provisioning"
RUNBOOKS = Path(__file__).parents[2] / "docs" / "runbooks"
#: What the SDK's type of an annotation lacks of Prometheus' own.
OF_PROMETHEUS = {"titleFormat", "tagKeys", "step"}


def _panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def _links(dashboard: dict[str, Any]) -> list[str]:
    return [link["url"] for panel in _panels(dashboard) for link in panel.get("links", ())]


def test_the_shipped_files_are_those_of_the_description() -> None:
    shipped = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
    assert shipped == files(), "run: python -m deploy.grafana.build"


def test_no_panel_of_the_contact_centre_shows_a_handover_of_partitions() -> None:
    raw = re.compile(r"(?<![:\w])cx_(?!pipeline_|build_info)\w+\b(?!:)")
    then = f"unless on () ({HANDOVER.record} offset 1d)"
    for uid in set(DASHBOARDS) - {"cx-pipeline"}:
        for panel in _panels(DASHBOARDS[uid]):
            for target in panel["targets"]:
                steady = HANDOVER.expr in target["expr"] or then in target["expr"]
                assert steady or not raw.search(target["expr"]), f"{uid}: {panel['title']}"


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


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_a_dashboard_is_nothing_but_what_the_types_of_grafana_know(uid: str) -> None:
    register_default_plugins()
    read = Dashboard.from_json(json.loads(json.dumps(DASHBOARDS[uid])))
    again = json.loads(json.dumps(read, cls=JSONEncoder))
    expected = json.loads(json.dumps(DASHBOARDS[uid]))
    for mark in expected["annotations"]["list"]:
        for name in OF_PROMETHEUS:
            del mark[name]
    assert again == expected


def test_every_link_leads_to_a_panel_or_a_runbook_that_is_there() -> None:
    groups = rule_groups(Definitions(), Alerts()).values()
    alerts = {
        rule.name
        for file in groups
        for group in file
        for rule in group.rules
        if isinstance(rule, Alert)
    }
    for dashboard in DASHBOARDS.values():
        for url in _links(dashboard):
            runbook = re.fullmatch(r"\$\{runbooks:raw\}/(\w+)\.md", url)
            if runbook is not None:
                assert runbook[1] in alerts
                assert (RUNBOOKS / f"{runbook[1]}.md").exists()
                continue
            there = re.fullmatch(
                r"/d/([\w-]+)\?\$\{__url_time_range\}&\$\{__all_variables\}(?:&viewPanel=(\d+))?",
                url,
            )
            assert there is not None, url
            numbers = {panel["id"] for panel in _panels(DASHBOARDS[there[1]])}
            assert there[2] is None or int(there[2]) in numbers


def test_every_dashboard_is_reached_by_a_link_and_keeps_what_is_chosen() -> None:
    for dashboard in DASHBOARDS.values():
        [others] = dashboard["links"]
        assert others["includeVars"]
        assert others["keepTime"]
        assert set(others["tags"]) <= set(dashboard["tags"])
        assert not any(v["skipUrlSync"] for v in dashboard["templating"]["list"])


@pytest.mark.prometheus
def test_a_release_is_marked_when_it_begins_and_not_when_workers_come_and_go(
    tmp_path: Path,
) -> None:
    """The first version runs from the beginning, with a gap; the second comes at 60m."""
    marks = f"sum({new_value('cx_build_info', 'version')})"
    case = Case(
        series={
            'cx_build_info{version="1",instance="a"}': "1x20 _x20 1x79",
            'cx_build_info{version="2",instance="b"}': "_x60 1x60",
        },
        values={
            f"{at}m": {marks: 1 if 60 <= at < 63 else None}
            for at in (0, 2, 10, 21, 41, 42, 60, 61, 62, 63, 65, 90, 120)
        },
    )
    promtool(tmp_path, case, names=())
