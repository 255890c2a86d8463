"""Snapshots: the cells' sums under the names and labels that Prometheus sees."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from service.aggregates.active_customers import ActiveCustomers
from service.aggregates.aggregator import Aggregator, Values, Windows
from service.aggregates.cells import Cells, Place
from service.definitions import Definitions
from service.kpis.layout import Layout, Run
from service.kpis.rows import Bools, Ints
from service.state.waiting import WaitingParts
from service.view.backlog import Backlog
from service.view.snapshot import Family

LabelValues = tuple[str, ...]


#: Revenue is kept in millionths.
REVENUE_UNIT = 1_000_000


class _Series:
    """The cells behind one sample name, in the order in which they got their series."""

    def __init__(self) -> None:
        self.labels: list[LabelValues] = []
        self.cells: list[int] = []
        #: Of a histogram: the labels of its buckets.
        self.bucket_labels: list[LabelValues] = []
        self.first_cells: set[int] = set()
        self._index = np.zeros(0, dtype=np.int64)

    def index(self) -> Ints:
        # Cells are only ever added.
        if len(self._index) != len(self.cells):
            self._index = np.array(self.cells, dtype=np.int64)
        return self._index


class Families:
    """Draws up the families of a snapshot.

    What is done here is done once a scrape; it is numpy over all cells, and Python only for cells
    seen for the first time.
    """

    def __init__(
        self,
        definitions: Definitions,
        layout: Layout,
        cells: Cells,
        aggregator: Aggregator,
        backlog: Backlog,
        waiting: WaitingParts,
        active: ActiveCustomers | None,
    ) -> None:
        self._windows = [window.name for window in definitions.all_windows]
        self._suffixes: list[LabelValues] = [(name,) for name in self._windows]
        self._cells = cells
        self._aggregator = aggregator
        self._waiting = waiting
        #: None: customers are not told of.
        self._active = active
        self._waiting_labels = [(part,) for part in waiting.counts]
        #: Cells that have their series.
        self._shown = np.zeros(0, dtype=np.bool_)
        #: Of the partition as a whole every counter is told from the beginning.
        self._announced = np.ones(layout.width("partition"), dtype=np.bool_)
        self._runs = layout.runs
        self._gauges: dict[str, _Series] = {}
        self._counters: dict[str, _Series] = {}
        self._histograms: dict[str, _Series] = {}
        #: All of them.
        self._series: dict[str, _Series] = {}
        self._backlog = backlog
        self._shape: dict[str, Run] = {}
        for run in layout.runs:
            for sample in (run.gauge, run.counter):
                if sample is not None:
                    self._shape[sample] = run
                    of = self._of_shape(sample, run)
                    self._series[sample] = of.setdefault(sample, _Series())
        for cell in range(layout.width("partition")):
            self._register_counter(cell)

    def _of_shape(self, sample: str, run: Run) -> dict[str, _Series]:
        if run.shape == "histogram":
            return self._histograms
        return self._gauges if sample == run.gauge else self._counters

    def at(self, clock: int) -> dict[str, Family]:
        """Everything the partition has to say at `clock`, by sample name."""
        self._take_note()
        families = self._backlog.families(clock)
        windows = self._aggregator.windows()
        for sample, series in self._gauges.items():
            families |= self._gauge(sample, series, windows)
        for sample, series in self._counters.items():
            values = self._aggregator.counts[series.index()]
            families[sample] = Family(series.labels, values)
        for sample, series in self._histograms.items():
            families |= self._histogram(sample, series, windows)
        families["cx_pipeline_waiting_parts"] = Family(
            self._waiting_labels, np.array(list(self._waiting.counts.values()))
        )
        if self._active is not None:
            by_segment = self._active.by_segment
            labels = [(segment,) for segment in by_segment]
            numbers = [number for number, _ in by_segment.values()]
            revenues = [revenue for _, revenue in by_segment.values()]
            families["cx_customers"] = Family(labels, np.array(numbers, dtype=np.int64))
            families["cx_customers_monthly_revenue"] = Family(
                labels, np.array(revenues, dtype=np.object_), REVENUE_UNIT
            )
        return families

    def _take_note(self) -> None:
        """Gives the cells seen, or counted to be, since the last time their series."""
        self._shown = self._extend(self._shown, self._aggregator.seen, self._register_gauge)
        self._announced = self._extend(
            self._announced, self._aggregator.known, self._register_counter
        )

    @staticmethod
    def _extend(noted: Bools, now: Bools, register: Callable[[int], None]) -> Bools:
        noted = np.concatenate((noted, np.zeros(len(now) - len(noted), dtype=np.bool_)))
        for cell in np.flatnonzero(now & ~noted).tolist():
            register(cell)
        return noted | now

    def _register_gauge(self, cell: int) -> None:
        place = self._cells.place(cell)
        run = place.run
        if run.gauge is not None:
            self._register(run.gauge, place, cell, self._suffixes)
        if run.name == "started":
            self._backlog.register(cell - place.nth - run.offset, place.block_labels)

    def _register_counter(self, cell: int) -> None:
        place = self._cells.place(cell)
        if place.run.counter is not None:
            self._register(place.run.counter, place, cell, [()])

    def _register(
        self, sample: str, place: Place, cell: int, suffixes: Sequence[LabelValues]
    ) -> None:
        run, block_labels, nth = place
        series = self._series[sample]
        if run.shape != "histogram":
            series.cells.append(cell)
            series.labels.extend((*block_labels, *run.labels[nth], *suffix) for suffix in suffixes)
        elif cell - nth not in series.first_cells:
            # One of its buckets was: now it has all of them.
            series.first_cells.add(cell - nth)
            series.cells.append(cell - nth)
            own = [(*block_labels, *suffix) for suffix in suffixes]
            series.labels.extend(own)
            series.bucket_labels.extend((*labels, *bound) for labels in own for bound in run.labels)

    def _gauge(self, sample: str, series: _Series, windows: Windows) -> dict[str, Family]:
        run = self._shape[sample]
        cells = series.index()
        counts = windows.counts[:, cells].T.ravel()
        if run.shape == "count":
            return {sample: Family(series.labels, counts)}
        totals = windows.totals[:, cells].T.ravel()
        if run.shape == "total":
            return {sample: Family(series.labels, _amounts(totals), run.unit)}
        return {
            f"{sample}_sum": Family(series.labels, _amounts(totals), run.unit),
            f"{sample}_count": Family(series.labels, counts),
        }

    def _histogram(self, sample: str, series: _Series, windows: Windows) -> dict[str, Family]:
        """Buckets (cumulative), sum and count, of the windows or of the counters."""
        run = self._shape[sample]
        cells = series.index()[:, None] + np.arange(len(run))
        totals: Values
        # Axes: block, window, bucket.
        if sample == run.gauge:
            counts = windows.counts[:, cells].cumsum(axis=2).swapaxes(0, 1)
            totals = _amounts(windows.totals[:, cells].sum(axis=2).T)
        else:
            counts = self._aggregator.counts[cells].cumsum(axis=1)[:, None]
            totals = self._aggregator.totals(cells)
        return {
            f"{sample}_bucket": Family(series.bucket_labels, counts.ravel()),
            f"{sample}_sum": Family(series.labels, totals.ravel(), run.unit),
            f"{sample}_count": Family(series.labels, counts[..., -1].ravel()),
        }


def _amounts(totals: Ints) -> Values:
    """What windows hold, which is never negative: what looks so has outgrown 63 bits."""
    if (totals >= 0).all():
        return totals
    amounts: Values = np.ascontiguousarray(totals).view(np.uint64).astype(np.object_)
    return amounts
