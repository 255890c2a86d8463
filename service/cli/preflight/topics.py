"""Whether the topics are as the service needs them."""

from __future__ import annotations

from dataclasses import replace

from service.cli.preflight.finding import Finding
from service.streaming.config import KafkaConfig
from service.streaming.errors import StreamError
from service.streaming.topics import prepare_topics


async def examine(config: KafkaConfig, present: set[str]) -> Finding:
    """What the service itself would say of the topics at its start, without creating any."""
    needed = [*config.topics.values(), config.changelog_topic, config.dead_letter_topic]
    missing = [topic for topic in needed if topic not in present]
    if missing and config.creation is not None:
        return Finding(True, f"not there yet, the service will create: {', '.join(missing)}")
    try:
        partitions = await prepare_topics(replace(config, creation=None))
    except StreamError as error:
        what, _, remedy = str(error).partition(". ")
        return Finding(False, what, remedy)
    return Finding(True, f"topics {', '.join(needed)}: {partitions} partitions each")
