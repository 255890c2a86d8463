"""Adding up series: those of several partitions, or of several labels.

Series are looked up by their labels only when they are new. After that a series is a row number,
and adding up 10,000 of them is a few array operations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from service.aggregates.aggregator import Values
from service.view.catalogue import METRICS
from service.view.snapshot import Family, Group, Snapshot

Labels = tuple[str, ...]


class SeriesIndex:
    """The row of each series, in the order of their first appearance."""

    __slots__ = ("_rows", "labels")

    def __init__(self) -> None:
        self.labels: list[Labels] = []
        self._rows: dict[Labels, int] = {}

    def row(self, labels: Labels) -> int:
        row = self._rows.get(labels)
        if row is None:
            row = self._rows[labels] = len(self.labels)
            self.labels.append(labels)
        return row


class Projection:
    """The rows in `index` that the series of one growing list of labels are added to."""

    __slots__ = ("_index", "_key", "_rows", "labels")

    def __init__(
        self,
        labels: Sequence[Labels],
        index: SeriesIndex,
        key: Callable[[Labels], Labels] | None = None,
    ) -> None:
        self.labels = labels
        self._index = index
        self._key = key
        self._rows: NDArray[np.intp] = np.empty(0, dtype=np.intp)

    def rows(self, count: int) -> NDArray[np.intp]:
        """The rows of the first `count` series."""
        known = len(self._rows)
        if known < count:
            row, key = self._index.row, self._key
            new = islice(self.labels, known, count)
            found = [row(labels if key is None else key(labels)) for labels in new]
            self._rows = np.concatenate([self._rows, np.array(found, dtype=np.intp)])
        return self._rows[:count]


@dataclass(frozen=True, slots=True)
class Merged:
    """The series of all partitions of this worker as one, by exposed sample name, as shown."""

    families: Mapping[str, Family]
    snapshots: Sequence[tuple[int, Snapshot]]


class Merger:
    """Makes one family of the partitions' families. Not thread-safe: it remembers rows.

    It has the series of the partitions that are held and no others: one that is not held is
    somebody else's to tell, and a 0 would say that there is nothing.
    """

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._samples: dict[str, tuple[Literal["sum", "max"], SeriesIndex]] = {
            sample: (metric.merge, SeriesIndex()) for metric in METRICS for sample in metric.samples
        }
        self._projections: dict[tuple[Group, int, str], Projection] = {}

    def merge(self, snapshots: Sequence[tuple[int, Snapshot]]) -> Merged:
        """One value a series: the sum, or for ages the maximum, over the partitions."""
        held = {
            (snapshot.group, number, sample): family.labels
            for number, snapshot in snapshots
            for sample, family in snapshot.families.items()
        }
        # A partition that was lost and came back has a new list of labels.
        if any(known.labels is not held.get(of) for of, known in self._projections.items()):
            self._forget()
        self._projections = {
            (of := (snapshot.group, number, sample)): self._projection(of, family)
            for number, snapshot in snapshots
            for sample, family in snapshot.families.items()
        }
        return Merged(
            {sample: self._family(sample, snapshots) for sample in self._samples}, snapshots
        )

    def _projection(self, of: tuple[Group, int, str], family: Family) -> Projection:
        known = self._projections.get(of)
        return Projection(family.labels, self._samples[of[2]][1]) if known is None else known

    def _family(self, sample: str, snapshots: Sequence[tuple[int, Snapshot]]) -> Family:
        merge, index = self._samples[sample]
        unit = 1
        parts: list[tuple[NDArray[np.intp], Values]] = []
        for number, snapshot in snapshots:
            family = snapshot.families.get(sample)
            if family is not None:
                rows = self._projections[snapshot.group, number, sample].rows(len(family.values))
                parts.append((rows, family.values))
                unit = family.unit
        values: Values = np.zeros(len(index.labels), dtype=_dtype_of_sum(own for _, own in parts))
        for rows, own in parts:
            if merge == "max":
                values[rows] = np.maximum(values[rows], own)
            else:
                values[rows] += own
        # Only now: a sum of what was rounded would depend on the order of its addends.
        return Family(index.labels, (values / unit).astype(np.float64))


def _dtype_of_sum(parts: Iterable[Values]) -> type[np.int64 | np.object_]:
    """Integers of 64 bits if their sum is sure to fit into them."""
    largest = 0
    for values in parts:
        if values.dtype == np.object_:
            return np.object_
        largest += int(np.abs(values).max(initial=0))
    return np.int64 if largest < 1 << 63 else np.object_
