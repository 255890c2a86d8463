"""All checks, each only where those before it went well."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiokafka.admin import AIOKafkaAdminClient

from service.cli.preflight.connection import reach
from service.cli.preflight.finding import Finding
from service.cli.preflight.rights import may_read, may_write
from service.cli.preflight.topics import partition_counts
from service.streaming.config import KafkaConfig


async def inspect(config: KafkaConfig) -> AsyncIterator[Finding]:
    """The findings, as they are made."""
    reached = [await reach(config, address) for address in config.bootstrap.split(",")]
    for finding in reached:
        yield finding
    if not any(finding.well for finding in reached):
        return
    admin = AIOKafkaAdminClient(**config.client_settings())
    await admin.start()
    try:
        present, findings = await partition_counts(admin, config)
        for finding in findings:
            yield finding
        events = [topic for topic in config.topics.values() if topic in present]
        own = [t for t in (config.changelog_topic, config.dead_letter_topic) if t in present]
        if events:
            readable = [*events, *(t for t in own if t == config.changelog_topic)]
            for finding in await may_read(config, readable):
                yield finding
        for finding in await may_write(admin, own):
            yield finding
    finally:
        await admin.close()
