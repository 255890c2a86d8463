"""Reading changelog partitions in log order, outside of the consumer group."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from service.streaming.damage import at_offset, unreadable_state
from service.streaming.epochs import UnreadableRecordError
from service.streaming.fetching.bounded_consumer import BoundedConsumer
from service.streaming.producer import NotOwnerError

if TYPE_CHECKING:
    from aiokafka import TopicPartition

    from service.streaming.config import KafkaConfig

#: Records handed to an engine at once: the event loop is busy for as long as that takes.
_BATCH: Final = 5_000


async def read_until(
    consumer: BoundedConsumer,
    ends: Mapping[TopicPartition, int],
    take: Callable[[TopicPartition, list[Any]], None],
    go_on: Callable[[], bool] = lambda: True,
) -> None:
    """Give `take` the records of each partition from its position up to its end offset.

    Raises NotOwnerError when `go_on` says no before.
    """
    unfinished = {tp for tp, end in ends.items() if await consumer.position(tp) < end}
    while unfinished and go_on():
        batches = await consumer.getmany(*unfinished, timeout_ms=200, max_records=_BATCH)
        for tp, records in batches.items():
            wanted = records
            if records[-1].offset >= ends[tp]:
                wanted = [record for record in records if record.offset < ends[tp]]
                consumer.seek(tp, ends[tp])
            if wanted:
                try:
                    take(tp, wanted)
                except UnreadableRecordError as error:
                    raise unreadable_state(tp, at_offset(error)) from error
        unfinished = {tp for tp in unfinished if await consumer.position(tp) < ends[tp]}
        # getmany does not give way to anyone while it has records at hand.
        await asyncio.sleep(0)
    if unfinished:
        # Superseded: what was read is not the state.
        raise NotOwnerError


async def read_again(
    consumer: BoundedConsumer,
    tp: TopicPartition,
    take: Callable[[list[Any]], None],
    go_on: Callable[[], bool],
) -> None:
    """Give `take` all the records that the partition holds now. Raises as `read_until` does."""
    consumer.assign([tp])
    ends = await consumer.end_offsets([tp])
    await consumer.seek_to_beginning(tp)
    await read_until(consumer, ends, lambda _, records: take(records), go_on)


def changelog_consumer(config: KafkaConfig) -> BoundedConsumer:
    """A reader of changelog partitions, outside of the consumer group."""
    # Uncommitted records are read as well: owners write without transactions, and one that a
    # stranger leaves open must not hold a restore up.
    return BoundedConsumer(
        config.fetch_bytes,
        **config.client_settings(),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=20,
    )
