"""Brings a workload to the broker, batch by batch, before anything is measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder

from bench.workload import PARTITIONS, TOPICS, Record

#: As a publisher with a little linger writes them.
_BATCH_BYTES = 64 * 1024
_IN_FLIGHT = 64


async def create_topics(bootstrap: str, names: Iterable[str] = TOPICS) -> None:
    """New topics that keep records however old the events are."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics(
            [NewTopic(name, PARTITIONS, 1, topic_configs={"retention.ms": "-1"}) for name in names]
        )
    finally:
        await admin.close()


async def publish(bootstrap: str, records: Iterable[Record], prefix: str = "") -> None:
    """All records, each under its event time, as Java's and aiokafka's partitioner places them."""
    async with AIOKafkaProducer(
        bootstrap_servers=bootstrap, max_batch_size=_BATCH_BYTES
    ) as producer:
        prepared = Prepared(producer, records, prefix)
        await prepared.send()


class Prepared:
    """Batches that are ready to go: sending them costs next to nothing."""

    def __init__(
        self, producer: AIOKafkaProducer, records: Iterable[Record], prefix: str = ""
    ) -> None:
        self._producer = producer
        self._batches: list[tuple[str, int, BatchBuilder]] = []
        filling: dict[tuple[str, int], BatchBuilder] = defaultdict(producer.create_batch)
        for record in records:
            place = prefix + record.topic, partition_of(record.key)
            content = {
                "timestamp": record.at // 1000,
                "key": record.key,
                "value": record.value,
                "headers": [],
            }
            if filling[place].append(**content) is None:
                self._batches.append((*place, filling.pop(place)))
                filling[place].append(**content)
        self._batches += [(*place, batch) for place, batch in filling.items()]

    async def send(self) -> None:
        """Returns once the broker has acknowledged all of them."""
        under_way = []
        for topic, partition, batch in self._batches:
            under_way.append(await self._producer.send_batch(batch, topic, partition=partition))
            if len(under_way) == _IN_FLIGHT:
                for delivery in under_way:
                    await delivery
                under_way.clear()
        for delivery in under_way:
            await delivery


def partition_of(key: bytes) -> int:
    """The partition of a key."""
    return int((murmur2(key) & 0x7FFFFFFF) % PARTITIONS)
