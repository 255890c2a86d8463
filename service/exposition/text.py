"""Writing the Prometheus text format and OpenMetrics, fast.

`prometheus_client.generate_latest` composes every label string anew: 60 to 80 ms of one core for
10,000 series, at each scrape taken from the consumer, who wants the same interpreter. Everything of
a line but its number is always the same, so it is composed once here and kept (some 400 bytes a
series); and a line whose number is that of the page before is that page's. The first page takes
40 ms, each further one 1 to 6 ms. The tests hold this writer, byte for byte, to what
`prometheus_client` writes for the same series.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from prometheus_client.utils import floatToGoString

from service.engine.catalogue import METRICS, Metric
from service.engine.snapshot import Family
from service.exposition.pipeline import PIPELINE_METRICS

Labels = tuple[str, ...]
_number: Callable[[float], str] = floatToGoString


class TextWriter:
    """Writes families by sample name as a page. Not thread-safe: it remembers lines."""

    def __init__(self, metrics: Iterable[Metric] = (*METRICS, *PIPELINE_METRICS)) -> None:
        self._metrics = [_MetricWriter(metric) for metric in metrics]

    def write(self, families: Mapping[str, Family], *, openmetrics: bool) -> str:
        """All metrics in the order of the catalogue, the series of each in that of their labels.

        OpenMetrics asks for a closing `# EOF`; it is left to the caller, who may add more.
        """
        return "".join(metric.write(families, openmetrics=openmetrics) for metric in self._metrics)


class _MetricWriter:
    def __init__(self, metric: Metric) -> None:
        self._samples = metric.samples
        self._heading = {False: _heading(metric, False), True: _heading(metric, True)}
        self._layout: list[tuple[Sequence[Labels], int]] = []
        self._order: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self._prefixes: list[str] = []
        #: The numbers of the page before, and its lines.
        self._values: NDArray[np.float64] = np.empty(0)
        self._lines: list[str] = []

    def write(self, families: Mapping[str, Family], *, openmetrics: bool) -> str:
        present = [(name, families[name]) for name in self._samples if name in families]
        if not present:
            return self._heading[openmetrics]
        self._arrange(present)
        values = np.concatenate([family.values for _, family in present])[self._order]
        changed = np.flatnonzero(values != self._values)
        for row, value in zip(changed.tolist(), values[changed].tolist(), strict=True):
            self._lines[row] = f"{self._prefixes[row]}{_number(value)}\n"
        self._values = values
        return self._heading[openmetrics] + "".join(self._lines)

    def _arrange(self, present: Sequence[tuple[str, Family]]) -> None:
        """Sorts the series, unless they are those of the last time.

        By labels, so that the page does not depend on the order in which series appeared; all
        samples of one histogram together and its buckets ascending, as OpenMetrics demands.
        """
        layout = [(family.labels, len(family.values)) for _, family in present]
        if len(layout) == len(self._layout) and all(
            labels is known and count == known_count
            for (labels, count), (known, known_count) in zip(layout, self._layout, strict=True)
        ):
            return
        keys: list[tuple[Labels, int, float]] = []
        prefixes: list[str] = []
        for rank, (name, family) in enumerate(present):
            names = self._samples[name]
            bucket = names[-1:] == ("le",)
            for labels in family.labels[: len(family.values)]:
                prefixes.append(_prefix(name, names, labels))
                keys.append((labels[:-1], rank, float(labels[-1])) if bucket else (labels, rank, 0))
        order = sorted(range(len(keys)), key=keys.__getitem__)
        self._order = np.array(order, dtype=np.intp)
        self._prefixes = [prefixes[row] for row in order]
        self._lines = [""] * len(order)
        # Equal to no number, so that every line is written.
        self._values = np.full(len(order), np.nan)
        self._layout = layout


def _heading(metric: Metric, openmetrics: bool) -> str:
    name, text = metric.name, metric.help.replace("\\", r"\\").replace("\n", r"\n")
    if openmetrics:
        text = text.replace('"', r"\"")
        if metric.type == "counter":
            name = name.removesuffix("_total")
    return f"# HELP {name} {text}\n# TYPE {name} {metric.type}\n"


def _prefix(name: str, names: Labels, labels: Labels) -> str:
    pairs = ",".join(
        f'{key}="{_escape(value)}"' for key, value in sorted(zip(names, labels, strict=True))
    )
    return f"{name}{{{pairs}}} " if pairs else f"{name} "


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
