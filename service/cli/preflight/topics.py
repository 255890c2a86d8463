"""Whether the topics are as the service needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from service.cli.preflight.finding import Finding
from service.streaming.config import KafkaConfig
from service.streaming.errors import StreamError
from service.streaming.topics import (
    check_partitions,
    needed_topics,
    planned,
    prepare_topics,
)


async def examine(config: KafkaConfig, counts: Mapping[str, int]) -> Finding:
    """What the service itself would say of the topics at its start, without creating any.

    `counts`: how many partitions each topic of the cluster has.
    """
    needed = needed_topics(config)
    missing = [topic for topic in needed if topic not in counts]
    try:
        if missing and config.creation is not None:
            check_partitions(config, planned(config, config.creation, counts))
            return Finding(True, f"not there yet, the service will create: {', '.join(missing)}")
        partitions = await prepare_topics(replace(config, creation=None))
    except StreamError as error:
        what, _, remedy = str(error).partition(". ")
        return Finding(False, what, remedy)
    return Finding(
        True,
        f"topics {', '.join(needed)}: {partitions} partitions each, {config.register_topic} one",
    )
