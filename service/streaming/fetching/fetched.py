"""What is asked of a fetch, and what it brought."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from faust.types import TP

from service.streaming.fetching.batch import Record
from service.streaming.fetching.log_start import Lost


class Share(NamedTuple):
    """How much of a topic partition is fetched at once, about, and may wait besides."""

    records: int
    bytes: int


class Fetched(NamedTuple):
    """What a fetch brought."""

    records: Mapping[TP, list[Record]]
    sizes: Mapping[TP, int]
    """What the batches of these records take, in bytes."""
    ended: Collection[TP]
    """The topic partitions that have nothing after it."""
    lost: Sequence[Lost] = ()


NOTHING: Final = Fetched({}, {}, frozenset())
