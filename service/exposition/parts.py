"""What one worker tells another of its partitions: one by one, as sums that can be added up.

Written as MessagePack, compressed. Values are integers that bytes hold exactly; labels are sent
with each answer, so that whoever asks needs to know nothing of the one before.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from service.aggregates.aggregator import Values
from service.exposition.pipeline import Arrivals, Pipeline
from service.view.catalogue import METRICS
from service.view.snapshot import Family, Group, Snapshot

#: Decompressed; a worker of 30,000 series tells two megabytes.
MOST_BYTES: Final = 64 * 1024 * 1024
#: Labels of the samples that a page is made of: counters are Prometheus' own.
_LABELS: Final[Mapping[str, Sequence[str]]] = {
    sample: names
    for metric in METRICS
    if metric.type == "gauge"
    for sample, names in metric.samples.items()
}

_NUMBERS: Final[Mapping[str, Callable[[str], float]]] = {"le": float, "score": int}
#: As a float has them, with room to add up.
_GREATEST: Final = 1 << 200

Labels = list[tuple[str, ...]]


class UnusableAnswerError(Exception):
    """What came is no answer that can be added up; the message says why."""


class _Series(msgspec.Struct, array_like=True):
    labels: Labels
    #: Little-endian integers of 64 bits; in decimals where one of them needs more.
    values: bytes | list[str]
    unit: int


class _Partition(msgspec.Struct, array_like=True):
    number: int
    epoch: int
    clock: int
    live_contacts: int
    complete_from: dict[str, int]
    families: dict[str, _Series]
    group: Group


class Parts(msgspec.Struct):
    """One worker's answer, without its partitions' series."""

    version: str
    definitions: str
    """The digest of the settings that its numbers are made by."""
    ready: bool
    partitions: list[_Partition]
    events: dict[tuple[str, str], int]
    dead_letters: dict[tuple[str, str], int]
    lag: dict[tuple[str, int], int]
    arrivals: dict[str, Arrivals]


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Parts).decode


def written(
    snapshots: Sequence[tuple[int, Snapshot]],
    pipeline: Pipeline,
    version: str,
    *,
    ready: bool,
) -> bytes:
    """The answer of a worker that holds these."""
    parts = Parts(
        version=version,
        definitions=pipeline.definitions,
        ready=ready,
        partitions=[_partition(number, snapshot) for number, snapshot in snapshots],
        events=dict(pipeline.events),
        dead_letters=dict(pipeline.dead_letters),
        lag=dict(pipeline.lag),
        arrivals=dict(pipeline.arrivals),
    )
    return gzip.compress(_encode(parts), 1)


def _partition(number: int, snapshot: Snapshot) -> _Partition:
    return _Partition(
        number,
        snapshot.epoch,
        snapshot.clock,
        snapshot.live_contacts,
        dict(snapshot.complete_from),
        {
            sample: _Series(
                list(family.labels[: len(family.values)]), _packed(family.values), family.unit
            )
            for sample, family in snapshot.families.items()
            if sample in _LABELS
        },
        snapshot.group,
    )


def _packed(values: Values) -> bytes | list[str]:
    if values.dtype == np.object_:
        return [str(int(value)) for value in values]
    return values.astype("<i8").tobytes()


class Reader:
    """Reads the answers of one worker, one after the other. Not thread-safe.

    Labels that are as they were are the same objects as before: whoever adds up knows their rows.
    """

    def __init__(self) -> None:
        self._labels: dict[tuple[Group, int, str], Labels] = {}

    def read(self, answer: bytes) -> tuple[Parts, list[tuple[int, Snapshot]]]:
        """The worker's own words, and its partitions. Raises UnusableAnswerError."""
        try:
            parts = _decode(_inflated(answer))
            snapshots = [(it.number, self._snapshot(it)) for it in parts.partitions]
        except (msgspec.DecodeError, ValueError, OverflowError, zlib.error) as error:
            raise UnusableAnswerError("its answer cannot be read") from error
        known = {(it.group, it.number, name) for it in parts.partitions for name in it.families}
        self._labels = {of: labels for of, labels in self._labels.items() if of in known}
        return parts, snapshots

    def _snapshot(self, told: _Partition) -> Snapshot:
        families = {
            sample: self._family((told.group, told.number, sample), series)
            for sample, series in told.families.items()
            if sample in _LABELS
        }
        parts = (told.clock, told.live_contacts, families, told.complete_from)
        return Snapshot(*parts, told.epoch, told.group)

    def _family(self, of: tuple[Group, int, str], series: _Series) -> Family:
        sample = of[-1]
        values: Values
        if isinstance(series.values, bytes):
            values = np.frombuffer(series.values, "<i8").astype(np.int64)
        else:
            values = np.array([int(value) for value in series.values], dtype=np.object_)
            if any(abs(value) > _GREATEST for value in values):
                raise ValueError(sample)
        labels = series.labels
        if len(labels) != len(values) or series.unit < 1:
            raise ValueError(sample)
        known = self._labels.get(of, [])
        if known != labels[: len(known)]:
            known = []
        new = labels[len(known) :]
        _check(new, _LABELS[sample])
        known += new
        self._labels[of] = known
        return Family(known, values, series.unit)


def _check(labels: Labels, names: Sequence[str]) -> None:
    """Raises ValueError for what the page could not read."""
    if any(len(of_series) != len(names) for of_series in labels):
        raise ValueError(labels)
    for name, read in _NUMBERS.items():
        if name in names:
            place = names.index(name)
            for of_series in labels:
                read(of_series[place])


def _inflated(answer: bytes) -> bytes:
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
    told = inflater.decompress(answer, MOST_BYTES)
    if not inflater.eof or inflater.unused_data:
        raise ValueError("too long, or cut off")
    return told
