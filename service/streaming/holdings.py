"""Which partitions a worker holds, has kept aside, or is restoring."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from faust.types import TP

from service.streaming.copartitions import CONTACTS, Copartition
from service.streaming.errors import StreamError
from service.streaming.producer import NotOwnerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from service.streaming.copartitions import TopicGroup
    from service.streaming.partition import Partition
    from service.view.snapshot import Group, Snapshot

#: What aiokafka takes about from a request to its answer's last task, beside the broker's time:
#: with one turn only a write would stand still meanwhile.
_TURNS: Final = 8


class Holdings:
    """The partitions of one worker, each with its part of every topic of its group."""

    def __init__(self, groups: Mapping[Group, TopicGroup]) -> None:
        self.held: dict[Copartition, Partition] = {}
        #: Given up, and kept in case they are assigned again.
        self.parked: dict[Copartition, Partition] = {}
        #: Whether those still tell their numbers: nobody else can have them yet.
        self.parked_are_shown = False
        self.restoring: set[Copartition] = set()
        self._topics = {name: group.topics for name, group in groups.items()}
        self.group_of: Mapping[str, Group] = {
            topic: name for name, topics in self._topics.items() for topic in topics
        }

    @property
    def are_written(self) -> bool:
        """Whether the changelog has all of those put aside, as far as they are still ours."""
        return all(it.writer.is_whole or it.writer.stopped for it in self.parked.values())

    @property
    def live_contacts(self) -> int:
        """Contacts in the state of all that are held."""
        return sum(it.durable.live_contacts for of, it in self.held.items() if of.group == CONTACTS)

    def of(self, tp: TP) -> Copartition:
        """Which partition a topic's partition is a part of."""
        return Copartition(self.group_of[tp.topic], tp.partition)

    def whole(self, assigned: Iterable[TP]) -> set[Copartition]:
        """The partitions of an assignment. Raises StreamError where it divides one."""
        tps = set(assigned)
        partitions = {self.of(tp) for tp in tps}
        if tps != {TP(topic, it.number) for it in partitions for topic in self._topics[it.group]}:
            raise StreamError(
                "the group did not give the same partition numbers of all topics to this worker:"
                " start all workers of the group with the same topics, each with the same number"
                " of partitions"
            )
        return partitions

    def park(self) -> dict[Copartition, Partition]:
        """Puts aside all that are held, settled, and returns them."""
        given_up, self.held = self.held, {}
        for partition in given_up.values():
            # What is not applied will be fetched again, by whoever gets the partition.
            partition.intake.clear()
            partition.settle()
        self.parked |= given_up
        return given_up

    def drop_parked(self, partitions: Iterable[Copartition]) -> None:
        """Lets go of these among those put aside."""
        for it in partitions:
            self.parked.pop(it).writer.stop()

    def waiting(self) -> dict[TP, int]:
        """How many records are fetched and not applied, of each topic partition that has any."""
        return {
            TP(topic, it.number): waiting
            for it, partition in self.held.items()
            for topic in self._topics[it.group]
            if (waiting := partition.intake.waiting(topic))
        }

    def waiting_bytes(self) -> dict[TP, int]:
        """What they take, about."""
        return {
            TP(topic, it.number): size
            for it, partition in self.held.items()
            for topic in self._topics[it.group]
            if (size := partition.intake.waiting_bytes(topic))
        }

    async def snapshots(self, within: float) -> list[tuple[int, Snapshot]]:
        """The numbers of every partition, durable ones, as new as `within` seconds allow."""
        partitions = [*self.held.values()]
        if self.parked_are_shown:
            partitions += self.parked.values()
        # All are settled before the first is drawn up: the changelog is written meanwhile.
        for partition in partitions:
            _settle(partition)
            await _others_turns()
        drawn: list[tuple[Partition, Snapshot, int]] = []
        for partition in partitions:
            # Something may have been applied in the turns of others.
            _settle(partition)
            drawn.append((partition, *partition.snapshot()))
            await _others_turns()
        await asyncio.gather(*(_until_durable(*it, within) for it in drawn))
        return [(partition.number, partition.durable) for partition in partitions]


def _settle(partition: Partition) -> None:
    if partition.is_stale:
        partition.settle()


async def _others_turns() -> None:
    """Of the event loop, which all partitions together would keep for some tens of milliseconds."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


async def _until_durable(
    partition: Partition, snapshot: Snapshot, number: int, within: float
) -> None:
    try:
        await asyncio.wait_for(partition.writer.until(number), within)
    except (TimeoutError, NotOwnerError):
        return
    partition.durable = snapshot
