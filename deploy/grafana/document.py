"""The dashboard that Grafana reads, by the builders of its foundation SDK."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableHide,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from deploy.grafana.marks import RELEASES, SETTINGS, alerts
from deploy.grafana.panels import Runbook
from deploy.grafana.visuals import DATASOURCE, visual
from service.alerting.runbooks import RUNBOOKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploy.grafana.panels import Dashboard, Link, Variable

TAG = "contact-metrics"


def dashboard_json(dashboard: Dashboard, every: Mapping[str, Dashboard]) -> str:
    """The file that Grafana reads; `every` dashboard by its uid, for links between them."""
    made = (
        build.Dashboard(dashboard.title)
        .uid(dashboard.uid)
        .description(dashboard.description)
        .tags([TAG])
        .version(1)
        .readonly()
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .refresh("30s")
        .time(dashboard.since, "now")
        .timezone("browser")
        .link(_to_the_others())
        .with_variable(
            build.DatasourceVariable("datasource").label("Data source").type("prometheus")
        )
        .with_variable(_runbooks())
        .annotation(alerts(dashboard.area))
        .annotation(RELEASES)
        .annotation(SETTINGS)
    )
    for variable in dashboard.variables:
        made.with_variable(_variable(variable))
    number = 0
    for row in dashboard.rows:
        number += 1
        made.with_row(build.Row(row.title).id(number))
        for panel in row.panels:
            number += 1
            made.with_panel(
                visual(panel).id(number).links([_link(link, every) for link in panel.links])
            )
    return json.dumps(made.build(), cls=JSONEncoder, indent=1, ensure_ascii=False) + "\n"


def _to_the_others() -> build.DashboardLink:
    return (
        build.DashboardLink("Contact metrics")
        .type(DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
    )


def _link(link: Link | Runbook, every: Mapping[str, Dashboard]) -> build.DashboardLink:
    if isinstance(link, Runbook):
        url = f"${{runbooks:raw}}/{link.alert}.md"
        return _named(f"Runbook {link.alert}", url).target_blank(True)
    there = every[link.dashboard]
    url = f"/d/{there.uid}?${{__url_time_range}}&${{__all_variables}}"
    if link.panel:
        url += f"&viewPanel={dict(_numbers(there))[link.panel]}"
    return _named(f"{there.title}: {link.panel}" if link.panel else there.title, url)


def _named(title: str, url: str) -> build.DashboardLink:
    return build.DashboardLink(title).type(DashboardLinkType.LINK).url(url)


def _numbers(dashboard: Dashboard) -> Iterator[tuple[str, int]]:
    """Each panel's title and number. Of those that share a title the last one is the chart."""
    number = 0
    for row in dashboard.rows:
        number += 1
        for panel in row.panels:
            number += 1
            yield panel.title, number


def _runbooks() -> build.QueryVariable:
    """Where the runbooks are published: the rules say so, as the setting does."""
    return (
        build.QueryVariable("runbooks")
        .hide(VariableHide.HIDE_VARIABLE)
        .datasource(DATASOURCE)
        .query(_query("runbooks", f"label_values({RUNBOOKS}, url)"))
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
    )


def _query(name: str, query: str) -> dict[str, object]:
    return {"query": query, "refId": name}


def _variable(variable: Variable) -> build.QueryVariable:
    made = (
        build.QueryVariable(variable.name)
        .label(variable.label)
        .datasource(DATASOURCE)
        .query(_query(variable.name, variable.query))
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(variable.several)
        .include_all(variable.several)
    )
    if variable.several:
        made.all_value(".*").current(VariableOption(text=["All"], value=["$__all"]))
    else:
        made.current(VariableOption(text=variable.default, value=variable.default))
    return made
