"""Sums of the merged series by fewer labels: in total, by channel, queue, reason, team."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from service.exposition.series import Labels, Projection, SeriesIndex
from service.view.catalogue import METRICS
from service.view.snapshot import Family

Scope = Literal["total", "channel", "queue", "reason", "team"]
SCOPES: tuple[Scope, ...] = ("total", "channel", "queue", "reason", "team")
Cells = Mapping[Labels, float]
"""Values by the labels that are left when scope, window and reason are taken off."""

_ADDED_UP = frozenset({"channel", "queue", "team", "reason", "window"})
_EMPTY: Cells = {}


@dataclass(frozen=True, slots=True)
class Facts:
    """All values of one scope, ready to be looked up."""

    _cells: Mapping[tuple[str, str, str], Cells]
    groups: tuple[str, ...]
    """The channels, queues, reasons or teams that were seen, sorted; the total is the group ""."""

    def cells(self, sample: str, group: str, window: str = "") -> Cells:
        """The values of `sample` in a channel, queue, reason or team, in a window (none: "")."""
        return self._cells.get((sample, group, window), _EMPTY)


class Rollup:
    """Adds up merged families. Not thread-safe: it remembers rows."""

    def __init__(self) -> None:
        self._sums = {
            (scope, sample): _Sum(names, scope, maximum=metric.merge == "max")
            for scope in SCOPES
            for metric in METRICS
            if metric.type == "gauge"
            for sample, names in metric.samples.items()
            if scope == "total" or scope in names
        }

    def facts(self, families: Mapping[str, Family], scope: Scope) -> Facts:
        """The sums of all gauges over everything but `scope`, window and the KPI's own labels."""
        cells: defaultdict[tuple[str, str, str], dict[Labels, float]] = defaultdict(dict)
        for (of_scope, sample), total in self._sums.items():
            family = families.get(sample)
            if of_scope == scope and family is not None:
                for (group, window, *rest), value in total.values(family).items():
                    cells[sample, group, window][tuple(rest)] = value
        return Facts(cells, tuple(sorted({group for _, group, _ in cells})))


class _Sum:
    def __init__(self, names: Labels, scope: Scope, *, maximum: bool) -> None:
        self._key = _projection(names, scope)
        self._maximum = maximum
        self._index = SeriesIndex()
        self._projection: Projection | None = None

    def values(self, family: Family) -> dict[Labels, float]:
        if self._projection is None or self._projection.labels is not family.labels:
            self._index = SeriesIndex()
            self._projection = Projection(family.labels, self._index, self._key)
        rows = self._projection.rows(len(family.values))
        values = np.zeros(len(self._index.labels))
        (np.maximum if self._maximum else np.add).at(values, rows, family.values)
        return dict(zip(self._index.labels, values.tolist(), strict=True))


def _projection(names: Labels, scope: Scope) -> Callable[[Labels], Labels]:
    """From a series' labels to (group, window, what is left)."""
    group = None if scope == "total" else names.index(scope)
    window = names.index("window") if "window" in names else None
    rest = [place for place, name in enumerate(names) if name not in _ADDED_UP]

    def key(labels: Labels) -> Labels:
        return (
            "" if group is None else labels[group],
            "" if window is None else labels[window],
            *(labels[place] for place in rest),
        )

    return key
