"""What a dashboard is made of, and how Grafana's JSON says it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from service.alerting.indexes import indexes
from service.definitions import Definitions

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH = 24

INDEXES = {index.name: index for index in indexes(Definitions())}
_SELECTOR = re.compile(r"\b(cx_[a-z_]+)(?:\{([^}]*)\})?")
#: Grafana's names of our units.
_UNITS = {
    "ratio": "percentunit",
    "seconds": "s",
    "contacts": "none",
    "-100 to 100": "none",
    "0 to 100": "none",
    "points": "none",
    "replies": "none",
    "score 1 to 5": "none",
    "score 1 to 7": "none",
}
GREEN, YELLOW, RED = "green", "orange", "red"


@dataclass(frozen=True)
class Query:
    """A PromQL expression, and how its series are called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """One panel; `steps`: from which value on which colour, the first one from the start."""

    title: str
    description: str
    queries: Sequence[Query]
    kind: Literal["stat", "timeseries", "bargauge", "table"] = "timeseries"
    unit: str = "none"
    width: int = 8
    height: int = 7
    steps: Sequence[tuple[float | None, str]] = ()
    decimals: int | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Row:
    """Panels under a common heading."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True)
class Variable:
    """A choice at the top of a dashboard: the values of a label."""

    name: str
    label: str
    query: str
    several: bool = True
    default: str = ""


@dataclass(frozen=True)
class Dashboard:
    """`uid` is stable: links and bookmarks depend on it."""

    uid: str
    title: str
    description: str
    rows: Sequence[Row]
    variables: Sequence[Variable] = field(default_factory=tuple)
    since: str = "now-24h"


def chosen(expr: str, window: str | None = "$window") -> str:
    """`expr` for the chosen channels and queues, and the window, in every selector of raw parts."""

    def narrowed(match: re.Match[str]) -> str:
        name, matchers = match.groups()
        wanted = [matchers] if matchers else []
        wanted += ['channel=~"$channel"', 'queue=~"$queue"']
        if window is not None and name.startswith("cx_window_"):
            wanted.append(f'window="{window}"')
        return f"{name}{{{','.join(wanted)}}}"

    return _SELECTOR.sub(narrowed, expr)


def of_index(name: str, legend: str, by: Sequence[str] = (), window: str = "$window") -> Query:
    """A published index of the chosen contacts, computed from the parts as its rule does.

    Of one that has repeat windows: under the chosen one.
    """
    index = INDEXES[name]
    expr = chosen(index.expr((*by, *index.keeps)), window)
    if "repeat_window" in index.keeps:
        wanted = 'label_replace(vector(1), "repeat_window", "$repeat_window", "", "")'
        expr = f"({expr})\nand on (repeat_window) {wanted}"
    return Query(expr, legend)


def index_panel(title: str, names: Sequence[tuple[str, str]], note: str = "", **more: Any) -> Panel:
    """A panel of indexes that share a unit; its description is that of the indexes."""
    meanings = [
        f"{legend}: {INDEXES[name].meaning}" if len(names) > 1 else INDEXES[name].meaning
        for name, legend in names
    ]
    unit = _UNITS[INDEXES[names[0][0]].unit]
    return Panel(
        title,
        "\n\n".join([*meanings, *([note] if note else [])]),
        [of_index(name, legend) for name, legend in names],
        **{"unit": unit, "low": 0 if unit == "percentunit" else None, **more},
    )


def dashboard_json(dashboard: Dashboard) -> dict[str, Any]:
    """The file that Grafana reads."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": ["contact-metrics"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": dashboard.since, "to": "now"},
        "timezone": "browser",
        "links": [
            {
                "type": "dashboards",
                "title": "Contact metrics",
                "tags": ["contact-metrics"],
                "asDropdown": True,
                "includeVars": True,
                "keepTime": True,
            }
        ],
        "templating": {
            "list": [
                {
                    "name": "datasource",
                    "label": "Data source",
                    "type": "datasource",
                    "query": "prometheus",
                    "current": {},
                },
                *map(_variable_json, dashboard.variables),
            ]
        },
        "panels": _panels_json(dashboard.rows),
    }


