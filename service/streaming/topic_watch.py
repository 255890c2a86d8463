"""Looks whether the topics are still those that the service has started with."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from service.streaming.bootstrap import look_round
from service.streaming.errors import StreamError
from service.streaming.topics import partition_counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.streaming.config import KafkaConfig
    from service.streaming.installation import Installation

log = structlog.get_logger(__name__)

_INTERVAL_SECONDS: Final = 20.0
_PATIENCE_SECONDS: Final = 5.0


class TopicWatch:
    """Of the topics with as many partitions as the installation has, and the register."""

    def __init__(self, config: KafkaConfig, installation: Installation) -> None:
        self._config = config
        self._expected = {config.register_topic: 1}
        for group in config.groups.values():
            partitions = installation.partitions_of(group.name)
            self._expected |= dict.fromkeys(group.partitioned, partitions)

    async def until_changed(self) -> None:
        """Raises StreamError once a topic has other partitions, or is gone at two looks."""
        missed: set[str] = set()
        while True:
            await asyncio.sleep(_INTERVAL_SECONDS)
            counts = await self._look()
            if counts is None:
                continue
            changed = self._changed(counts)
            missing = {topic for topic in changed if not counts.get(topic)}
            # A broker that has only just started may not know of all topics.
            if changed.keys() - missing or missing & missed:
                raise self._complaint(changed)
            missed = missing

    async def explained(self, error: StreamError) -> StreamError:
        """What has changed about the topics, if that is behind the error; else the error."""
        counts = await self._look()
        changed = {} if counts is None else self._changed(counts)
        return self._complaint(changed) if changed else error

    async def _look(self) -> Mapping[str, int] | None:
        """Partitions by topic; None if nobody answers."""
        await look_round(self._config)
        admin = AIOKafkaAdminClient(**self._config.client_settings())
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await admin.start()
                return await partition_counts(admin)
        except (KafkaError, OSError):
            return None
        finally:
            await admin.close()

    def _changed(self, counts: Mapping[str, int]) -> dict[str, int]:
        """The topics that are not as they were: their partitions now, 0 if they are gone."""
        return {
            topic: counts.get(topic, 0)
            for topic, expected in self._expected.items()
            if counts.get(topic, 0) != expected
        }

    def _complaint(self, changed: Mapping[str, int]) -> StreamError:
        gone = [topic for topic, count in changed.items() if not count]
        if gone:
            return StreamError(
                f"deleted while running, or this user may not see them any more: {', '.join(gone)}."
                " Nothing is consumed, so that no number is wrong. Where that was a mistake,"
                " restore the topics with their records; else start anew with another kafka.group"
                " and topics.changelog"
            )
        told = ", ".join(
            f"{topic} has {count} and had {self._expected[topic]}"
            for topic, count in changed.items()
        )
        return StreamError(
            f"the number of partitions has changed while running: {told}. Keys have moved, so"
            " nothing more is consumed. How to go on, safely or at once: see More partitions in the"
            " operations guide"
        )
