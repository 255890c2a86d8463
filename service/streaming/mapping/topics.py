"""The topics of a stage: those it writes to fit together, those it reads may come later."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from service.streaming.bootstrap import look_round
from service.streaming.diagnosis import why_unreachable
from service.streaming.errors import StreamError
from service.streaming.topics import create, partition_counts, replication, require_equal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.streaming.mapping.config import StageConfig

_PATIENCE_SECONDS: Final = 5.0
_RETRY_SECONDS: Final = 0.1


async def prepare(config: StageConfig) -> dict[str, int]:
    """How many partitions each topic of the cluster has, once what may be created is.

    Raises StreamError.
    """
    await look_round(config.kafka)
    admin = AIOKafkaAdminClient(**config.kafka.client_settings())
    try:
        await admin.start()
        counts = await partition_counts(admin)
        created = await create_outputs(admin, config, counts)
        return await _once_there(admin, config) if created else counts
    except (KafkaError, TimeoutError) as error:
        raise StreamError(await why_unreachable(config.kafka)) from error
    finally:
        await admin.close()


async def create_outputs(
    admin: AIOKafkaAdminClient,
    config: StageConfig,
    counts: Mapping[str, int],
    *,
    only_try: bool = False,
) -> list[str]:
    """Those topics to write to that `counts` lacks and that were created (`only_try`: would be).

    Raises StreamError.
    """
    creation = config.kafka.creation
    missing = missing_outputs(config, counts)
    if creation is None or not missing:
        return []
    wanted = dict.fromkeys(missing, creation.partitions)
    for group in config.groups:
        # What exists decides: a new topic has to fit to it.
        partitions = next(filter(None, map(counts.get, group)), creation.partitions)
        wanted |= {topic: partitions for topic in group if topic in wanted}
    replicas = await replication(admin, creation)
    await create(
        admin, [NewTopic(topic, n, replicas) for topic, n in wanted.items()], only_try=only_try
    )
    return missing


def missing_outputs(config: StageConfig, counts: Mapping[str, int]) -> list[str]:
    """Those topics to write to that `counts` lacks and that may be created."""
    if config.kafka.creation is None:
        return []
    return [topic for topic in config.outputs if not counts.get(topic)]


async def _once_there(admin: AIOKafkaAdminClient, config: StageConfig) -> dict[str, int]:
    """As the cluster is when it knows of all topics to write to, or after a while."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        counts = await partition_counts(admin)
        if all(map(counts.get, config.outputs)) or time.monotonic() > until:
            return counts
        await asyncio.sleep(_RETRY_SECONDS)


async def look_again(config: StageConfig) -> dict[str, int] | None:
    """The same of a cluster that was reached before; None: nobody answers now."""
    await look_round(config.kafka)
    admin = AIOKafkaAdminClient(**config.kafka.client_settings())
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await admin.start()
            return await partition_counts(admin)
    except (KafkaError, OSError):
        return None
    finally:
        await admin.close()


def output_partitions(config: StageConfig, counts: Mapping[str, int]) -> dict[str, int]:
    """How many partitions each topic of events has. Raises StreamError."""
    missing = [topic for topic in config.outputs if not counts.get(topic)]
    if missing:
        raise StreamError(
            f"missing topics: {', '.join(missing)} (or this user may not see them). Feeds emit"
            " events for them, or letters: create them, all topics of events with the same number"
            " of partitions, or set kafka.create_topics = true"
        )
    for group in config.groups:
        require_equal(group, counts)
    return {topic: counts[topic] for group in config.groups for topic in group}


def check_unmoved(counts: Mapping[str, int], partitions: Mapping[str, int]) -> None:
    """Raises StreamError where topics of events have not so many partitions any more.

    Of one that is gone the producer tells: a broker that has only just started may not know it.
    """
    changed = [
        topic
        for topic, number in partitions.items()
        if counts.get(topic) and counts[topic] != number
    ]
    if changed:
        listed = ", ".join(f"{topic} has {counts[topic]}" for topic in changed)
        former = ", ".join(map(str, sorted({partitions[topic] for topic in changed})))
        raise StreamError(
            f"the number of partitions has changed from {former} while running: {listed}. Keys"
            " have moved, so nothing more is mapped. How to go on: see More partitions in the"
            " operations guide"
        )


def inputs_there(config: StageConfig, counts: Mapping[str, int]) -> frozenset[str]:
    """Those topics of other systems that there are."""
    return frozenset(topic for topic in config.inputs if counts.get(topic))
