"""The floor: aiokafka's getmany and orjson, and nothing done with the events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import orjson
from aiokafka import AIOKafkaConsumer

from bench.peers.progress import Progress, arguments
from bench.peers.reduced import TOPICS


async def drain(bootstrap: str, progress: Progress, use: Callable[[bytes], object]) -> None:
    """Give every value to `use`, until there were enough."""
    # Without a group it gets all partitions, at once.
    consumer = AIOKafkaConsumer(
        *TOPICS,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=20,
    )
    await consumer.start()
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
