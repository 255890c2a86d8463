"""Writing the Prometheus text format and OpenMetrics, fast.

`prometheus_client.generate_latest` composes every label string anew: 60 to 80 ms of one core for
10,000 series, at each scrape taken from the consumer, who wants the same interpreter. Everything of
a line but its number is always the same, so it is composed once here and kept (some 600 bytes a
series); and a line whose number is that of the page before is that page's. The first page takes
40 ms, each further one 1 to 6 ms. The tests hold this writer, byte for byte, to what
`prometheus_client` writes for the same series.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from prometheus_client.utils import floatToGoString

from service.exposition.pipeline import PIPELINE_METRICS
from service.view.catalogue import METRICS, Metric
from service.view.snapshot import Family

Labels = tuple[str, ...]
number_text: Callable[[float], str] = floatToGoString
#: From here on Prometheus' numbers have exponents.
_LARGE = 1e6


class TextWriter:
    """Writes families by sample name as a page. Not thread-safe: it remembers lines."""

    def __init__(self, metrics: Iterable[Metric] = (*METRICS, *PIPELINE_METRICS)) -> None:
        self._metrics = [_MetricWriter(metric) for metric in metrics]

    def write(self, families: Mapping[str, Family], *, openmetrics: bool) -> str:
        """All metrics in the order of the catalogue, the series of each in that of their labels.

        OpenMetrics asks for a closing `# EOF`; it is left to the caller, who may add more.
        """
        return "".join(metric.write(families, openmetrics=openmetrics) for metric in self._metrics)


class _Line(NamedTuple):
    """All of a series' line that stays, and where its number is found."""

    #: Labels, rank and bound: by these lines are sorted.
    key: tuple[Labels, int, float]
    #: Which of the metric's samples it belongs to, and which of that sample's series it is.
    rank: int
    row: int
    prefix: str


class _MetricWriter:
    def __init__(self, metric: Metric) -> None:
        self._samples = metric.samples
        self._heading = {False: heading(metric, False), True: heading(metric, True)}
        self._layout: list[tuple[Sequence[Labels], int]] = []
        self._sorted: list[_Line] = []
        self._order: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        #: The numbers of the page before, what stands before them in its lines, and those.
        self._values: NDArray[np.float64] = np.empty(0)
        self._prefixes: list[str] = []
        self._lines: list[str] = []

    def write(self, families: Mapping[str, Family], *, openmetrics: bool) -> str:
        present = [(name, families[name]) for name in self._samples if name in families]
        if not present:
            return self._heading[openmetrics]
        self._arrange(present)
        values = np.concatenate([family.values for _, family in present])[self._order]
        changed = np.flatnonzero(values != self._values)
        lines, prefixes = self._lines, self._prefixes
        for row, value in zip(changed.tolist(), values[changed].tolist(), strict=True):
            # Nearly all are small, and Python's own text of them takes a quarter of the time.
            number = repr(value) if -_LARGE < value < _LARGE else number_text(value)
            lines[row] = f"{prefixes[row]}{number}\n"
        self._values = values
        return self._heading[openmetrics] + "".join(self._lines)

    def _arrange(self, present: Sequence[tuple[str, Family]]) -> None:
        """Sorts the series, unless they are those of the last time.

        By labels, so that the page does not depend on the order in which series appeared; all
        samples of one histogram together and its buckets ascending, as OpenMetrics demands.
        """
        layout = [(family.labels, len(family.values)) for _, family in present]
        former, self._layout = self._layout, layout
        if _is_of(layout, former) and _is_of(former, layout):
            return
        if not _is_of(former, layout):
            former, self._sorted = [(labels, 0) for labels, _ in layout], []
        for rank, ((name, family), (_, known)) in enumerate(zip(present, former, strict=True)):
            self._sorted += self._new_lines(name, family, rank, known)
        # All but the new ones are sorted: that takes no more than a look at each. It cannot be
        # interrupted, and the event loop waits meanwhile.
        self._sorted.sort(key=attrgetter("key"))
        starts = [0, *accumulate(count for _, count in layout)]
        order = [starts[line.rank] + line.row for line in self._sorted]
        self._order = np.array(order, dtype=np.intp)
        self._prefixes = [line.prefix for line in self._sorted]
        self._lines = [""] * len(order)
        # Equal to no number, so that every line is written.
        self._values = np.full(len(order), np.nan)

    def _new_lines(self, name: str, family: Family, rank: int, known: int) -> Iterator[_Line]:
        names = self._samples[name]
        bucket = names[-1:] == ("le",)
        prefix = prefix_writer(name, names)
        for row in range(known, len(family.values)):
            labels = family.labels[row]
            key = (labels[:-1], rank, float(labels[-1])) if bucket else (labels, rank, 0.0)
            yield _Line(key, rank, row, prefix(labels))


def _is_of(
    part: Sequence[tuple[Sequence[Labels], int]], whole: Sequence[tuple[Sequence[Labels], int]]
) -> bool:
    """Whether the samples are the same, with no more series each."""
    return len(part) == len(whole) and all(
        labels is others and count <= other_count
        for (labels, count), (others, other_count) in zip(part, whole, strict=True)
    )


def heading(metric: Metric, openmetrics: bool) -> str:
    """The lines before those of a metric's series."""
    name, text = metric.name, metric.help.replace("\\", r"\\").replace("\n", r"\n")
    if openmetrics:
        text = text.replace('"', r"\"")
        if metric.type == "counter":
            name = name.removesuffix("_total")
    return f"# HELP {name} {text}\n# TYPE {name} {metric.type}\n"


def prefix_writer(name: str, names: Labels) -> Callable[[Labels], str]:
    """Writes all of a series' line before its number, of the series' labels by these names."""
    if not names:
        return lambda _: f"{name} "
    order = sorted(range(len(names)), key=names.__getitem__)
    pairs = ",".join(f'{names[place]}="%s"' for place in order)
    form = f"{name}{{{pairs}}} "
    return lambda labels: form % tuple([_escape(labels[place]) for place in order])


#: The same few values stand in thousands of lines.
@lru_cache(4_096)
def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
