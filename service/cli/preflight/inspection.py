"""All checks, each only where those before it went well."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiokafka.admin import AIOKafkaAdminClient

from service.cli.preflight.connection import reach
from service.cli.preflight.finding import Finding
from service.cli.preflight.rights import may_read, may_write
from service.cli.preflight.topics import examine
from service.streaming.config import KafkaConfig
from service.streaming.topics import compacted_topics, partition_counts


async def inspect(config: KafkaConfig) -> AsyncIterator[Finding]:
    """The findings, as they are made. Nothing is created or written."""
    reached = [await reach(config, address) for address in config.bootstrap.split(",")]
    for finding in reached:
        yield finding
    if not any(finding.well for finding in reached):
        return
    admin = AIOKafkaAdminClient(**config.client_settings())
    await admin.start()
    try:
        present = await partition_counts(admin)
        yield await examine(config, present)
        compacted = compacted_topics(config)
        read = [t for t in (*config.topics.values(), *compacted) if t in present]
        for finding in await may_read(config, read):
            yield finding
        written = [t for t in (*compacted, config.dead_letter_topic) if t in present]
        for finding in await may_write(admin, written):
            yield finding
    finally:
        await admin.close()
