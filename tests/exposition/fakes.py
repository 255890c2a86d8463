"""Snapshots, and a source of them, made by hand or at random."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import numpy as np

from service.exposition.pipeline import Delays, Pipeline
from service.exposition.source import Membership
from service.view.catalogue import METRICS
from service.view.snapshot import Family, Group, Snapshot

SECOND = 1_000_000
VALUES: dict[str, Sequence[str]] = {
    "channel": ("voice", "chat", "email", "social"),
    "queue": ("billing", "orders", "technical", "none"),
    "reason": ("invoice", "delivery", "login", "refund", "cancel", "none"),
    "window": ("5m", "1h", "24h", "7d"),
    "repeat_window": ("2h", "24h", "7d"),
    "result": ("resolved_first_time", "repeated", "unresolved", "pending"),
    "direction": ("inbound", "outbound"),
    "outcome": ("resolved", "unresolved", "abandoned"),
    "target": ("first_response", "resolution"),
    "state": ("on_track", "at_risk", "breached"),
    "survey": ("csat",),
    "score": ("1", "2", "3", "4", "5"),
    "answer": ("yes", "no"),
    "le": ("20.0", "60.0", "300.0", "3600.0", "14400.0", "+Inf"),
    "fact": ("fcr",),
    "severity": ("fatal",),
    "cause": ("late",),
    "aspect": ("overall",),
    "kind": ("negative_duration",),
    "type": ("survey-answered",),
    "dimension": ("queue",),
}


def family(values: Mapping[tuple[str, ...], float]) -> Family:
    """A family as it is shown."""
    return Family(list(values), np.array(list(values.values()), dtype=np.float64))


def exact(sample: str, values: Mapping[tuple[str, ...], float]) -> Family:
    """The same as a partition has it."""
    unit = SECOND if sample.endswith(("_seconds", "_seconds_sum")) else 1
    amounts = [round(value * unit) for value in values.values()]
    return Family(list(values), np.array(amounts, dtype=np.int64), unit)


def snapshot(
    clock: int = 0, live_contacts: int = 0, **families: Mapping[tuple[str, ...], float]
) -> Snapshot:
    """A snapshot of the given series, by sample name."""
    return Snapshot(
        clock, live_contacts, {name: exact(name, values) for name, values in families.items()}
    )


def random_snapshot(seed: int, clock: int = 0) -> Snapshot:
    """Every metric that is on by default, with every combination of a few labels, shuffled."""
    rng = random.Random(seed)
    families: dict[str, Family] = {}
    for metric in METRICS:
        if {"by", "team", "segment"} & {*metric.labels} or "_counted_" in metric.name:
            continue
        for sample, names in metric.samples.items():
            labels: list[tuple[str, ...]] = [()]
            for name in names:
                labels = [(*known, value) for known in labels for value in VALUES[name]]
            if "le" in names:
                buckets = series = _cumulative(labels, rng)
            elif metric.type == "histogram" and sample.endswith("_count"):
                series = {key: buckets[*key, "+Inf"] for key in labels}
            else:
                series = {key: float(rng.randrange(2000)) for key in labels}
            shuffled = list(series.items())
            rng.shuffle(shuffled)
            families[sample] = exact(sample, dict(shuffled))
    return Snapshot(clock, rng.randrange(10_000), families)


def _cumulative(
    labels: Sequence[tuple[str, ...]], rng: random.Random
) -> dict[tuple[str, ...], float]:
    series: dict[tuple[str, ...], float] = {}
    reached: dict[tuple[str, ...], float] = {}
    for key in labels:
        reached[key[:-1]] = series[key] = reached.get(key[:-1], 0.0) + rng.randrange(100)
    return series


class FakeSource:
    """A source whose snapshots a test sets; it counts how often it is asked."""

    def __init__(self, *snapshots: Snapshot, pipeline: Pipeline | None = None) -> None:
        self.held: list[tuple[int, Snapshot]] = list(enumerate(snapshots))
        self.state = pipeline or Pipeline()
        self.readiness: tuple[bool, Mapping[str, object]] = (True, {"partitions": [0]})
        self.asked = 0
        self.peers: Sequence[str] = ()
        self.partitions: int | None = None
        """None: as many as are held."""
        self.places: dict[int, bytes] = {}
        """What is kept over restarts."""

    async def snapshots(self, within: float, /) -> Sequence[tuple[int, Snapshot]]:
        self.asked += 1
        return list(self.held)

    def membership(self) -> Membership:
        held = 1 + max((number for number, _ in self.held), default=-1)
        partitions = held if self.partitions is None else self.partitions
        groups: set[Group] = {"contacts", *(snapshot.group for _, snapshot in self.held)}
        return Membership(dict.fromkeys(groups, partitions), self.peers)

    def kept(self) -> Sequence[bytes]:
        return list(self.places.values())

    async def keep(self, place: int, value: bytes, /) -> None:
        self.places[place] = value

    def pipeline(self) -> Pipeline:
        return self.state

    def ready(self) -> tuple[bool, Mapping[str, object]]:
        return self.readiness


PIPELINE = Pipeline(
    events={("contact-started", "accepted"): 7, ("contact-started", "invalid"): 2},
    dead_letters={("contact-started", "no_offset"): 2},
    lag={("contact-started", 0): 12, ("contact-started", 1): 0},
    delays={"contact-started": Delays((0.1, 1.0), (3, 2, 2), 9.5)},
    clock_off=-0.5,
)
