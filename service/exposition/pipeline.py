"""The pipeline's own metrics: what came in, what was refused, how far behind we are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, product
from typing import TypeVar

import numpy as np

from service.aggregates.clock import BEFORE_ALL
from service.aggregates.labels import DIMENSIONS
from service.partition import upserts
from service.view.catalogue import Metric
from service.view.snapshot import Family, Group, Snapshot

Labels = TypeVar("Labels", bound=tuple[str, ...])


MALFORMED_REQUESTS = Metric(
    "cx_pipeline_malformed_requests_total",
    "counter",
    "Requests to this process's HTTP port that could not be read as HTTP",
    (),
)
PIPELINE_METRICS: tuple[Metric, ...] = (
    Metric(
        "cx_pipeline_events_total",
        "counter",
        "Events consumed, by what became of them: accepted, duplicate, too_late, invalid",
        ("topic", "result"),
    ),
    Metric(
        "cx_pipeline_dead_letters_total",
        "counter",
        "Events refused and sent to the dead-letter topic",
        ("topic", "reason"),
    ),
    Metric(
        "cx_pipeline_clock_timestamp_seconds",
        "gauge",
        "Event time up to which the numbers of a partition tell, since 1970",
        ("group", "partition"),
    ),
    Metric(
        "cx_pipeline_live_contacts",
        "gauge",
        "Contacts, or agents, kept in the state of a partition",
        ("group", "partition"),
    ),
    Metric(
        "cx_pipeline_lag_events",
        "gauge",
        "Events in the topic that are not consumed yet",
        ("topic", "partition"),
    ),
    Metric(
        "cx_pipeline_lost_events_total",
        "counter",
        "Events that were deleted from their topic before they were read",
        ("topic", "partition"),
    ),
    Metric(
        "cx_pipeline_misplaced_events_total",
        "counter",
        "Events in another partition than the one where Java's partitioner places their key",
        ("topic",),
    ),
    Metric(
        "cx_pipeline_event_delay_seconds",
        "histogram",
        "From an event's own time until it was applied",
        ("topic",),
    ),
    Metric(
        "cx_pipeline_label_overflow_total",
        "counter",
        "Labels that became `other` because their dimension was full",
        ("dimension",),
    ),
    Metric(
        "cx_pipeline_wall_clock_offset_seconds",
        "gauge",
        "How far this worker's clock is ahead of the broker's, beyond what their talk takes",
        (),
    ),
    Metric(
        "cx_pipeline_window_complete_timestamp_seconds",
        "gauge",
        "Clock from which on a window lacks nothing that has left the state, since 1970; "
        "0: it never did",
        ("window", "partition"),
    ),
    Metric(
        "cx_pipeline_silent_workers_total",
        "counter",
        "Times another worker of the group told this one no numbers, so that pages may lack them",
        (),
    ),
    Metric(
        "cx_pipeline_definitions_info",
        "gauge",
        "Always 1; tells by which settings the numbers are made",
        ("digest",),
    ),
    MALFORMED_REQUESTS,
    Metric("cx_build_info", "gauge", "Always 1; tells the version", ("version",)),
)


#: What becomes of an event, or of what is none.
RESULTS: tuple[str, ...] = (*upserts.RESULTS, "invalid")


@dataclass(frozen=True, slots=True)
class Delays:
    """How long the events of a topic took from their own time until they were applied.

    `counts[i]` events took more than `bounds[i - 1]` and at most `bounds[i]` seconds; one count
    more than bounds is for those above the last. `total` is the sum in seconds.
    """

    bounds: Sequence[float]
    counts: Sequence[int]
    total: float


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What came lately of a topic of `partitions`.

    `last`: when that was, in seconds since 1970; before the first event, when reading began. Of
    `keys` of the last hours, `elsewhere` lie where Java's partitioner does not place them.
    """

    partitions: int
    last: float
    keys: int
    elsewhere: int

    def __add__(self, other: Arrivals) -> Arrivals:
        """What came to two workers."""
        return Arrivals(
            partitions=max(self.partitions, other.partitions),
            last=max(self.last, other.last),
            keys=self.keys + other.keys,
            elsewhere=self.elsewhere + other.elsewhere,
        )


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What the stream has to say of itself at one moment; counts are since this process began."""

    definitions: str = ""
    """The digest of the settings that the numbers are made by; empty: not known."""
    topics: Sequence[str] = ()
    """Those that are read: each result of theirs is told from the beginning, as 0."""
    groups: Mapping[str, Group] = field(default_factory=dict)
    """The group of each topic."""
    events: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """By (topic, result)."""
    dead_letters: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """By (topic, reason)."""
    lag: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """By (topic, partition)."""
    lost: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """By (topic, partition)."""
    misplaced: Mapping[str, int] = field(default_factory=dict)
    """By topic."""
    arrivals: Mapping[str, Arrivals] = field(default_factory=dict)
    """By topic."""
    overflows: Mapping[str, int] = field(default_factory=dict)
    """By label dimension."""
    delays: Mapping[str, Delays] = field(default_factory=dict)
    """By topic."""
    silent_workers: int | None = None
    """Times another worker told nothing; None: nobody is asked."""
    malformed_requests: int = 0
    """Those that were no HTTP."""
    clock_off: float | None = None
    """Seconds by which this host's clock is ahead of the broker's; None: not known."""

    def group_of(self, topic: str) -> Group:
        """The group of partitions that the topic's are of."""
        return self.groups.get(topic, "contacts")


