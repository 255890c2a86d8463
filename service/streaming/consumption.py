"""Applying what was fetched, partition by partition, and handing over what comes of it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

import structlog
from faust.types import TP

from service.streaming.fetching.unreadable import Unreadable
from service.streaming.value_formats import look_up
from service.streaming.writer import unless_stopped

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from service.events.agents import AgentEventType
    from service.events.model import EventType
    from service.streaming.dead_letters import DeadLetterSender
    from service.streaming.fetching.fetched import Fetched
    from service.streaming.fetching.log_start import Lost
    from service.streaming.group import TopicEnd
    from service.streaming.holdings import Holdings
    from service.streaming.partition import EventDecoder, Partition
    from service.streaming.pipeline import PipelineCounts
    from service.streaming.register import Register
    from service.streaming.registry.schemas import Schemas
    from service.streaming.wall_clock import WallClock

log = structlog.get_logger(__name__)

#: Records of a partition between two hand-overs to the changelog: few enough that a scrape waits
#: some tens of milliseconds at most, enough that a contact changed twice is mostly written once.
CHUNK: Final = 3_000
#: Records that wait for more of them to be settled with, in all partitions held together, and as
#: many of each at least: to settle a single one costs a hundred times what it costs to apply it,
#: and each of a hundred half as much again as each of three hundred. No more: a scrape, which
#: settles all partitions, is not to wait for long.
_FEW: Final = 1_000
_FEW_OF_EACH: Final = 100


class Consumption:
    """Brings fetched records into the engines of the partitions held.

    `interrupted`, set, makes it return between two chunks; what is not applied then stays in the
    partitions' intakes.
    """

    def __init__(
        self,
        holdings: Holdings,
        types: Mapping[str, EventType | AgentEventType],
        decoder: EventDecoder,
        register: Register,
        dead_letters: DeadLetterSender,
        counts: PipelineCounts,
        clock: WallClock,
        interrupted: asyncio.Event,
        schemas: Schemas | None = None,
    ) -> None:
        """`schemas`: without which the decoder cannot read."""
        self._holdings = holdings
        self._types = types
        self._decoder = decoder
        self._register = register
        self._dead_letters = dead_letters
        self._counts = counts
        self._clock = clock
        self._interrupted = interrupted
        self._schemas = schemas
        self._agreeing_since: float | None = None

    async def take_in(self, fetched: Fetched) -> None:
        """Take what a fetch brought, and apply of all that is there what is not to wait."""
        if self._schemas is not None:
            await self._unless_interrupted(look_up(self._schemas, fetched.records.values()))
            if self._interrupted.is_set():
                return
        held = self._holdings.held
        for tp, batch in fetched.records.items():
            if (partition := held.get(self._holdings.of(tp))) is not None:
                partition.intake.put(tp.topic, batch, fetched.sizes.get(tp, 0))
        for partition in held.values():
            for topic in partition.topics:
                partition.intake.set_at_end(topic, TP(topic, partition.number) in fetched.ended)
            await self._apply(partition)

    def at_ends(self, ends: Sequence[TopicEnd]) -> None:
        """Tell lag, and move the clocks of quiet topics; no fetch is under way."""
        held = self._holdings.held
        waiting = self._holdings.waiting()
        lag = {
            (end.topic, end.partition): max(0, end.end - end.position)
            + waiting.get(TP(end.topic, end.partition), 0)
            for end in ends
        }
        self._counts.set_lag(lag)
        for end in ends:
            partition = held.get(self._holdings.of(TP(end.topic, end.partition)))
            if partition is not None and not lag[end.topic, end.partition]:
                type_ = self._types[end.topic]
                partition.caught_up(type_, end.topic, end.position, end.asked_us)
        for partition in held.values():
            if partition.is_due:
                partition.settle()

    def tell_lost(self, lost: Lost) -> None:
        """Events were gone from a topic before they were read."""
        self._counts.add_lost(lost.tp.topic, lost.tp.partition, lost.events)
        log.warning(
            "events were deleted from a topic before they were read: they are missing from the"
            " numbers. Keep events for longer (retention.ms, retention.bytes) than this service"
            " may be away, and let nobody recreate the topic",
            topic=lost.tp.topic,
            partition=lost.tp.partition,
            expected_offset=lost.position,
            found_offset=lost.begins,
            lost_events=lost.events,
        )

    def agreeing_for(self) -> float:
        """How many seconds a new label value has been waiting to be agreed on; 0: none does."""
        since = self._agreeing_since
        return 0.0 if since is None else time.monotonic() - since

    async def _apply(self, partition: Partition) -> None:
        if not partition.intake:
            return
        wall_us = self._clock.likely_us()
        while not (self._interrupted.is_set() or partition.writer.stopped):
            taken = partition.intake.take(wall_us)
            if taken is None:
                break
            topic, records = taken
            type_ = self._types[topic]
            consumed = partition.consume(topic, type_, records, self._decoder, wall_us)
            if not isinstance(records[-1], Unreadable):
                self._clock.seen(1000 * records[-1].timestamp)
            if consumed < len(records):
                partition.intake.put_back(topic, records[consumed:])
                await self._agree(partition)
            if partition.unsettled >= CHUNK or not self._dead_letters.has_room:
                await self._settle(partition)
                wall_us = self._clock.likely_us()
        if partition.unsettled >= max(_FEW_OF_EACH, _FEW // len(self._holdings.held)):
            await self._settle(partition)

    async def _agree(self, partition: Partition) -> None:
        self._agreeing_since = time.monotonic()
        try:
            await self._unless_interrupted(partition.agree(self._register))
        finally:
            self._agreeing_since = None

    async def _settle(self, partition: Partition) -> None:
        partition.settle()
        # Scrapes, acknowledgements and the heartbeat get their turn here.
        await asyncio.sleep(0)
        if not partition.writer.has_room:
            await self._unless_interrupted(unless_stopped(partition.writer.room()))
        if not self._dead_letters.has_room:
            await self._unless_interrupted(self._dead_letters.room())

    async def _unless_interrupted(self, waiting: Awaitable[Any]) -> None:
        tasks = {
            asyncio.ensure_future(waiting),
            asyncio.ensure_future(self._interrupted.wait()),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        for task in done:
            task.result()
