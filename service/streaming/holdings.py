"""Which partitions a worker holds, has kept aside, or is restoring."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from faust.types import TP

from service.streaming.errors import StreamError
from service.streaming.producer import NotOwnerError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from service.streaming.partition import Partition
    from service.view.snapshot import Snapshot


class Holdings:
    """The partitions of one worker, by number, each with its part of every topic."""

    def __init__(self, topics: Collection[str]) -> None:
        self.held: dict[int, Partition] = {}
        #: Given up, and kept in case they are assigned again.
        self.parked: dict[int, Partition] = {}
        #: Whether those still tell their numbers: nobody else can have them yet.
        self.parked_are_shown = False
        self.restoring: set[int] = set()
        #: Partitions without any state: the group's committed offsets mean nothing there.
        self.without_state: set[int] = set()
        self._topics = topics

    @property
    def are_written(self) -> bool:
        """Whether the changelog has all of those put aside, as far as they are still ours."""
        return all(it.writer.is_whole or it.writer.stopped for it in self.parked.values())

    def numbers(self, assigned: Iterable[TP]) -> set[int]:
        """The partitions of an assignment. Raises StreamError where it divides one."""
        by_topic: dict[str, set[int]] = {topic: set() for topic in self._topics}
        for tp in assigned:
            by_topic[tp.topic].add(tp.partition)
        numbers = set().union(*by_topic.values())
        if any(of_topic != numbers for of_topic in by_topic.values()):
            raise StreamError(
                "the group did not give the same partition numbers of all topics to this worker:"
                " start all workers of the group with the same topics, each with the same number"
                " of partitions"
            )
        return numbers

    def park(self) -> dict[int, Partition]:
        """Puts aside all that are held, and returns them."""
        given_up, self.held = self.held, {}
        # What is not applied will be fetched again, by whoever gets the partition.
        for partition in given_up.values():
            partition.intake.clear()
        self.parked |= given_up
        return given_up

    def drop_parked(self, numbers: Iterable[int]) -> None:
        """Lets go of these among those put aside."""
        for number in numbers:
            self.parked.pop(number).writer.stop()

    def waiting(self) -> dict[TP, int]:
        """How many records are fetched and not applied, of each topic partition that has any."""
        return {
            TP(topic, number): waiting
            for number, partition in self.held.items()
            for topic in self._topics
            if (waiting := partition.intake.waiting(topic))
        }

    def waiting_bytes(self) -> dict[TP, int]:
        """What they take, about."""
        return {
            TP(topic, number): size
            for number, partition in self.held.items()
            for topic in self._topics
            if (size := partition.intake.waiting_bytes(topic))
        }

    async def snapshots(self, within: float) -> list[tuple[int, Snapshot]]:
        """The numbers of every partition, durable ones, as new as `within` seconds allow."""
        partitions = [*self.held.values()]
        if self.parked_are_shown:
            partitions += self.parked.values()
        await asyncio.gather(*(_freshen(partition, within) for partition in partitions))
        return [(partition.number, partition.durable) for partition in partitions]


async def _freshen(partition: Partition, within: float) -> None:
    snapshot, number = partition.snapshot()
    try:
        await asyncio.wait_for(partition.writer.until(number), within)
    except (TimeoutError, NotOwnerError):
        return
    partition.durable = snapshot