def pipeline_families(
    pipeline: Pipeline, snapshots: Sequence[tuple[int, Snapshot]], version: str
) -> dict[str, Family]:
    """The pipeline's series by sample name, as a snapshot has them for the numbers."""
    delays = sorted(pipeline.delays.items())
    held = {(snapshot.group, number) for number, snapshot in snapshots}
    return {
        # increase() does not see how a series begins, and nothing at all of one that is not there.
        "cx_pipeline_events_total": _family(
            {**dict.fromkeys(product(pipeline.topics, RESULTS), 0), **pipeline.events}
        ),
        "cx_pipeline_dead_letters_total": _family(pipeline.dead_letters),
        "cx_pipeline_clock_timestamp_seconds": _family(
            {
                (snapshot.group, str(number)): snapshot.clock / 1e6
                for number, snapshot in snapshots
                # Nothing is known of the time before a first event, or a first look at the end.
                if snapshot.clock > BEFORE_ALL
            }
        ),
        "cx_pipeline_live_contacts": _family(
            {
                (snapshot.group, str(number)): snapshot.live_contacts
                for number, snapshot in snapshots
            }
        ),
        "cx_pipeline_lag_events": _family(
            {
                (topic, str(number)): lag
                for (topic, number), lag in pipeline.lag.items()
                if (pipeline.group_of(topic), number) in held
            }
        ),
        "cx_pipeline_lost_events_total": _family(
            {(topic, str(number)): lost for (topic, number), lost in pipeline.lost.items()}
        ),
        "cx_pipeline_misplaced_events_total": _family(
            {(topic,): misplaced for topic, misplaced in pipeline.misplaced.items()}
        ),
        "cx_pipeline_label_overflow_total": _family(
            {(name,): pipeline.overflows.get(name, 0) for name in DIMENSIONS}
        ),
        "cx_pipeline_event_delay_seconds_bucket": _family(
            {
                (topic, _bound(bound)): count
                for topic, of_topic in delays
                for bound, count in zip(
                    (*of_topic.bounds, float("inf")), accumulate(of_topic.counts), strict=True
                )
            }
        ),
        "cx_pipeline_event_delay_seconds_sum": _family(
            {(topic,): of_topic.total for topic, of_topic in delays}
        ),
        "cx_pipeline_event_delay_seconds_count": _family(
            {(topic,): sum(of_topic.counts) for topic, of_topic in delays}
        ),
        "cx_pipeline_wall_clock_offset_seconds": _family(
            {} if pipeline.clock_off is None else {(): pipeline.clock_off}
        ),
        "cx_pipeline_window_complete_timestamp_seconds": _family(
            {
                (window, str(number)): max(0, since) / 1e6
                for number, snapshot in snapshots
                for window, since in snapshot.complete_from.items()
            }
        ),
        "cx_pipeline_silent_workers_total": _family(
            {} if pipeline.silent_workers is None else {(): pipeline.silent_workers}
        ),
        MALFORMED_REQUESTS.name: _family({(): pipeline.malformed_requests}),
        "cx_pipeline_definitions_info": _family(
            {(pipeline.definitions,): 1} if pipeline.definitions else {}
        ),
        "cx_build_info": _family({(version,): 1}),
    }


def _family(values: Mapping[Labels, float]) -> Family:
    return Family(list(values), np.array(list(values.values()), dtype=np.float64))


def _bound(seconds: float) -> str:
    return "+Inf" if seconds == float("inf") else repr(float(seconds))
