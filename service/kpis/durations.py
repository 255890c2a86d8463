"""Durations: their distribution over buckets, and those that cannot be true."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from service.definitions import SECOND
from service.kpis.facts import Fact
from service.kpis.layout import Layout, Run
from service.kpis.rows import ALWAYS, Bools, Ints


def bounds_with_targets(buckets: Iterable[int], targets: Iterable[int | None]) -> tuple[int, ...]:
    """Bucket bounds with every SLA target among them, so that compliance can be read exactly."""
    return tuple(sorted({*buckets, *(target for target in targets if target is not None)}))


def le(bound: int) -> str:
    """A bound (microseconds) as the label value `le` (seconds), as in Go: 5.0, 2.592e+06."""
    text = repr(bound / SECOND)
    whole, _, fraction = text.partition(".")
    if len(whole) <= 6:
        return text
    digits = f"{whole[0]}.{whole[1:]}{fraction}".rstrip("0").rstrip(".")
    return f"{digits}e+{len(whole) - 1:02d}"


def bucket_labels(bounds: Iterable[int]) -> list[tuple[str, ...]]:
    return [*((le(bound),) for bound in bounds), ("+Inf",)]


class Distribution:
    """A histogram over bucket bounds that are inclusive: exactly on the bound is within."""

    def __init__(
        self,
        layout: Layout,
        name: str,
        bounds: tuple[int, ...],
        gauge: str,
        counter: str | None = None,
        *,
        awaited: bool = False,
    ) -> None:
        self._bounds = np.array(bounds, dtype=np.int64)
        self._run: Run = layout.add(
            name,
            "queue",
            bucket_labels(bounds),
            shape="histogram",
            gauge=gauge,
            counter=counter,
            unit=SECOND,
            awaited=awaited,
        )

    def cell(self, first_cells: Ints, durations: Ints) -> Ints:
        return first_cells + self._run.offset + np.searchsorted(self._bounds, durations, "left")


class Anomaly:
    """A fact that is left out because it cannot be true, counted as soon as it is known."""

    def __init__(self, layout: Layout, slot: str, kind: str) -> None:
        self._slot = slot
        existing = [run for run in layout.runs if run.name == kind]
        self._run = (
            existing[0]
            if existing
            else layout.add(kind, "partition", [(kind,)], counter="cx_pipeline_anomalies_total")
        )

    def fact(self, when: Bools) -> Fact:
        return Fact(
            slot=self._slot,
            name="",
            when=when,
            cell=np.full(len(when), self._run.offset, dtype=np.int64),
            at=np.zeros(len(when), dtype=np.int64),
            final=np.full(len(when), ALWAYS, dtype=np.int64),
            windowed=False,
        )
