"""A clock of which nothing is known is left out: it would read as a time before all times."""

from __future__ import annotations

from service.aggregates.clock import BEFORE_ALL
from service.exposition.pipeline import Pipeline, pipeline_families
from service.view.snapshot import Snapshot

CLOCK = "cx_pipeline_clock_timestamp_seconds"


def test_a_partition_that_knows_no_time_has_no_clock_series() -> None:
    snapshots = [(0, Snapshot(BEFORE_ALL, 0, {})), (1, Snapshot(5_000_000, 0, {}))]
    clock = pipeline_families(Pipeline(), snapshots, "1")[CLOCK]
    assert list(clock.labels) == [("contacts", "1")]
    assert clock.values.tolist() == [5.0]
