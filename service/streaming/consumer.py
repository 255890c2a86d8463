"""Faust's consumer and transport, taught to hand over whole batches.

Faust makes two tasks for every message; here a fetch is handed over as it came. Only methods that
Faust's own classes define for this are overridden: the loop that drains the fetcher, the commit,
the seek after an assignment, and the making of the thread and of the producer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

import structlog
from aiokafka.errors import ConsumerStoppedError, KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode import Service

from service.streaming.consumer_thread import FETCH_WAIT_MS, BatchConsumerThread
from service.streaming.errors import StreamError
from service.streaming.fetching.fetched import NOTHING, Fetched, Share
from service.streaming.intake import GRAIN
from service.streaming.logs import service_logger
from service.streaming.producer import ChangelogProducer
from service.streaming.refusals import Waiting, passes, refused
from service.streaming.rounds import ANSWER_SECONDS, Rounds, pace

if TYPE_CHECKING:
    from faust.types.transports import ConsumerT, ProducerT

    from service.streaming.app import StreamApp

log = structlog.get_logger(__name__)

#: Records that are fetched at once, and topic partitions with their share of them waiting are
#: left alone. So at most twice as many are in memory, however many partitions there are.
_MAX_RECORDS: Final = 40_000
#: Calls that bring all the bytes that may wait: heartbeats have their turn between them only.
_CALLS: Final = 4
_TICK_SECONDS: Final = 1.0
#: The group is looked after so often while it has given partitions.
_GROUP_SECONDS: Final = 5.0
#: An idle fetch ends after this; a change of partitions waits for it.
_POLL_SECONDS: Final = 0.5
#: A rebalance takes some seconds, which is no news.
_GROUP_PATIENCE_SECONDS: Final = 30.0


class BatchConsumer(driver.Consumer):
    """Hands the worker whatever a fetch brought, and commits what the worker calls durable."""

    app: StreamApp
    logger = service_logger
    _thread: BatchConsumerThread

    def __post_init__(self) -> None:
        #: Clear while a fetch is under way.
        self._no_fetch = asyncio.Event()
        self._no_fetch.set()
        self._events_waiting = Waiting("the broker to deliver events")
        self._rounds = Rounds()

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @Service.task
    async def _attend_to_the_group(self) -> None:
        """What it refuses is told to nobody as long as nothing is fetched."""
        waiting = Waiting("the group to give partitions", _GROUP_PATIENCE_SECONDS)
        while not self.should_stop:
            awaits = self.app.worker.awaits_partitions
            await self.sleep(_TICK_SECONDS if awaits else _GROUP_SECONDS)
            if not self.app.worker.awaits_partitions:
                waiting.is_over()
                continue
            waiting.goes_on()
            try:
                if self._thread.started:
                    await self._thread.check_group()
            except KafkaError as error:
                if not passes(error):
                    group = self.app.kafka.group_id
                    what = f"the group {group!r} gives no partitions"
                    self.app.worker.fail(refused(what, error, self.app.kafka))

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while True:
                try:
                    return await self._hand_over_until_stopped(fetcher)
                except KafkaError as error:
                    if not passes(error):
                        raise
                    self._events_waiting.goes_on(error=str(error))
                    await self.sleep(_TICK_SECONDS)
        except (asyncio.CancelledError, ConsumerStoppedError):
            # Faust takes it for a crash where a stop falls into a rebalance.
            if not self.app.should_stop:
                raise
        except KafkaError as error:
            self.app.worker.fail(refused("events cannot be fetched", error, self.app.kafka))
        except Exception as error:
            log.exception("an event batch could not be applied")
            self.app.worker.fail(error)

    async def _hand_over_until_stopped(self, fetcher: Any) -> None:
        worker = self.app.worker
        ticked_at = 0.0
        while not (self.should_stop or fetcher.should_stop):
            term = worker.term
            with self._rounds.fetching():
                fetched = await self._fetch()
            with self._rounds.applying(fetched):
                if not self.flow_active:
                    # Partitions are changing hands. What was fetched is fetched again: the flow is
                    # resumed only after `perform_seek`.
                    continue
                self._events_waiting.is_over()
                fetched_at = time.monotonic()
                for lost in fetched.lost:
                    worker.consumption.tell_lost(lost)
                await worker.consume(fetched, term)
            if time.monotonic() - ticked_at >= _TICK_SECONDS:
                ticked_at = time.monotonic()
                # No fetch is under way now: what is read is applied, or waits in the worker.
                await worker.tick(await self._thread.ends(), term)
            await self._rounds.pause(fetched_at + pace(fetched) - time.monotonic())

    async def _fetch(self) -> Fetched:
        if not self.flow_active:
            await self.wait(self.can_resume_flow)  # type: ignore[arg-type]
            return NOTHING
        active = self._get_active_partitions()
        most_bytes = self.app.kafka.fetch_bytes
        waiting = self.app.worker.holdings.waiting()
        share = Share(
            max(GRAIN, _MAX_RECORDS // max(1, len(active))), most_bytes // max(1, len(active))
        )
        waiting_bytes = self.app.worker.holdings.waiting_bytes()
        wanted = [
            tp
            for tp in active
            if waiting.get(tp, 0) < share.records and waiting_bytes.get(tp, 0) < share.bytes
        ]
        room = min(most_bytes // _CALLS, most_bytes - sum(waiting_bytes.values()))
        if not wanted or room <= 0:
            # To aiokafka, none would mean all.
            await self.sleep(_POLL_SECONDS)
            return NOTHING
        self._no_fetch.clear()
        try:
            # What waits now does so for a topic that has more to come, or has come to its end.
            seconds = FETCH_WAIT_MS / 1000 if waiting else _POLL_SECONDS
            if self._rounds.is_awaited:
                seconds = min(seconds, ANSWER_SECONDS)
            return await self._thread.fetch(wanted, share, room, seconds)
        finally:
            self._no_fetch.set()

    async def perform_seek(self) -> None:
        """Go to where the state tells to go on: the committed offsets, or the beginning."""
        # A fetch that still is under way may have moved the position, and its records are dropped.
        await self._no_fetch.wait()
        committed = await self.seek_to_committed()
        if anew := [tp for tp, offset in committed.items() if not offset]:
            # aiokafka leaves a partition without committed offset wherever that fetch left it.
            await self._thread.seek_to_beginning(*anew)

    async def force_commit(
        self,
        topics: object = None,  # noqa: ARG002
        start_new_transaction: bool = True,  # noqa: ARG002
    ) -> bool:
        """Faust's timer, and whoever else wants offsets committed, ends up here."""
        try:
            return await self.app.worker.commit()
        except StreamError as error:
            self.app.worker.fail(error)
            return False

    async def committed(self, tps: Collection[TP]) -> Mapping[TP, int]:
        """Those that the group has committed; without any that nobody tells."""
        return await self._thread.committed(tps)

    async def commit_offsets(self, offsets: Mapping[TP, int]) -> bool:
        """Whether the group took them."""
        return bool(await self._thread.commit(offsets))

    async def is_member(self) -> bool:
        """Whether the group says so at this moment."""
        # A thread that was never started would never answer.
        return self._thread.started and await self._thread.is_member()

    def generation(self) -> int:
        """Of the assignment in force."""
        return self._thread.generation()

    async def catch_up(self) -> None:
        """Have applied what there is by now, as far as that takes moments only."""
        if self.flow_active and not self.should_stop:
            await self._rounds.one()

    async def rejoin(self) -> None:
        """Subscribing again makes the group assign anew."""
        self.stop_flow()
        await self.subscribe([topic for _, topic in self.app.kafka.event_topics])

    async def on_stop(self) -> None:
        """Flush and commit while still a member of the group."""
        await self.app.worker.release()
        await super().on_stop()

    async def verify_all_partitions_active(self) -> None:
        """Faust watches its own streams here, of which there are none; see Worker.ready."""


class BatchTransport(driver.Transport):
    """Kafka, read and written in batches."""

    Consumer: ClassVar[type[ConsumerT]] = BatchConsumer
    Producer: ClassVar[type[ProducerT]] = ChangelogProducer
