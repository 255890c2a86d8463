"""The reduced job by hand: aiokafka's getmany, orjson, and a changelog of whole batches.

One record a customer changed in a batch; offsets are committed once the records are acknowledged.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

from bench.peers.progress import Progress, arguments
from bench.peers.reduced import TOPICS, Contacts, Numbers


class _Job:
    def __init__(self, producer: AIOKafkaProducer, changelog: str) -> None:
        self._producer = producer
        self._changelog = changelog
        self._numbers = Numbers()
        self._customers: defaultdict[bytes, Contacts] = defaultdict(dict)

    def apply(self, topic: str, records: list[ConsumerRecord]) -> set[bytes]:
        changed = set()
        for record in records:
            self._numbers.apply(topic, self._customers[record.key], orjson.loads(record.value))
            changed.add(record.key)
        return changed

    async def write(self, partition: int, customers: set[bytes]) -> list[asyncio.Future[object]]:
        under_way = []
        batch = self._producer.create_batch()
        for key in customers:
            value = orjson.dumps(self._customers[key])
            if batch.append(key=key, value=value, timestamp=None) is None:
                under_way.append(await self._send(batch, partition))
                batch = self._producer.create_batch()
                batch.append(key=key, value=value, timestamp=None)
        under_way.append(await self._send(batch, partition))
        return under_way

    async def _send(self, batch: object, partition: int) -> asyncio.Future[object]:
        future: asyncio.Future[object] = await self._producer.send_batch(
            batch, self._changelog, partition=partition
        )
        return future


async def _run(bootstrap: str, progress: Progress) -> None:
    consumer = AIOKafkaConsumer(
        *TOPICS,
        bootstrap_servers=bootstrap,
        group_id=f"by-hand-{uuid.uuid4()}",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=20,
    )
    async with (
        AIOKafkaProducer(bootstrap_servers=bootstrap, max_batch_size=512 * 1024) as producer,
        consumer,
    ):
        job = _Job(producer, "by-hand-changelog")
        while not consumer.assignment():  # noqa: ASYNC110 - the group takes its time
            await asyncio.sleep(0.01)
        progress.begin()
        while True:
            batches = await consumer.getmany(timeout_ms=200)
            if not batches:
                continue
            changed: defaultdict[int, set[bytes]] = defaultdict(set)
            for tp, records in batches.items():
                changed[tp.partition] |= job.apply(tp.topic, records)
            under_way = []
            for partition, customers in changed.items():
                under_way += await job.write(partition, customers)
            await asyncio.gather(*under_way)
            await consumer.commit()
            if progress.add(sum(len(records) for records in batches.values())):
                progress.report()


if __name__ == "__main__":
    asyncio.run(_run(*arguments()))
