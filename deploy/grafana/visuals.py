"""What each kind of panel looks like, by the builders of Grafana's foundation SDK."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, table
from grafana_foundation_sdk.builders import timeseries as chart
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat, QueryEditorMode

from deploy.grafana.panels import GREEN

if TYPE_CHECKING:
    from deploy.grafana.panels import Panel, Query

DATASOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
Visual = stat.Panel | chart.Panel | bargauge.Panel | table.Panel
#: As long as a hand-over may take.
_BRIDGED_MS = 15 * 60 * 1000


def visual(panel: Panel) -> Visual:
    """The panel, but for its place, its number and its links."""
    made = _KINDS[panel.kind](panel)
    made.title(panel.title).description(panel.description).datasource(DATASOURCE)
    made.span(panel.width).height(panel.height)
    for letter, query in _lettered(panel):
        made.with_target(_target(panel, letter, query))
        if query.unit and query.unit != panel.unit:
            made.override_by_name(query.legend, [DynamicConfigValue("unit", query.unit)])
    made.unit(panel.unit).no_value("no value")
    made.thresholds(_thresholds(panel))
    if panel.low is not None:
        made.min(panel.low)
    if panel.high is not None:
        made.max(panel.high)
    if panel.decimals is not None:
        made.decimals(panel.decimals)
    return made


def _lettered(panel: Panel) -> list[tuple[str, Query]]:
    return [(chr(ord("A") + number), query) for number, query in enumerate(panel.queries)]


def _target(panel: Panel, letter: str, query: Query) -> prometheus.Dataquery:
    made = prometheus.Dataquery().ref_id(letter).datasource(DATASOURCE).expr(query.expr)
    made.legend_format(query.legend or "__auto").editor_mode(QueryEditorMode.CODE)
    in_a_table = panel.kind == "table"
    made.format(PromQueryFormat.TABLE if in_a_table else PromQueryFormat.TIME_SERIES)
    return made.range() if panel.kind == "timeseries" else made.instant()


def _thresholds(panel: Panel) -> dashboard.ThresholdsConfig:
    steps = panel.steps or ((None, "blue" if panel.kind == "stat" else GREEN),)
    return (
        dashboard.ThresholdsConfig()
        .mode(ThresholdsMode.ABSOLUTE)
        .steps([Threshold(value=value, color=colour) for value, colour in steps])
    )


def _by_thresholds() -> dashboard.FieldColor:
    return dashboard.FieldColor().mode(FieldColorModeId.THRESHOLDS)


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False)


def _stat(panel: Panel) -> Visual:
    several = len(panel.queries) > 1
    shown = looks.BigValueTextMode.VALUE_AND_NAME if several else looks.BigValueTextMode.AUTO
    return (
        stat.Panel()
        .color_scheme(_by_thresholds())
        .reduce_options(_last())
        .color_mode(looks.BigValueColorMode.BACKGROUND)
        .graph_mode(looks.BigValueGraphMode.NONE)
        .text_mode(shown)
    )


def _chart(panel: Panel) -> Visual:
    limits = looks.GraphThresholdsStyleMode
    style = limits.DASHED if panel.steps else limits.OFF
    return (
        chart.Panel()
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
        .line_width(2)
        .fill_opacity(5)
        .show_points(looks.VisibilityMode.NEVER)
        .span_nulls(_BRIDGED_MS)
        .thresholds_style(common.GraphThresholdsStyleConfig().mode(style))
        .legend(
            common.VizLegendOptions()
            .display_mode(looks.LegendDisplayMode.LIST)
            .placement(looks.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(
            common.VizTooltipOptions()
            .mode(looks.TooltipDisplayMode.MULTI)
            .sort(looks.SortOrder.DESCENDING)
        )
    )


def _bars(_: Panel) -> Visual:
    return (
        bargauge.Panel()
        .color_scheme(_by_thresholds())
        .reduce_options(_last())
        .orientation(looks.VizOrientation.HORIZONTAL)
        .display_mode(looks.BarGaugeDisplayMode.BASIC)
        .show_unfilled(True)
    )


def _table(panel: Panel) -> Visual:
    """A column for each query, called as its legend."""
    several = len(panel.queries) > 1
    names = {
        (f"Value #{letter}" if several else "Value"): query.legend
        for letter, query in _lettered(panel)
    }
    columns = {"excludeByName": {"Time": True}, "renameByName": names}
    return (
        table.Panel()
        .color_scheme(_by_thresholds())
        .show_header(True)
        .cell_height(looks.TableCellHeight.SM)
        .align(looks.FieldTextAlignment.AUTO)
        .with_transformation(DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(DataTransformerConfig(id_val="organize", options=columns))
    )


_KINDS: dict[str, Callable[[Panel], Visual]] = {
    "stat": _stat,
    "timeseries": _chart,
    "bargauge": _bars,
    "table": _table,
}
