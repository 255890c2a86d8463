"""The brokers themselves: whatever the suites run on keeps records and shares partitions out."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from service.embedded_broker import EmbeddedBroker, EmbeddedBrokerError
from tests.brokers.apache_kafka import ApacheKafka
from tests.brokers.topics import create_topic
from tests.patience import PATIENCE_S
from tests.ports import free_port


async def produce(bootstrap: str, topic: str, values: list[bytes]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        for partition, value in enumerate(values):
            await producer.send_and_wait(topic, value, key=b"customer", partition=partition % 2)


async def read(bootstrap: str, topic: str, count: int) -> list[bytes | None]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    async with consumer:
        consumer.assign([TopicPartition(topic, 0), TopicPartition(topic, 1)])
        values: list[bytes | None] = []
        async with asyncio.timeout(PATIENCE_S):
            while len(values) < count:
                batches = await consumer.getmany(timeout_ms=500)
                values += [record.value for batch in batches.values() for record in batch]
        return values


async def committed_offsets(bootstrap: str, group: str, topic: str) -> list[int | None]:
    # Assigned by hand: it asks for the group's offsets without joining it.
    async with AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False
    ) as reader:
        partitions = [TopicPartition(topic, number) for number in (0, 1)]
        reader.assign(partitions)
        return [await reader.committed(partition) for partition in partitions]


@pytest.mark.broker
async def test_what_is_published_is_read_back(bootstrap: str, unique: Callable[[str], str]) -> None:
    topic = unique("events")
    await create_topic(bootstrap, topic, partitions=2)
    values = [b"%d" % number for number in range(100)]
    await produce(bootstrap, topic, values)
    assert sorted(await read(bootstrap, topic, 100), key=lambda v: v or b"") == sorted(values)


@pytest.mark.broker
async def test_two_members_of_a_group_share_the_partitions_and_committed_offsets_last(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    topic, group = unique("events"), unique("group")
    await create_topic(bootstrap, topic, partitions=2)
    await produce(bootstrap, topic, [b"a", b"b"])

    def member() -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            topic,
            bootstrap_servers=bootstrap,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=6000,
            heartbeat_interval_ms=500,
            rebalance_timeout_ms=4000,
        )

    async with member() as first, member() as second:

        async def poll(consumer: AIOKafkaConsumer) -> None:
            await consumer.getmany(timeout_ms=100)

        async with asyncio.timeout(PATIENCE_S):
            while not len(first.assignment()) == len(second.assignment()) == 1:
                await asyncio.gather(poll(first), poll(second))
        assert first.assignment() | second.assignment() == {
            TopicPartition(topic, 0),
            TopicPartition(topic, 1),
        }
        for consumer in (first, second):
            (partition,) = consumer.assignment()
            await consumer.commit({partition: 1})
    assert await committed_offsets(bootstrap, group, topic) == [1, 1]


@pytest.mark.kafka
async def test_apache_kafka_keeps_what_it_acknowledged_over_a_kill(own_kafka: ApacheKafka) -> None:
    await create_topic(own_kafka.bootstrap, "events", partitions=2)
    await produce(own_kafka.bootstrap, "events", [b"kept"])
    own_kafka.kill()
    own_kafka.restart()
    assert await read(own_kafka.bootstrap, "events", 1) == [b"kept"]


def test_the_embedded_broker_is_gone_once_stopped() -> None:
    broker = EmbeddedBroker(free_port())
    broker.start()
    broker.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", broker.port))


def test_the_embedded_broker_says_when_its_port_is_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(EmbeddedBrokerError, match=f"port {port} .* in use"):
            EmbeddedBroker(port).start()
