"""The metrics of the mapping stage: what came of other systems' records, and its lag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Final, TypeVar

import numpy as np

from service.exposition.pipeline import PIPELINE_METRICS
from service.feeds.mapped import Result
from service.view.catalogue import Metric
from service.view.snapshot import Family

Labels = TypeVar("Labels", bound=tuple[str, ...])

FEED_METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        "cx_pipeline_feed_records_total",
        "counter",
        "Records of other systems, by what each feed of their topic made of them: emitted, skipped"
        " (it is not about them), failed (it is, and no event came of it)",
        ("feed", "result"),
    ),
    Metric(
        "cx_pipeline_feed_matched_timestamp_seconds",
        "gauge",
        "When a feed was last about a record, since 1970; 0: not since the stage began",
        ("feed",),
    ),
    Metric(
        "cx_pipeline_feed_lag_records",
        "gauge",
        "Records of other systems in the topic that are not mapped yet",
        ("topic", "partition"),
    ),
    Metric(
        "cx_pipeline_registry_wait_seconds",
        "gauge",
        "How long records have waited for the schema registry by now; 0: none does",
        (),
    ),
)
#: With what the stage has in common with the service.
STAGE_METRICS: Final = (
    *FEED_METRICS,
    *(
        metric
        for metric in PIPELINE_METRICS
        if metric.name in {"cx_pipeline_dead_letters_total", "cx_pipeline_lost_events_total"}
    ),
)


@dataclass(frozen=True, slots=True)
class Feeds:
    """What a stage has to say of itself at one moment; counts are since its process began."""

    feeds: Sequence[str] = ()
    """Each result of theirs is told from the beginning, as 0."""
    records: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """By (feed, result)."""
    matched: Mapping[str, float] = field(default_factory=dict)
    """By feed, in seconds since 1970."""
    lag: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """By (topic, partition)."""
    dead_letters: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """By (topic, reason)."""
    lost: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """By (topic, partition)."""
    registry_wait: float | None = None
    """Seconds; None: there is no registry."""


def feed_families(feeds: Feeds) -> dict[str, Family]:
    """The stage's series by sample name."""
    none = dict.fromkeys(product(feeds.feeds, Result), 0)
    return {
        "cx_pipeline_feed_records_total": _family({**none, **feeds.records}),
        "cx_pipeline_feed_matched_timestamp_seconds": _family(
            {(feed,): feeds.matched.get(feed, 0.0) for feed in feeds.feeds}
        ),
        "cx_pipeline_feed_lag_records": _family(
            {(topic, str(number)): lag for (topic, number), lag in feeds.lag.items()}
        ),
        "cx_pipeline_registry_wait_seconds": _family(
            {} if feeds.registry_wait is None else {(): feeds.registry_wait}
        ),
        "cx_pipeline_dead_letters_total": _family(feeds.dead_letters),
        "cx_pipeline_lost_events_total": _family(
            {(topic, str(number)): lost for (topic, number), lost in feeds.lost.items()}
        ),
    }


def _family(values: Mapping[Labels, float]) -> Family:
    return Family(list(values), np.array(list(values.values()), dtype=np.float64))
