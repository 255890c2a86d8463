"""Whether the topics are as the service needs them, or can be created so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from aiokafka.admin import AIOKafkaAdminClient

from service.cli.preflight.finding import Finding
from service.streaming.config import KafkaConfig
from service.streaming.errors import StreamError
from service.streaming.topics import (
    check_partitions,
    check_topics,
    create_missing,
    needed_topics,
    planned,
    unseen_settings,
)


async def examine(
    admin: AIOKafkaAdminClient, config: KafkaConfig, counts: Mapping[str, int], *, may_try: bool
) -> AsyncIterator[Finding]:
    """What the service itself would say of the topics at its start, without creating any.

    `counts`: how many partitions each topic of the cluster has. `may_try`: the broker can be asked
    whether it would create a topic.
    """
    needed = needed_topics(config)
    missing = [topic for topic in needed if topic not in counts]
    try:
        if missing and config.creation is not None:
            check_partitions(config, planned(config, config.creation, counts))
            if may_try:
                await create_missing(admin, config, config.creation, counts, only_try=True)
            yield Finding(
                True,
                f"not there yet, the service will create: {', '.join(missing)}",
                certain=may_try,
            )
        else:
            check_topics(config, counts)
            for group in config.groups.values():
                there = f"{counts[group.changelog_topic]} partitions each"
                yield Finding(True, f"topics {', '.join(group.partitioned)}: {there}")
            others = f"{config.dead_letter_topic}, {config.register_topic}"
            yield Finding(True, f"topics {others}: there, the register with one partition")
        unseen = [topic for topic in await unseen_settings(admin, config) if topic in counts]
    except StreamError as error:
        what, _, remedy = str(error).partition(". ")
        yield Finding(False, what, remedy)
        return
    if unseen:
        yield Finding(
            True,
            f"topics {', '.join(unseen)}: whether they are compacted is not told",
            "Allow this user DESCRIBE_CONFIGS on them, or see that cleanup.policy is compact.",
            certain=False,
        )
