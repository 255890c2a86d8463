"""The floor: aiokafka's getmany and orjson, and nothing done with the events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.peers.progress import Progress, arguments
from bench.peers.reduced import TOPICS


async def drain(bootstrap: str, progress: Progress, use: Callable[[bytes], object]) -> None:
    """Give every value to `use`, until there were enough."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, fetch_max_wait_ms=20)
    await consumer.start()
    partitions = [
        TopicPartition(topic, number)
        for topic in TOPICS
        for number in consumer.partitions_for_topic(topic) or ()
    ]
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    progress.begin()
    while True:
        batches = await consumer.getmany(timeout_ms=200)
        for records in batches.values():
            for record in records:
                use(record.value)
            if progress.add(len(records)):
                progress.report()


if __name__ == "__main__":
    asyncio.run(drain(*arguments(), use=orjson.loads))
