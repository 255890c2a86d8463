"""Whether the topics are as the service needs them, or can be created so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from aiokafka.admin import AIOKafkaAdminClient

from service.cli.preflight.finding import Finding
from service.streaming.cleanup import are_compacted, check_policies, cleanup_policies
from service.streaming.config import KafkaConfig
from service.streaming.errors import StreamError
from service.streaming.topics import (
    check_partitions,
    check_topics,
    compacted_topics,
    create_missing,
    needed_topics,
    one_of_many,
    planned,
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
                "Where publishers have other names for them, give those under [topics].",
                certain=may_try,
            )
        else:
            check_topics(config, counts)
            for group in config.groups.values():
                there = f"{counts[group.changelog_topic]} partitions each"
                yield Finding(True, f"topics {', '.join(group.partitioned)}: {there}")
            others = f"{config.dead_letter_topic}, {config.register_topic}"
            yield Finding(True, f"topics {others}: there, the register with one partition")
        policies = await cleanup_policies(admin, needed)
        check_policies(policies, compacted_topics(config), config.dead_letter_topic)
    except StreamError as error:
        what, _, remedy = str(error).partition(". ")
        yield Finding(False, what, remedy)
        return
    for topic in are_compacted(policies, one_of_many(config)):
        yield Finding(
            False,
            f"topic {topic}: is compacted, and so keeps only the last record of each key",
            "Set cleanup.policy=delete on it.",
        )
    told_of = [*policies, *missing]
    if unseen := [topic for topic in compacted_topics(config) if topic not in told_of]:
        yield Finding(
            True,
            f"topics {', '.join(unseen)}: whether they are compacted is not told",
            "Allow this user DESCRIBE_CONFIGS on them, or see that cleanup.policy is compact.",
            certain=False,
        )
