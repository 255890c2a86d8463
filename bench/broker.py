"""The broker of a run, embedded or Apache Kafka, and the events that are brought to it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from bench.processes import FailedError
from bench.workload import PARTITIONS, TOPICS, Record
from service.embedded_broker import EmbeddedBroker
from tests.brokers.apache_kafka import ApacheKafka, kafka_jars_present

#: Between two waits for the broker: what the publisher holds meanwhile is bounded.
_AT_ONCE = 50_000
#: The tests' small segments would make Kafka busy with files.
_SETTINGS = {"log.segment.bytes": str(256 * 1024 * 1024)}


@contextmanager
def running_broker(
    records: Sequence[Record] = (), *, kafka: bool, partitions: int = PARTITIONS
) -> Iterator[str]:
    """The bootstrap server of a fresh broker that holds these events, gone with them afterwards."""
    if kafka and not kafka_jars_present():
        raise FailedError("Apache Kafka's jars are not here: run make bench KAFKA=1")
    with (
        tempfile.TemporaryDirectory(prefix="bench-kafka-") as directory,
        ApacheKafka(Path(directory), settings=_SETTINGS) if kafka else EmbeddedBroker() as broker,
    ):
        _bring(records, broker.bootstrap, partitions)
        yield broker.bootstrap


def _bring(records: Sequence[Record], bootstrap: str, partitions: int) -> None:
    # They keep records however old the events are.
    topics = [NewTopic(name, partitions, 1, config={"retention.ms": "-1"}) for name in TOPICS]
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for created in admin.create_topics(topics).values():
        created.result()
    publisher = producer(bootstrap)
    for start in range(0, len(records), _AT_ONCE):
        for record in records[start : start + _AT_ONCE]:
            send(publisher, record)
        publisher.flush()


def producer(bootstrap: str, batch_bytes: int = 64 * 1024) -> Producer:
    """A client that writes in batches as a publisher does, and places keys as Java's does."""
    return Producer(
        {
            "bootstrap.servers": bootstrap,
            "partitioner": "murmur2_random",
            # Whatever has to be sent again comes in the order of the events all the same.
            "enable.idempotence": True,
            "batch.size": batch_bytes,
            "message.max.bytes": max(1_000_000, batch_bytes),
            "delivery.report.only.error": True,
            "on_delivery": _refused,
        }
    )


def send(by: Producer, record: Record) -> None:
    """To the topic of its type, under its event time; returns before the broker has it."""
    by.produce(record.topic, record.value, record.key, timestamp=record.at // 1000)


def _refused(error: KafkaError | None, _: Message) -> None:
    raise KafkaException(error)
