"""The floor: aiokafka's getmany and orjson, and nothing done with the events."""

from __future__ import annotations

import asyncio

import orjson
from aiokafka import AIOKafkaConsumer

from bench.peers.progress import Progress
from bench.peers.reduced import TOPICS


async def _drain(progress: Progress) -> None:
    # Without a group it gets all partitions, at once.
    consumer = AIOKafkaConsumer(
        *TOPICS,
        bootstrap_servers=progress.bootstrap,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=20,
    )
    await consumer.start()
    progress.begin()
    while True:
        for records in (await consumer.getmany(timeout_ms=200)).values():
            for record in records:
                orjson.loads(record.value)
            progress.add(len(records))


if __name__ == "__main__":
    asyncio.run(_drain(Progress()))