def _variable_json(variable: Variable) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": variable.name,
        "label": variable.label,
        "type": "query",
        "datasource": DATASOURCE,
        "query": {"query": variable.query, "refId": variable.name},
        "definition": variable.query,
        "refresh": 2,
        "sort": 1,
        "multi": variable.several,
        "includeAll": variable.several,
    }
    if variable.several:
        made |= {"allValue": ".*", "current": {"text": ["All"], "value": ["$__all"]}}
    else:
        made |= {"current": {"text": variable.default, "value": variable.default}}
    return made


def _panels_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    top = 0
    for row in rows:
        made.append(
            {
                "id": len(made) + 1,
                "type": "row",
                "title": row.title,
                "collapsed": False,
                "panels": [],
                "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1},
            }
        )
        top += 1
        left = height = 0
        for panel in row.panels:
            if left + panel.width > WIDTH:
                left, top, height = 0, top + height, 0
            place = {"x": left, "y": top, "w": panel.width, "h": panel.height}
            made.append({"id": len(made) + 1, "gridPos": place, **_panel_json(panel)})
            left, height = left + panel.width, max(height, panel.height)
        top += height
    return made


def _panel_json(panel: Panel) -> dict[str, Any]:
    instant = panel.kind != "timeseries"
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": DATASOURCE,
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": DATASOURCE,
                "expr": query.expr,
                "legendFormat": query.legend or "__auto",
                "editorMode": "code",
                "range": not instant,
                "instant": instant,
                "format": "table" if panel.kind == "table" else "time_series",
            }
            for number, query in enumerate(panel.queries)
        ],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        **_KINDS[panel.kind],
        **(_joined(panel) if panel.kind == "table" else {}),
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    steps = panel.steps or ((None, "blue" if panel.kind == "stat" else GREEN),)
    made: dict[str, Any] = {
        "unit": panel.unit,
        "noValue": "no value",
        "thresholds": {
            "mode": "absolute",
            "steps": [{"value": value, "color": colour} for value, colour in steps],
        },
        "color": {"mode": "palette-classic" if panel.kind == "timeseries" else "thresholds"},
    }
    if panel.kind == "timeseries":
        made["custom"] = {
            "lineWidth": 2,
            "fillOpacity": 5,
            "showPoints": "never",
            "thresholdsStyle": {"mode": "dashed" if panel.steps else "off"},
        }
    limits = {"min": panel.low, "max": panel.high, "decimals": panel.decimals}
    return made | {name: value for name, value in limits.items() if value is not None}


def _joined(panel: Panel) -> dict[str, Any]:
    """A table has a column for each query, called as its legend."""
    letters = [chr(ord("A") + number) for number in range(len(panel.queries))]
    names = {
        (f"Value #{letter}" if len(letters) > 1 else "Value"): query.legend
        for letter, query in zip(letters, panel.queries, strict=True)
    }
    hidden = {"Time": True}
    return {
        "transformations": [
            {"id": "merge", "options": {}},
            {"id": "organize", "options": {"excludeByName": hidden, "renameByName": names}},
        ]
    }


_REDUCED = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_KINDS: dict[str, dict[str, Any]] = {
    "stat": {
        "options": {
            "reduceOptions": _REDUCED,
            "colorMode": "background",
            "graphMode": "none",
            "textMode": "auto",
        }
    },
    "timeseries": {
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    },
    "bargauge": {
        "options": {
            "reduceOptions": _REDUCED,
            "orientation": "horizontal",
            "displayMode": "basic",
            "showUnfilled": True,
        }
    },
    "table": {"options": {"showHeader": True, "cellHeight": "sm"}},
}
