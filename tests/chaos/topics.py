"""The run's topics: created, and read back as the broker has them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from service.streaming.fetching.bounded_consumer import BoundedConsumer
from tests.brokers.topics import create_topic, create_topics
from tests.chaos.configuration import PARTITIONS, Names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


async def create_event_topics(bootstrap: str, names: Names) -> None:
    """Stamped by the broker, so that the publisher's delay can be read off."""
    configs = {"message.timestamp.type": "LogAppendTime"}
    await create_topics(
        bootstrap,
        *(
            NewTopic(topic, names.partitions(topic), 1, topic_configs=configs)
            for topic in names.events
        ),
    )


async def configure_topic(bootstrap: str, topic: str, settings: Mapping[str, str]) -> None:
    """The whole of the topic's settings; what is not given goes back to its default."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, dict(settings))
        for response in await admin.alter_configs([resource]):
            for code, message, *_ in response.resources:
                assert code == 0, f"the settings of {topic} cannot be changed: {message}"
    finally:
        await admin.close()


async def delete_topic(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([topic])
    finally:
        await admin.close()


async def grow_topic(bootstrap: str, topic: str, partitions: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_partitions({topic: NewPartitions(partitions)})
    finally:
        await admin.close()


async def create_dead_letter_topic(bootstrap: str, names: Names) -> None:
    await create_topic(bootstrap, names.dead_letters, PARTITIONS)


_MOST_BYTES: Final = 64 * 1024 * 1024


class Reader:
    """Reads topics on from where it was, without any group."""

    def __init__(self, bootstrap: str, names: Names, topics: Iterable[str]) -> None:
        self._tps = [
            TopicPartition(topic, number)
            for topic in topics
            for number in range(names.partitions(topic))
        ]
        # Nothing else gets past records that cannot be read.
        self._consumer = BoundedConsumer(
            _MOST_BYTES,
            bootstrap_servers=bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )

    async def start(self) -> None:
        await self._consumer.start()
        self._consumer.assign(self._tps)

    async def stop(self) -> None:
        await self._consumer.stop()

    async def ends(self) -> dict[TopicPartition, int]:
        """How many records there have ever been."""
        return dict(await self._consumer.end_offsets(self._tps))

    async def more(self) -> dict[TopicPartition, list[Any]]:
        """The records since the last time."""
        records: dict[TopicPartition, list[Any]] = defaultdict(list)
        ends = await self._consumer.end_offsets(self._tps)
        while any([await self._consumer.position(tp) < end for tp, end in ends.items()]):
            for tp, batch in (await self._consumer.getmany(timeout_ms=200)).items():
                records[tp] += batch
        return records
