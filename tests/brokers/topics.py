"""Topics for tests."""

from __future__ import annotations

import asyncio

from aiokafka.admin import AIOKafkaAdminClient, NewTopic


async def create_topic(
    bootstrap: str, topic: str, partitions: int = 1, *, compacted: bool = False
) -> None:
    """A new topic without replicas."""
    configs = {"cleanup.policy": "compact"} if compacted else {}
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=configs)])
        # Apache Kafka answers before it can describe it.
        while topic not in await admin.list_topics():
            await asyncio.sleep(0.05)
    finally:
        await admin.close()
