"""A changelog from which records are gone that were never replaced: what then.

The event topics hold all that the state was made of, as long as none of their records is gone
either. If so, the changelog is cleared, and the next restore finds no state, by which all events
are consumed again. Otherwise nothing true can come of it, and the service does not start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from aiokafka import TopicPartition

from service.store.completeness import UNDONE_BY
from service.streaming.changelog import read_again
from service.streaming.epochs import Fence
from service.streaming.errors import StreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from service.streaming.copartitions import TopicGroup
    from service.streaming.fetching.bounded_consumer import BoundedConsumer
    from service.streaming.producer import Change

log = structlog.get_logger(__name__)


class ChangelogClearedError(Exception):
    """A partition's changelog holds nothing any more: restore it once more, from nothing."""


async def require_whole_topics(
    consumer: BoundedConsumer, group: TopicGroup, partition: int, missing: str
) -> None:
    """Raises StreamError unless the group's topics still hold all there ever was in `partition`.

    `missing`: what of the state is.
    """
    tps = [TopicPartition(topic, partition) for topic in group.topics]
    cut = {
        tp.topic: begin for tp, begin in (await consumer.beginning_offsets(tps)).items() if begin
    }
    if not cut:
        log.warning(
            "the changelog is incomplete: the state is rebuilt from the event topics",
            partition=partition,
            missing=missing,
        )
        return
    told = ", ".join(f"{topic} begins at offset {begin}" for topic, begin in cut.items())
    raise StreamError(
        f"records of the changelog topic {group.changelog_topic!r} are gone (retention, deleted by"
        f" hand): of partition {partition}, {missing}. The state cannot be rebuilt either, as event"
        f" topics are not whole any more: {told}. Bring the changelog back from a copy; or start"
        " anew with another kafka.group and topics.changelog, and counters and windows begin with"
        " what the event topics still hold"
    )


def clearing(keys: Iterable[bytes]) -> list[Change]:
    """The records after which a changelog with these keys holds nothing."""
    # Also where that is not among them: what is left of a flush that did not come to its end.
    return [(key, None) for key in dict.fromkeys((*keys, UNDONE_BY))]


async def keys_of(
    consumer: BoundedConsumer, tp: TopicPartition, go_on: Callable[[], bool]
) -> list[bytes]:
    """The keys of all records of a changelog partition that count. Raises NotOwnerError."""
    keys: dict[bytes, None] = {}
    fence = Fence()

    def take(records: list[Any]) -> None:
        keys.update((key, None) for key, _ in fence.admit(records))

    await read_again(consumer, tp, take, go_on)
    return list(keys)
