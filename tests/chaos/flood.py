"""Many records at once, written in whole batches."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from aiokafka import AIOKafkaProducer

from tests.chaos.configuration import PARTITIONS
from tests.chaos.publisher import GOOD, Headers

if TYPE_CHECKING:
    from collections.abc import Iterable

_IN_FLIGHT: Final = 8


async def flood(
    bootstrap: str, topic: str, records: Iterable[tuple[bytes, bytes]], headers: Headers = GOOD
) -> None:
    """Fills one partition after the other, round and round; keys do not matter here."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_batch_size=500_000)
    await producer.start()
    try:
        partition, batch, sent = 0, producer.create_batch(), set[asyncio.Future[object]]()
        for key, value in records:
            while batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
                sent.add(await producer.send_batch(batch, topic, partition=partition))
                partition, batch = (partition + 1) % PARTITIONS, producer.create_batch()
                if len(sent) >= _IN_FLIGHT:
                    _, sent = await asyncio.wait(sent, return_when=asyncio.FIRST_COMPLETED)
        sent.add(await producer.send_batch(batch, topic, partition=partition))
        await asyncio.gather(*sent)
    finally:
        await producer.stop()
