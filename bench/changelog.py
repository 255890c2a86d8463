"""What is in a changelog topic."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from bench.workload import PARTITIONS


class ChangelogCost(NamedTuple):
    """Records, tombstones among them, and bytes of keys, values and headers; uncompressed."""

    records: int
    tombstones: int
    size: int


async def changelog_cost(bootstrap: str, topic: str) -> ChangelogCost:
    """Reads all of it."""
    records = tombstones = size = 0
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
        async for batch in whole_topic(consumer, topic):
            records += len(batch)
            for record in batch:
                tombstones += record.value is None
                size += len(record.key) + len(record.value or b"")
                size += sum(len(name) + len(value) for name, value in record.headers)
    return ChangelogCost(records, tombstones, size)


async def whole_topic(
    consumer: AIOKafkaConsumer, topic: str, at_once: int | None = None
) -> AsyncIterator[list[ConsumerRecord]]:
    """All that is in the topic now, as it is fetched, `at_once` records at most at a time."""
    partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    consumer.assign(partitions)
    ends = await consumer.end_offsets(partitions)
    await consumer.seek_to_beginning(*partitions)
    unfinished = {partition for partition in partitions if ends[partition]}
    while unfinished:
        fetched = await consumer.getmany(*unfinished, timeout_ms=200, max_records=at_once)
        for batch in fetched.values():
            yield batch
        unfinished = {p for p in unfinished if await consumer.position(p) < ends[p]}
