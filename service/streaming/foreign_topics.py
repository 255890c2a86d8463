"""Topics that are not the service's own: all that is asked of them is that they are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from service.streaming.diagnosis import why_unreachable
from service.streaming.errors import StreamError
from service.streaming.topics import create, partition_counts, replication

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from service.streaming.config import KafkaConfig


async def require_topics(config: KafkaConfig, topics: Collection[str]) -> None:
    """See that they are there, creating them where that is allowed. Raises StreamError."""
    admin = AIOKafkaAdminClient(**config.client_settings())
    try:
        await admin.start()
        await create_foreign(admin, config, topics, await partition_counts(admin))
    except (KafkaError, TimeoutError) as error:
        raise StreamError(await why_unreachable(config)) from error
    finally:
        await admin.close()


async def create_foreign(
    admin: AIOKafkaAdminClient,
    config: KafkaConfig,
    topics: Collection[str],
    counts: Mapping[str, int],
    *,
    only_try: bool = False,
) -> list[str]:
    """Those of `topics` that `counts` lacked and that were created (`only_try`: would be).

    Raises StreamError.
    """
    missing = missing_foreign(config, topics, counts)
    if config.creation is None or not missing:
        return missing
    replicas = await replication(admin, config.creation)
    wanted = [NewTopic(topic, config.creation.partitions, replicas) for topic in missing]
    await create(admin, wanted, only_try=only_try)
    return missing


def missing_foreign(
    config: KafkaConfig, topics: Collection[str], counts: Mapping[str, int]
) -> list[str]:
    """Those of `topics` that `counts` lacks. Raises StreamError where none may be created."""
    missing = sorted(set(topics) - {topic for topic, count in counts.items() if count})
    if missing and config.creation is None:
        raise StreamError(
            f"missing topics: {', '.join(missing)} (or this user may not see them). Create them,"
            " or set kafka.create_topics = true"
        )
    return missing
