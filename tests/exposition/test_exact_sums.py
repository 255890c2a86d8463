"""A worker tells the same of its partitions in whatever order it came by them."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest

from service.exposition.series import Merger
from service.exposition.text import TextWriter
from service.view.catalogue import METRICS
from service.view.snapshot import Family, Snapshot
from tests.partition.running import Run, events_of
from tests.reference.clean_logs import clean_log
from tests.reference.settings import ReferenceSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

SUM = "cx_resolution_seconds_sum"


def page(snapshots: Sequence[Snapshot]) -> str:
    merged = Merger().merge(list(enumerate(snapshots)))
    return TextWriter(METRICS).write(merged.families, openmetrics=False)


@pytest.mark.parametrize("seed", range(5))
def test_the_page_does_not_depend_on_how_customers_are_spread_over_partitions(seed: int) -> None:
    """Nor on the order in which these are added up: a counter would fall by its last bit."""
    rng = random.Random(seed)
    settings = ReferenceSettings()
    log = clean_log(seed, 300)
    events = events_of(log.lines, settings)
    pages = set()
    for partitions in (1, 2, 3, 7):
        place = {event.customer_id: rng.randrange(partitions) for event, _ in events}
        snapshots = []
        for number in range(partitions):
            run = Run(settings)
            run.feed([it for it in events if place[it[0].customer_id] == number], log.as_of)
            snapshots.append(run.engine.snapshot())
        for _ in range(3):
            rng.shuffle(snapshots)
            pages.add(page(snapshots))
    assert len(pages) == 1


@pytest.mark.parametrize("bits", [1, 30, 62, 63, 64, 80])
def test_sums_of_any_size_are_exact_until_they_are_shown(bits: int) -> None:
    rng = random.Random(bits)
    addends = [rng.randrange(1 << bits - 1, 1 << bits) for _ in range(7)]
    dtype = np.int64 if bits < 64 else np.object_
    snapshots = [
        Snapshot(0, 0, {SUM: Family([("voice", "none")], np.array([it], dtype), 1_000_000)})
        for it in addends
    ]
    shown = float(Fraction(sum(addends), 1_000_000))
    for _ in range(5):
        rng.shuffle(snapshots)
        value = Merger().merge(list(enumerate(snapshots))).families[SUM].values[0]
        assert value == pytest.approx(shown, rel=1e-15)
        assert (
            float(value) == Merger().merge(list(enumerate(snapshots[::-1]))).families[SUM].values[0]
        )
