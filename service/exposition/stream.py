"""How the pipeline does, as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.exposition.pipeline import Pipeline
from service.exposition.series import Merged


@dataclass(frozen=True, slots=True)
class Stream:
    """How the pipeline does. Times in seconds."""

    ready: bool
    reason: Mapping[str, object]
    partitions: int
    clock: float | None
    """Event time up to which all partitions' numbers tell, since 1970."""
    behind_seconds: float | None
    live_contacts: int
    lag_events: int
    events: Mapping[str, int]
    dead_letters: int


def stream(
    merged: Merged, pipeline: Pipeline, readiness: tuple[bool, Mapping[str, object]], now: float
) -> Stream:
    """The pipeline's state at `now`, of all partitions that were merged."""
    clocks = (snapshot.seconds for _, snapshot in merged.snapshots)
    clock = min((clock for clock in clocks if clock is not None), default=None)
    events: dict[str, int] = {}
    for (_, result), count in pipeline.events.items():
        events[result] = events.get(result, 0) + count
    return Stream(
        ready=readiness[0],
        reason=readiness[1],
        partitions=len(merged.snapshots),
        clock=clock,
        behind_seconds=None if clock is None else max(0.0, now - clock),
        live_contacts=sum(
            snapshot.live_contacts
            for _, snapshot in merged.snapshots
            if snapshot.group == "contacts"
        ),
        lag_events=sum(pipeline.lag.values()),
        events=events,
        dead_letters=sum(pipeline.dead_letters.values()),
    )
