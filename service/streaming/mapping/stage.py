"""Round by round: fetch, map, write, wait for the acknowledgement, commit."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeVar

import structlog
from aiokafka.errors import KafkaError

from service.feeds.mapped import Failed, Mapped
from service.feeds.record import ForeignRecord
from service.streaming.dead_letters import letter_of_feed, letter_of_unreadable
from service.streaming.fetching.unreadable import Unreadable
from service.streaming.mapping.remedies import stage_refused
from service.streaming.refusals import Waiting, passes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from aiokafka import TopicPartition

    from service.feeds.mapped import Emitted
    from service.feeds.schemas import Schema, SchemaRef
    from service.streaming.dead_letters import DeadLetter, DeadLetterSender
    from service.streaming.fetching.log_start import Lost
    from service.streaming.fetching.record import ReadRecord, Record
    from service.streaming.mapping.config import RecordMapper, StageConfig
    from service.streaming.mapping.counts import StageCounts
    from service.streaming.mapping.inputs import Inputs
    from service.streaming.mapping.output import Output
    from service.streaming.registry.schemas import Schemas

_T = TypeVar("_T")

log = structlog.get_logger(__name__)

#: Records that are mapped before heartbeats and scrapes get their turn.
_CHUNK: Final = 100
_RETRY_SECONDS: Final = 1.0
_NO_SCHEMAS: Final[Mapping[SchemaRef, Schema]] = MappingProxyType({})


class Stage:
    """Maps what its inputs bring, until it is stopped."""

    def __init__(
        self,
        config: StageConfig,
        mapper: RecordMapper,
        schemas: Schemas | None,
        output: Output,
        dead_letters: DeadLetterSender,
        counts: StageCounts,
    ) -> None:
        self._config = config
        self._mapper = mapper
        self._schemas = schemas
        self._output = output
        self._dead_letters = dead_letters
        self._counts = counts
        self._inputs: Inputs
        #: Changes when partitions are about to be given up, and when they are.
        self._term = self._given_up = 0
        self._round = asyncio.Lock()
        self._stopping = asyncio.Event()
        #: Fetched records of partitions that wait for a schema.
        self._held_up: dict[TopicPartition, tuple[Sequence[Record], asyncio.Task[None]]] = {}
        self._uncommitted: dict[TopicPartition, int] = {}
        self.stalled_since: float | None = None
        """Since when what was mapped waits to be acknowledged."""

    def reads(self, inputs: Inputs) -> None:
        """From these, before it is run."""
        self._inputs = inputs

    async def run(self) -> None:
        """Until :meth:`stop`. Raises StreamError."""
        waiting = Waiting("the broker to deliver records")
        while not self._stopping.is_set():
            try:
                term = self._term
                fetched = await self._unless_stopping(self._inputs.fetch(self._held_up))
                waiting.is_over()
            except KafkaError as error:
                if not passes(error):
                    what = "records cannot be fetched"
                    raise stage_refused(what, error, self._config) from error
                waiting.goes_on(error=str(error))
                await self._unless_stopping(asyncio.sleep(_RETRY_SECONDS))
                continue
            if fetched is not None:
                for lost in fetched.lost:
                    self._tell_lost(lost)
                await self._one_round(fetched.records, term)

    def stop(self) -> None:
        """The round in hand is the last one."""
        self._stopping.set()

    def with_held_up(self, lag: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], int]:
        """What is not fetched yet, and what waits for its schema."""
        waiting = {
            (tp.topic, tp.partition): len(records) for tp, (records, _) in self._held_up.items()
        }
        return {place: count + waiting.get(place, 0) for place, count in lag.items()}

    async def give_up(self) -> None:
        """Finish the round in hand, or leave it: partitions are to be given up."""
        self._term += 1
        for _, look_up in self._held_up.values():
            look_up.cancel()
        self._held_up.clear()
        # The group waits no longer than the rebalance time-out. What is not committed by then is
        # mapped again by whoever gets the partition, which changes nothing.
        try:
            async with asyncio.timeout(self._config.kafka.rebalance_timeout / 2):
                async with self._round:
                    pass
        except TimeoutError:
            log.info("partitions are given up before all that was mapped is acknowledged")
        self._given_up += 1
        self._uncommitted.clear()

    async def _one_round(
        self, fetched: Mapping[TopicPartition, Sequence[Record]], term: int
    ) -> None:
        async with self._round:
            if term != self._term:
                # They may be of partitions that came back to us while they were fetched: then the
                # group has not set these back.
                await self._unless_stopping(self._inputs.go_back(fetched))
                return
            given_up = self._given_up
            ready = self._ready(fetched)
            events: list[Emitted] = []
            letters: list[DeadLetter] = []
            offsets: dict[TopicPartition, int] = {}
            for tp, records in ready.items():
                for begin in range(0, len(records), _CHUNK):
                    self._map(tp, records[begin : begin + _CHUNK], events, letters)
                    await asyncio.sleep(0)
                offsets[tp] = records[-1].offset + 1
            await self._deliver(events, letters)
            if given_up == self._given_up:
                self._uncommitted |= offsets
                if self._uncommitted and await self._inputs.commit(self._uncommitted):
                    self._uncommitted.clear()

    def _ready(
        self, fetched: Mapping[TopicPartition, Sequence[Record]]
    ) -> dict[TopicPartition, Sequence[Record]]:
        """What can be mapped at once; what names unknown schemas is held up until they are known.

        Only its own partition waits with it.
        """
        ready: dict[TopicPartition, Sequence[Record]] = {}
        for tp, (records, look_up) in list(self._held_up.items()):
            if look_up.done():
                look_up.result()
                del self._held_up[tp]
                ready[tp] = records
        for tp, records in fetched.items():
            look_up_of = self._look_up(tp.topic, records)
            if look_up_of is None:
                ready[tp] = records
            else:
                self._held_up[tp] = records, look_up_of
        return ready

    def _look_up(self, topic: str, records: Sequence[Record]) -> asyncio.Task[None] | None:
        if self._schemas is None:
            return None
        needed = {
            ref
            for record in records
            if not isinstance(record, Unreadable)
            for ref in self._mapper.schemas_needed(_foreign(topic, record))
        }
        if not (unknown := self._schemas.unanswered(needed)):
            return None
        return asyncio.create_task(self._schemas.look_up(unknown), name="look-up")

    def _map(
        self,
        tp: TopicPartition,
        records: Sequence[Record],
        events: list[Emitted],
        letters: list[DeadLetter],
    ) -> None:
        wall_us = time.time_ns() // 1000
        schemas = _NO_SCHEMAS if self._schemas is None else self._schemas.known
        reasons: Counter[str] = Counter()
        for record in records:
            if isinstance(record, Unreadable):
                letters.append(letter_of_unreadable(record))
                reasons[record.refused.reason] += record.count
                continue
            mapped = self._mapped(tp, record, wall_us, schemas)
            events += mapped.emitted
            self._counts.add(mapped)
            # One for each feed, however many elements of the record it could not take.
            for failed in {it.feed: it for it in reversed(mapped.failed)}.values():
                letters.append(letter_of_feed(tp, record, failed))
                reasons[failed.reason] += 1
        self._counts.add_dead_letters(tp.topic, reasons)

    def _mapped(
        self,
        tp: TopicPartition,
        record: ReadRecord,
        wall_us: int,
        schemas: Mapping[SchemaRef, Schema],
    ) -> Mapped:
        # A host whose clock is behind would refuse what happens now: the service judges once more,
        # by the broker's time.
        now_us = max(wall_us, 1000 * record.timestamp)
        try:
            return self._mapper.map(_foreign(tp.topic, record), now_us, schemas)
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not stop all records
            log.error(  # noqa: TRY400 - a traceback could show what is in the record
                "a record could not be mapped by a mistake in contact-metrics: it is in the"
                " dead-letter topic. Please report it",
                topic=tp.topic,
                partition=tp.partition,
                offset=record.offset,
                error=type(error).__name__,
            )
            failed = Failed("", "internal_error", type(error).__name__)
            return Mapped((), (failed,), ())

    async def _deliver(self, events: Sequence[Emitted], letters: list[DeadLetter]) -> None:
        """Returns once all of them are acknowledged, or dead letters given up."""
        self.stalled_since = time.monotonic()
        number = self._dead_letters.submit(letters)
        await self._output.write(events, time.time_ns() // 1_000_000)
        await self._dead_letters.until(number)
        self.stalled_since = None

    def _tell_lost(self, lost: Lost) -> None:
        self._counts.add_lost(lost.tp.topic, lost.tp.partition, lost.events)
        log.warning(
            "records were deleted from a topic before they were mapped: their events are missing."
            " Keep records for longer (retention.ms, retention.bytes) than this stage may be away,"
            " and let nobody recreate the topic",
            topic=lost.tp.topic,
            partition=lost.tp.partition,
            expected_offset=lost.position,
            found_offset=lost.begins,
            lost_records=lost.events,
        )

    async def _unless_stopping(self, doing: Awaitable[_T]) -> _T | None:
        """None where the stage is to stop before it is done."""
        task = asyncio.ensure_future(doing)
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            task.cancel()
            stopping.cancel()


def _foreign(topic: str, record: ReadRecord) -> ForeignRecord:
    return ForeignRecord(topic, record.timestamp, record.key, tuple(record.headers), record.value)
