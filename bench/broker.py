"""The broker of a run, embedded or Apache Kafka, and the events that are brought to it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from bench.processes import FailedError
from bench.workload import PARTITIONS, TOPICS, Record
from service.embedded_broker import EmbeddedBroker

#: Between two waits for the broker: what the publisher holds meanwhile is bounded.
_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker, on the bench's own core."""

    bootstrap: str
    pid: int

    def create_topics(self, names: Iterable[str] = TOPICS, partitions: int = PARTITIONS) -> None:
        """New ones, that keep records however old the events are."""
        wanted = [NewTopic(name, partitions, 1, config={"retention.ms": "-1"}) for name in names]
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        for created in admin.create_topics(wanted).values():
            created.result()

    def producer(self, batch_bytes: int = 64 * 1024) -> Producer:
        """A client that writes in batches as a publisher does, and places keys as Java's does."""
        return Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "partitioner": "murmur2_random",
                "batch.size": batch_bytes,
                "message.max.bytes": max(1_000_000, batch_bytes),
                "delivery.report.only.error": True,
                "on_delivery": _refused,
                "log_level": 3,
            }
        )

    def publish(self, records: Sequence[Record]) -> None:
        """All of them, each under its event time."""
        producer = self.producer()
        for start in range(0, len(records), _AT_ONCE):
            for record in records[start : start + _AT_ONCE]:
                send(producer, record)
            producer.flush()


def send(producer: Producer, record: Record, prefix: str = "") -> None:
    """To the topic of its type, with this before its name; returns before the broker has it."""
    producer.produce(prefix + record.topic, record.value, record.key, timestamp=record.at // 1000)


def _refused(error: KafkaError | None, _: Message) -> None:
    raise KafkaException(error)


@contextmanager
def running_broker(*, kafka: bool) -> Iterator[Broker]:
    """A fresh broker, gone with all its records afterwards."""
    if not kafka:
        with EmbeddedBroker() as broker:
            assert broker.pid is not None
            yield Broker(broker.bootstrap, broker.pid)
        return
    from tests.brokers.apache_kafka import ApacheKafka, kafka_jars_present

    if not kafka_jars_present():
        raise FailedError("Apache Kafka's jars are not here: run make bench KAFKA=1")
    with tempfile.TemporaryDirectory(prefix="bench-kafka-") as directory:
        # The tests' small segments would make it busy with files.
        settings = {"log.segment.bytes": str(256 * 1024 * 1024)}
        with ApacheKafka(Path(directory), settings=settings) as apache:
            yield Broker(apache.bootstrap, apache.pid)


@contextmanager
def broker_with(records: Sequence[Record], *, kafka: bool) -> Iterator[Broker]:
    """A fresh broker that holds these events."""
    with running_broker(kafka=kafka) as broker:
        broker.create_topics()
        broker.publish(records)
        yield broker
