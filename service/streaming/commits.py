"""Committing what is durable: the group's offsets never run ahead of the changelog."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from faust.types import TP

from service.streaming.writer import unless_stopped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.streaming.copartitions import Copartition
    from service.streaming.dead_letters import DeadLetterSender
    from service.streaming.group import Group
    from service.streaming.partition import Partition


class Commits:
    """The offsets that the group was told since partitions were given out last."""

    def __init__(self, group: Group) -> None:
        self.told: dict[TP, int] = {}
        self._group = group

    def forget(self) -> None:
        """Partitions are given out anew: others may commit before we do again."""
        self.told = {}

    async def commit(
        self, held: Mapping[Copartition, Partition], *, only_new: bool = False
    ) -> bool:
        """Commit what is durable; whether the group took it, or there was nothing to take."""
        told = self.told
        offsets = {
            TP(topic, it.number): offset
            for it, partition in held.items()
            for topic, offset in partition.committable().items()
        }
        if only_new:
            offsets = {tp: at for tp, at in offsets.items() if told.get(tp) != at}
        if not offsets:
            return True
        taken = await self._group.commit_offsets(offsets)
        if taken:
            told.update(offsets)
        return taken


async def flush(
    held: Mapping[Copartition, Partition], dead_letters: DeadLetterSender, within: float
) -> None:
    """Wait for the broker to have all that these have submitted, at most `within` seconds."""
    flushes = [partition.writer.until(partition.writer.submitted) for partition in held.values()]
    flushes.append(dead_letters.until(dead_letters.submitted))
    await asyncio.wait(
        [asyncio.ensure_future(unless_stopped(it)) for it in flushes], timeout=within
    )
