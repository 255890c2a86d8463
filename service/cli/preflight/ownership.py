"""Whether the state that is there is this installation's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Container, Mapping, Sequence
from typing import Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from service.cli.preflight.finding import Finding
from service.cli.preflight.registered import registered
from service.streaming.changelog import changelog_consumer
from service.streaming.config import KafkaConfig
from service.streaming.epochs import Fence
from service.streaming.errors import StreamError
from service.streaming.installation import REGISTERED_AS
from service.streaming.topics import installed

#: For reading the changelog: a claim may lie anywhere in it.
_PATIENCE_SECONDS: Final = 20.0
_FETCH_MS: Final = 500
_BATCH: Final = 5_000


async def is_ours(
    admin: AIOKafkaAdminClient,
    config: KafkaConfig,
    counts: Mapping[str, int],
    there: Container[str],
) -> Finding:
    """Whose state changelogs and register hold.

    `counts`: how many partitions each topic has, or will have where it is not `there`.
    """
    ours = await installed(admin, config, counts)
    topics = [it.changelog_topic for it in config.groups.values() if it.changelog_topic in there]
    topic = ", ".join(topics) or config.register_topic
    try:
        accepted = config.accepted_partitions
        if config.register_topic in there:
            former = await registered(config, REGISTERED_AS)
            ours.check_registered(former, config.register_topic, accepted)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            tps = [TopicPartition(it, number) for it in topics for number in range(counts[it])]
            async for tp, claim in _claims(config, tps):
                ours.check(claim, tp.topic, accepted)
    except StreamError as error:
        what, _, remedy = str(error).partition(". ")
        return Finding(False, what, remedy)
    except (KafkaError, TimeoutError):
        return Finding(
            True,
            f"topic {topic}: could not be read to its end in time",
            "Whether its state is this installation's, the start will tell.",
            certain=False,
        )
    return Finding(True, f"topic {topic}: holds no state of another installation")


async def _claims(
    config: KafkaConfig, tps: Sequence[TopicPartition]
) -> AsyncIterator[tuple[TopicPartition, bytes | None]]:
    """The claim that counts in each of these partitions of changelogs."""
    if not tps:
        # To aiokafka, none would mean all, of which there are none.
        return
    fences = {tp: Fence() for tp in tps}
    async with changelog_consumer(config) as consumer:
        consumer.assign(tps)
        ends = await consumer.end_offsets(tps)
        await consumer.seek_to_beginning(*tps)
        while tps := [tp for tp in tps if await consumer.position(tp) < ends[tp]]:
            batches = await consumer.getmany(*tps, timeout_ms=_FETCH_MS, max_records=_BATCH)
            for tp, records in batches.items():
                fences[tp].admit(records)
    for tp, fence in fences.items():
        yield tp, fence.claim
