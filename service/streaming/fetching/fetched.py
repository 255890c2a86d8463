"""What is asked of a fetch, and what it brought."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from aiokafka import TopicPartition
from faust.types import TP

from service.streaming.fetching.log_start import Lost
from service.streaming.fetching.record import Record


class Share(NamedTuple):
    """How much of a topic partition is fetched at once, about, and may wait besides."""

    records: int
    bytes: int


@dataclass(slots=True)
class Allowance:
    """What the next call for records may bring; it is used up by that."""

    room: int
    """Bytes of batches, in all."""
    share: Share
    """Of each topic partition."""
    charged: dict[TopicPartition, int] = field(default_factory=dict)
    """Bytes of the batches that were brought."""


class Told(NamedTuple):
    """The end of a topic partition, as the answer to a fetch told it."""

    end: int
    """Offset after the last record that could be read when the broker was asked, or later."""
    asked_at: float
    """Of the monotonic clock, in seconds."""


class Fetched(NamedTuple):
    """What a fetch brought."""

    records: Mapping[TP, list[Record]]
    sizes: Mapping[TP, int]
    """What the batches of these records take, in bytes."""
    ended: Collection[TP]
    """The topic partitions that have nothing after it."""
    more: bool = False
    """Whether any is known to have something after it."""
    is_old: bool = False
    """Whether it was there before it was asked for: newer records may be at the brokers."""
    lost: Sequence[Lost] = ()


NOTHING: Final = Fetched({}, {}, frozenset())
