"""Taking partitions over: read their state from the changelog, then claim them.

First everything is read up to the end, then the claim is written, then the little that came in
between is read: the claim's own offset says exactly where the former owners' records end.

Compaction keeps the newest record of a key, even one that does not count because a former owner
wrote it after a newer claim (:mod:`service.streaming.epochs`). So the keys of such records are
written once more with the value that counts. The changelog is created with a compaction lag that
leaves far more time for this than it needs: a restore mends what was written before it, and an
owner notices at its next write (its offset is not the expected one) and restores again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from service.store.completeness import StateIncompleteError
from service.streaming.changelog import changelog_consumer, read_again, read_until
from service.streaming.closing import close
from service.streaming.copartitions import told
from service.streaming.damage import Search, unreadable_state
from service.streaming.epochs import CLAIM_KEY, Fence
from service.streaming.errors import StreamError
from service.streaming.fetching.bounded_consumer import BoundedConsumer
from service.streaming.incomplete import (
    ChangelogClearedError,
    clearing,
    keys_of,
    require_whole_topics,
)
from service.streaming.memory import give_memory_back, without_collector
from service.streaming.register import agree_on_labels

if TYPE_CHECKING:
    from service.streaming.config import KafkaConfig
    from service.streaming.copartitions import Copartition, TopicGroup
    from service.streaming.installation import Installation
    from service.streaming.partition import PartitionEngine
    from service.streaming.producer import Change, ChangelogProducer
    from service.streaming.register import Register

log = structlog.get_logger(__name__)

#: Offsets, at most, of partitions that are read side by side: many small ones are restored as
#: quickly as one, and of large ones no more than one is in memory as it was read. (Of a log that
#: was compacted, offsets are more than records: it is taken for larger than it is.)
_AT_ONCE: Final = 200_000
_REPORT_SECONDS: Final = 5.0
_CLOSE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Claim:
    """A partition that is restored and ours: we write with `epoch`, from `next_offset` on."""

    epoch: int
    next_offset: int
    #: There is no state, whatever offsets the group has committed.
    empty: bool


class _Partition:
    def __init__(self, place: Copartition, group: TopicGroup, engine: PartitionEngine) -> None:
        self.place = place
        self.group = group
        self.number = place.number
        self.tp = TopicPartition(group.changelog_topic, place.number)
        self.engine = engine
        self.fence = Fence()
        self.begins_at = 0
        self.records = 0
        self.epoch = 0
        self.claimed_at = 0
        self.next_offset = 0


class _UnusableError(Exception):
    """An engine can make nothing of what it was given."""

    def __init__(self, partition: _Partition, error: Exception) -> None:
        super().__init__(partition.tp)
        self.partition = partition
        self.error = error


class Restore:
    """One take-over of several partitions at once; `may_write` turns false if it is superseded."""

    def __init__(
        self,
        config: KafkaConfig,
        installation: Installation,
        producer: ChangelogProducer,
        register: Register,
        engines: Mapping[Copartition, PartitionEngine],
        may_write: Callable[[], bool],
    ) -> None:
        self._config = config
        self._producer = producer
        self._register = register
        self._installation = installation
        self._may_write = may_write
        self._partitions = [
            _Partition(it, config.groups[it.group], engine) for it, engine in engines.items()
        ]

    async def run(self) -> dict[Copartition, Claim]:
        """Restore and claim all. Raises what aiokafka raises, StreamError,
        NotOwnerError, ChangelogClearedError."""
        started = time.monotonic()
        consumer = changelog_consumer(self._config)
        await consumer.start()
        try:
            with without_collector():
                await self._restore_all(consumer)
        finally:
            await close("the changelog's reader", consumer.stop(), _CLOSE_SECONDS)
        give_memory_back()
        log.info(
            "state restored",
            partitions=told(partition.place for partition in self._partitions),
            records=sum(partition.records for partition in self._partitions),
            seconds=round(time.monotonic() - started, 3),
        )
        return {
            partition.place: Claim(
                partition.epoch, partition.next_offset, empty=partition.engine.is_empty
            )
            for partition in self._partitions
        }

    async def _restore_all(self, consumer: BoundedConsumer) -> None:
        for partitions in await self._in_turn(consumer):
            await self._read_to_end(consumer, partitions)
            await self._claim(consumer, partitions)
            await self._mend(consumer, partitions)
            for partition in partitions:
                await self._finish(consumer, partition)

    async def _finish(self, consumer: BoundedConsumer, partition: _Partition) -> None:
        try:
            await agree_on_labels(partition.engine, self._register)
            # Seconds for a million contacts: scrapes and commits of what is held go on.
            await asyncio.to_thread(partition.engine.restored)
        except (StreamError, KafkaError):
            raise
        except StateIncompleteError as error:
            number = partition.number
            await require_whole_topics(consumer, partition.group, number, str(error))
            written = await keys_of(consumer, partition.tp, self._may_write)
            await self._producer.append_all(
                clearing(written), partition.tp, partition.epoch, self._may_write
            )
            raise ChangelogClearedError from error
        except Exception as error:  # noqa: BLE001 - whatever it is, it comes of the records
            await self._blame(consumer, partition, error)
        if partition.engine.is_empty and partition.begins_at:
            number = partition.number
            await require_whole_topics(consumer, partition.group, number, "all of it")

    async def _blame(
        self, consumer: BoundedConsumer, partition: _Partition, error: Exception
    ) -> NoReturn:
        """Raise a StreamError that says which record it is."""
        search = Search(partition.engine.flaw)
        await read_again(consumer, partition.tp, search.look, self._may_write)
        raise unreadable_state(partition.tp, search.outcome(error)) from error

    async def _in_turn(self, consumer: BoundedConsumer) -> list[list[_Partition]]:
        """The partitions in groups, each to be restored before the next one is read.

        What is read takes more room than what comes of it, and what it leaves is used again.
        """
        tps = [partition.tp for partition in self._partitions]
        begins, ends = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps)
        groups: list[list[_Partition]] = []
        records = 0
        for partition in self._partitions:
            partition.begins_at = begins[partition.tp]
            length = ends[partition.tp] - partition.begins_at
            if not groups or records + length > _AT_ONCE:
                groups.append([])
                records = 0
            groups[-1].append(partition)
            records += length
        return groups

    async def _read_to_end(
        self, consumer: BoundedConsumer, partitions: Sequence[_Partition]
    ) -> None:
        tps = [partition.tp for partition in partitions]
        consumer.assign(tps)
        ends = await consumer.end_offsets(tps)
        await consumer.seek_to_beginning(*tps)
        await self._read(consumer, ends)

    async def _claim(self, consumer: BoundedConsumer, partitions: Sequence[_Partition]) -> None:
        unclaimed = partitions
        while unclaimed:
            for partition in unclaimed:
                # Before a claim, which the owner would have to take for its end.
                self._installation.check(
                    partition.fence.claim, partition.tp.topic, self._config.accepted_partitions
                )
            await asyncio.gather(*(self._write_claim(partition) for partition in unclaimed))
            await self._read(
                consumer, {partition.tp: partition.claimed_at for partition in unclaimed}
            )
            # Another one claimed it while we read: the later claim has to be the higher one.
            unclaimed = [
                partition for partition in unclaimed if partition.fence.highest >= partition.epoch
            ]

    async def _write_claim(self, partition: _Partition) -> None:
        partition.epoch = partition.fence.highest + 1
        partition.claimed_at, partition.next_offset = await self._producer.append_all(
            [(CLAIM_KEY, self._installation.written())],
            partition.tp,
            partition.epoch,
            self._may_write,
        )

    async def _mend(self, consumer: BoundedConsumer, partitions: Sequence[_Partition]) -> None:
        for partition in partitions:
            keys = partition.fence.overwritten
            if not keys:
                continue
            log.warning(
                "undoing what a former owner wrote late",
                topic=partition.tp.topic,
                partition=partition.number,
                keys=len(keys),
            )
            changes = await self._values_that_count(consumer, partition, keys)
            first, next_offset = await self._producer.append_all(
                changes, partition.tp, partition.epoch, self._may_write
            )
            # A gap in front of them stays visible to the writer as one.
            if first == partition.next_offset:
                partition.next_offset = next_offset

    async def _values_that_count(
        self, consumer: BoundedConsumer, partition: _Partition, keys: set[bytes]
    ) -> list[Change]:
        values: dict[bytes, bytes | None] = dict.fromkeys(keys)
        fence = Fence()

        def take(records: list[Any]) -> None:
            values.update(change for change in fence.admit(records) if change[0] in keys)

        consumer.assign([partition.tp])
        await consumer.seek_to_beginning(partition.tp)
        await read_until(consumer, {partition.tp: partition.claimed_at}, lambda _, it: take(it))
        return list(values.items())

    async def _read(self, consumer: BoundedConsumer, ends: Mapping[TopicPartition, int]) -> None:
        by_tp = {partition.tp: partition for partition in self._partitions}
        reported = time.monotonic()

        def take(tp: TopicPartition, records: list[Any]) -> None:
            nonlocal reported
            partition = by_tp[tp]
            admitted = partition.fence.admit(records)
            try:
                partition.engine.restore(admitted)
            except Exception as error:
                raise _UnusableError(partition, error) from error
            partition.records += len(admitted)
            if time.monotonic() - reported > _REPORT_SECONDS:
                reported = time.monotonic()
                log.info(
                    "restoring",
                    topic=tp.topic,
                    partition=tp.partition,
                    offset=records[-1].offset,
                    end=ends[tp],
                )

        try:
            await read_until(consumer, ends, take, self._may_write)
        except _UnusableError as unusable:
            await self._blame(consumer, unusable.partition, unusable.error)
