"""What a dashboard is made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from service.alerting.indexes import indexes
from service.alerting.partitions import HANDOVER, outside_handover
from service.alerting.rules import Area
from service.definitions import Definitions

INDEXES = {index.name: index for index in indexes(Definitions())}
_SELECTOR = re.compile(r"\b(cx_[a-z_]+)(?:\{([^}]*)\})?")
#: Grafana's names of our units; it has none for the others.
_UNITS = {"ratio": "percentunit", "seconds": "s"}
GREEN, YELLOW, RED = "green", "orange", "red"


@dataclass(frozen=True)
class Query:
    """A PromQL expression, and how its series are called; `unit` where it is not its panel's."""

    expr: str
    legend: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Link:
    """To the dashboard with that uid, or to its panel of that title."""

    dashboard: str
    panel: str = ""


@dataclass(frozen=True)
class Runbook:
    """A link to the page of an alert."""

    alert: str


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
    links: Sequence[Link | Runbook] = ()


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
    """`uid` is stable: links and bookmarks depend on it. Alerts of `area` are marked in charts."""

    uid: str
    title: str
    description: str
    rows: Sequence[Row]
    variables: Sequence[Variable] = field(default_factory=tuple)
    since: str = "now-24h"
    area: Area = "service"


def chosen(expr: str, window: str | None = "$window", ago: str = "") -> str:
    """`expr` for the chosen channels and queues, or teams, and the window, in every selector of raw
    parts; nothing in a hand-over of partitions, which is no news of the contact centre.

    `ago`: as it was that long ago ("1d").
    """

    def narrowed(match: re.Match[str]) -> str:
        name, matchers = match.groups()
        wanted = [matchers] if matchers else []
        of_team = name.startswith("cx_window_team_")
        wanted += ['team=~"$team"'] if of_team else ['channel=~"$channel"', 'queue=~"$queue"']
        if window is not None and name.startswith("cx_window_"):
            wanted.append(f'window=~"{window}"' if "|" in window else f'window="{window}"')
        return f"{name}{{{','.join(wanted)}}}{f' offset {ago}' if ago else ''}"

    narrow = _SELECTOR.sub(narrowed, expr)
    if not ago:
        return outside_handover(narrow)
    return f"({narrow})\nunless on () ({HANDOVER.record} offset {ago})"


def of_index(
    name: str, legend: str, by: Sequence[str] = (), window: str = "$window", ago: str = ""
) -> Query:
    """A published index of the chosen contacts, computed from the parts as its rule does.

    Of one that has repeat windows: under the chosen one.
    """
    index = INDEXES[name]
    expr = chosen(index.expr((*by, *index.keeps)), window, ago)
    if "repeat_window" in index.keeps:
        wanted = 'label_replace(vector(1), "repeat_window", "$repeat_window", "", "")'
        expr = f"({expr})\nand on (repeat_window) {wanted}"
    return Query(expr, legend, unit_of(name))


def unit_of(name: str) -> str:
    """Grafana's name of an index's unit."""
    return _UNITS.get(INDEXES[name].unit, "none")


def index_panel(
    title: str,
    names: Sequence[tuple[str, str]],
    note: str = "",
    by: Sequence[str] = (),
    **more: Any,
) -> Panel:
    """A panel of indexes that share a unit; its description is that of the indexes."""
    meanings = [
        f"{legend}: {INDEXES[name].meaning}" if len(names) > 1 else INDEXES[name].meaning
        for name, legend in names
    ]
    unit = unit_of(names[0][0])
    return Panel(
        title,
        "\n\n".join([*meanings, *([note] if note else [])]),
        [of_index(name, legend, by) for name, legend in names],
        **{"unit": unit, "low": 0 if unit == "percentunit" else None, **more},
    )
