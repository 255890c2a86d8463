"""Whether webhooks can be published."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection

from aiokafka.admin import AIOKafkaAdminClient

from service.cli.preflight.finding import Finding
from service.cli.preflight.rights import may_write, numbers_producers
from service.streaming.config import KafkaConfig
from service.streaming.errors import StreamError
from service.streaming.foreign_topics import create_foreign, missing_foreign
from service.streaming.topics import partition_counts


async def examine_webhook_topics(
    admin: AIOKafkaAdminClient, config: KafkaConfig, topics: Collection[str]
) -> AsyncIterator[Finding]:
    """Whether they are there, or can be created, and may be written. None is."""
    if not topics:
        return
    has_rights = await numbers_producers(admin)
    try:
        counts = await partition_counts(admin)
        new = missing_foreign(config, topics, counts)
        if has_rights:
            await create_foreign(admin, config, topics, counts, only_try=True)
    except StreamError as error:
        what, _, remedy = str(error).partition(". ")
        yield Finding(False, f"webhooks: {what}", remedy)
        return
    if new:
        what = f"webhooks: not there yet, receive will create: {', '.join(new)}"
        yield Finding(True, what, certain=has_rights)
    else:
        yield Finding(True, f"webhooks: topics {', '.join(topics)} are there")
    if has_rights:
        async for finding in may_write(admin, topics):
            yield finding
