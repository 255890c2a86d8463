"""Whose state changelogs hold, looked at by who has not joined the group: nobody notices."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from service.streaming.changelog import changelog_consumer, read_until
from service.streaming.closing import close
from service.streaming.epochs import Fence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from service.streaming.config import KafkaConfig
    from service.streaming.installation import Installation

#: A claim may lie anywhere in the log.
_PATIENCE_SECONDS: Final = 20.0
_CLOSE_SECONDS: Final = 2.0


async def check_registered(
    config: KafkaConfig, installation: Installation, registered: bytes | None
) -> None:
    """Raises StreamError where the state is not this installation's, before it joins the group.

    `registered`: what the register has of the group. Where it has nothing it may be another one
    than the group's, and what the changelogs say is looked up, in one partition of each.
    """
    accepted = config.accepted_partitions
    installation.check_registered(registered, config.register_topic, accepted)
    if not registered:
        first = [TopicPartition(it.changelog_topic, 0) for it in config.groups.values()]
        # Who takes a partition over sees its claim, and why it cannot be read.
        with suppress(KafkaError, TimeoutError):
            for tp, claim in (await claims(config, first)).items():
                installation.check(claim, tp.topic, accepted)


async def claims(
    config: KafkaConfig, tps: Iterable[TopicPartition]
) -> Mapping[TopicPartition, bytes | None]:
    """The claim that counts in each of these partitions of changelogs.

    Raises what aiokafka raises, StreamError, and TimeoutError where they are too long.
    """
    fences = {tp: Fence() for tp in tps}
    if not fences:
        # To aiokafka, none would mean all, of which there are none.
        return {}

    def take(tp: TopicPartition, records: list[Any]) -> None:
        fences[tp].admit(records)

    consumer = changelog_consumer(config)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await consumer.start()
            consumer.assign([*fences])
            ends = await consumer.end_offsets([*fences])
            await consumer.seek_to_beginning(*fences)
            await read_until(consumer, ends, take)
    finally:
        await close("the changelog's reader", consumer.stop(), _CLOSE_SECONDS)
    return {tp: fence.claim for tp, fence in fences.items()}
