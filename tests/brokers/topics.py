"""Topics for tests."""

from __future__ import annotations

import asyncio

from aiokafka.admin import AIOKafkaAdminClient, NewTopic


async def create_topic(
    bootstrap: str, topic: str, partitions: int = 1, *, compacted: bool = False
) -> None:
    """A new topic without replicas."""
    configs = {"cleanup.policy": "compact"} if compacted else {}
    await create_topics(bootstrap, NewTopic(topic, partitions, 1, topic_configs=configs))


async def create_topics(bootstrap: str, *topics: NewTopic) -> None:
    """New topics, and the broker knows them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        # Apache Kafka answers before it can describe them; and one that is short of time takes
        # itself to be gone, and makes none for a while.
        while missing := {topic.name for topic in topics} - set(await admin.list_topics()):
            await admin.create_topics([topic for topic in topics if topic.name in missing])
            await asyncio.sleep(0.05)
    finally:
        await admin.close()
