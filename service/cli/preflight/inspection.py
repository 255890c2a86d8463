"""All checks, each only where those before it went well."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import suppress
from types import MappingProxyType

from aiokafka.admin import AIOKafkaAdminClient

from service.cli.preflight.changes import changes
from service.cli.preflight.connection import reach_all
from service.cli.preflight.feeds import examine_feeds
from service.cli.preflight.finding import Finding
from service.cli.preflight.group import may_join
from service.cli.preflight.ownership import is_ours
from service.cli.preflight.rights import may_read, may_write, numbers_producers
from service.cli.preflight.topics import examine
from service.cli.preflight.webhooks import examine_webhook_topics
from service.streaming.config import KafkaConfig
from service.streaming.errors import StreamError
from service.streaming.mapping.config import StageConfig
from service.streaming.topics import (
    check_topics,
    compacted_topics,
    outcome_topics,
    partition_counts,
    planned,
)


async def inspect(
    config: KafkaConfig,
    definitions: Mapping[str, str],
    webhook_topics: Collection[str] = (),
    stage: StageConfig | None = None,
    unread: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Finding]:
    """The findings, as they are made. Nothing is created, written or joined.

    `definitions` are compared with what the group counts by. `unread`: the topics of events that
    are off, and the setting that turns each on.
    """
    reached = await reach_all(config)
    for finding in reached:
        yield finding
    if not all(finding.well for finding in reached):
        return
    admin = AIOKafkaAdminClient(**config.client_settings())
    await admin.start()
    try:
        async for finding in _inspect_cluster(admin, config, definitions):
            yield finding
        async for finding in examine_webhook_topics(admin, config, webhook_topics):
            yield finding
        if stage is not None:
            async for finding in examine_feeds(admin, stage, unread):
                yield finding
    finally:
        await admin.close()


async def _inspect_cluster(
    admin: AIOKafkaAdminClient, config: KafkaConfig, definitions: Mapping[str, str]
) -> AsyncIterator[Finding]:
    has_rights = await numbers_producers(admin)
    present = await partition_counts(admin)
    async for finding in examine(admin, config, present, may_try=has_rights):
        yield finding
    readable = True
    if has_rights:
        async for finding in _inspect_rights(admin, config):
            readable = readable and finding.well
            yield finding
    creation = config.creation
    counts = present if creation is None else planned(config, creation, present)
    # Where the topics do not fit together, that is told above.
    with suppress(StreamError):
        check_topics(config, counts)
        if readable and not present.keys().isdisjoint(compacted_topics(config)):
            yield await is_ours(admin, config, counts, present)
        if readable and config.register_topic in present:
            async for finding in changes(config, definitions):
                yield finding


async def _inspect_rights(
    admin: AIOKafkaAdminClient, config: KafkaConfig
) -> AsyncIterator[Finding]:
    events, compacted = (topic for _, topic in config.event_topics), compacted_topics(config)
    async for finding in may_read(admin, (*events, *compacted, *outcome_topics(config))):
        yield finding
    async for finding in may_write(
        admin, (*compacted, *outcome_topics(config), config.dead_letter_topic)
    ):
        yield finding
    yield await may_join(admin, config)
