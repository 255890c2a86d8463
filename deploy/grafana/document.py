"""How Grafana's JSON says what a dashboard is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deploy.grafana.panels import GREEN, Dashboard, Panel, Row, Variable

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH = 24


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
            # As long as a hand-over may take.
            "spanNulls": 15 * 60 * 1000,
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
