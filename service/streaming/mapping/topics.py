"""The topics of a stage: those it writes to fit together, those it reads may come later."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from service.streaming.diagnosis import why_unreachable
from service.streaming.errors import StreamError
from service.streaming.topics import partition_counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.streaming.mapping.config import StageConfig

_PATIENCE_SECONDS: Final = 5.0


async def look(config: StageConfig) -> dict[str, int]:
    """How many partitions each topic of the cluster has. Raises StreamError."""
    admin = AIOKafkaAdminClient(**config.kafka.client_settings())
    try:
        await admin.start()
        return await partition_counts(admin)
    except (KafkaError, TimeoutError) as error:
        raise StreamError(await why_unreachable(config.kafka)) from error
    finally:
        await admin.close()


async def look_again(config: StageConfig) -> dict[str, int] | None:
    """The same of a cluster that was reached before; None: nobody answers now."""
    admin = AIOKafkaAdminClient(**config.kafka.client_settings())
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await admin.start()
            return await partition_counts(admin)
    except (KafkaError, OSError):
        return None
    finally:
        await admin.close()


def output_partitions(config: StageConfig, counts: Mapping[str, int]) -> int:
    """How many partitions each topic of events has. Raises StreamError."""
    kafka = config.kafka
    outputs = list(kafka.topics.values())
    missing = [topic for topic in (*outputs, kafka.dead_letter_topic) if not counts.get(topic)]
    if missing:
        raise StreamError(
            f"missing topics: {', '.join(missing)} (or this user may not see them). Feeds emit"
            " events for them, or letters: create them, all topics of events with the same number"
            " of partitions, or start contact-metrics run with kafka.create_topics = true"
        )
    if len({counts[topic] for topic in outputs}) > 1:
        listed = ", ".join(f"{topic} has {counts[topic]}" for topic in outputs)
        raise StreamError(
            f"unequal partition counts: {listed}. All of them need the same number, because"
            " partition n of each belongs together: recreate those that differ"
        )
    return counts[outputs[0]]


def check_unmoved(config: StageConfig, counts: Mapping[str, int], partitions: int) -> None:
    """Raises StreamError where topics of events have not so many partitions any more.

    Of one that is gone the producer tells: a broker that has only just started may not know it.
    """
    changed = [
        topic
        for topic in config.kafka.topics.values()
        if counts.get(topic) and counts[topic] != partitions
    ]
    if changed:
        listed = ", ".join(f"{topic} has {counts[topic]}" for topic in changed)
        raise StreamError(
            f"the number of partitions has changed from {partitions} while running: {listed}. Keys"
            " have moved, so nothing more is mapped. How to go on: see More partitions in the"
            " operations guide"
        )


def inputs_there(config: StageConfig, counts: Mapping[str, int]) -> frozenset[str]:
    """Those topics of other systems that there are."""
    return frozenset(topic for topic in config.inputs if counts.get(topic))
