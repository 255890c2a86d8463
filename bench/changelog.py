"""What is in a changelog topic."""

from __future__ import annotations

from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

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
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        unfinished = {partition for partition in partitions if ends[partition]}
        while unfinished:
            for batch in (await consumer.getmany(*unfinished, timeout_ms=500)).values():
                records += len(batch)
                for record in batch:
                    tombstones += record.value is None
                    size += len(record.key) + len(record.value or b"")
                    size += sum(len(name) + len(value) for name, value in record.headers)
            unfinished = {p for p in unfinished if await consumer.position(p) < ends[p]}
    return ChangelogCost(records, tombstones, size)
