"""Faust's consumer and transport, taught to hand over whole batches.

Faust makes two tasks for every message; here a fetch is handed over as it came. Only methods that
Faust's own classes define for this are overridden: the loop that drains the fetcher, the commit,
the seek after an assignment, and the making of the aiokafka clients.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    ConsumerStoppedError,
    IllegalStateError,
    KafkaError,
    OffsetOutOfRangeError,
)
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode import Service
from mode.threads import ServiceThread, WorkerThread

from service.streaming.closing import close
from service.streaming.errors import StreamError
from service.streaming.fetching.fetched import NOTHING, Fetched, Share
from service.streaming.fetching.fetcher import BoundedConsumer
from service.streaming.fetching.log_start import Lost, go_to_log_start
from service.streaming.group import TopicEnd
from service.streaming.intake import GRAIN
from service.streaming.logs import service_logger
from service.streaming.producer import ChangelogProducer
from service.streaming.refusals import Waiting, passes, refused

if TYPE_CHECKING:
    from faust.types.transports import ConsumerT, ProducerT

    from service.streaming.app import StreamApp

log = structlog.get_logger(__name__)

#: A fetch that finds nothing holds up the partitions that have something; Faust's own 1.5 s
#: halved the rate.
_FETCH_WAIT_MS: Final = 20
#: Records that are fetched at once, and topic partitions with their share of them waiting are
#: left alone. So at most twice as many are in memory, however many partitions there are.
_MAX_RECORDS: Final = 40_000
#: Calls that bring all the bytes that may wait: heartbeats have their turn between them only.
_CALLS: Final = 4
#: As long as little comes in, it is applied so often only: a batch costs as much as a hundred
#: events, and nobody sees the difference in a number that is scraped every few seconds.
_PACE_SECONDS: Final = 0.04
_LITTLE: Final = 2_000
_TICK_SECONDS: Final = 1.0
#: An idle fetch ends after this; a change of partitions waits for it.
_POLL_SECONDS: Final = 0.25
_COMMIT_SECONDS: Final = 5.0
#: A rebalance takes some seconds, which is no news.
_GROUP_PATIENCE_SECONDS: Final = 30.0
_LEAVE_SECONDS: Final = 3.0
_THREAD_SECONDS: Final = 2.0
_LONGEST_PAUSE_MS: Final = 24 * 3600 * 1000


class _Thread(WorkerThread):
    """Left behind where it does not end in time: neither a stop nor the interpreter waits on."""

    def __init__(self, service: ServiceThread, **kwargs: Any) -> None:
        super().__init__(service, **kwargs)
        self.daemon = True

    def stop(self) -> None:
        """Wait for its end, as long as nothing else can go on."""
        self.is_stopped.wait(_THREAD_SECONDS)


class BatchConsumerThread(driver.AIOKafkaConsumerThread):
    """Where the aiokafka consumer lives: heartbeats go on while an engine computes."""

    app: StreamApp
    logger = service_logger
    Worker = _Thread
    shutdown_timeout = _LEAVE_SECONDS + _THREAD_SECONDS

    def _create_worker_consumer(self, transport: driver.Transport) -> BoundedConsumer:  # noqa: ARG002
        config = self.app.kafka
        return BoundedConsumer(
            config.fetch_bytes,
            **config.client_settings(),
            group_id=config.group_id,
            enable_auto_commit=False,
            # Where a log does not reach back to what was to be read next, that is to be told.
            auto_offset_reset="none",
            # What a transaction has written and not committed is no event, nor is it waited for.
            isolation_level="read_committed",
            # Faust's assignor keeps topics of equal partition counts together, and is sticky.
            partition_assignment_strategy=[self.app.assignor],
            fetch_max_wait_ms=_FETCH_WAIT_MS,
            session_timeout_ms=int(1000 * config.session_timeout),
            heartbeat_interval_ms=int(1000 * config.session_timeout / 5),
            rebalance_timeout_ms=int(1000 * config.rebalance_timeout),
            # A restore or an unreachable changelog may take long: the heartbeat tells we live.
            max_poll_interval_ms=_LONGEST_PAUSE_MS,
        )

    async def on_thread_stop(self) -> None:
        """Leave the group and close the connections."""
        # A broker that is away is not told.
        await close("the consumer", super().on_thread_stop(), _LEAVE_SECONDS)

    def on_crash(self, msg: str, *fmt: Any, **kwargs: Any) -> None:
        """Mode would print a traceback; the error reaches the app, and is told there."""

    def generation(self) -> int:
        """Of the assignment in force; negative when the group has expelled this worker."""
        # Faust reads it in the same place; aiokafka has no public way to ask.
        return int(self._ensure_consumer()._coordinator.generation)  # noqa: SLF001

    async def fetch(
        self, wanted: Collection[TP], share: Share, room: int, seconds: float
    ) -> Fetched:
        """What is there of the topic partitions wanted: of each about its share, within `room`.

        Waits for the first ones up to `seconds`. Raises also the errors of the coordination.
        """
        return cast(Fetched, await self.call_thread(self._fetch, wanted, share, room, seconds))

    async def _fetch(
        self, wanted: Collection[TP], share: Share, room: int, seconds: float
    ) -> Fetched:
        if not self.consumer.flow_active:
            return NOTHING
        consumer = cast(BoundedConsumer, self._ensure_consumer())
        tps = [TopicPartition(*tp) for tp in wanted]
        allowance = consumer.allow(room, share)
        records: Mapping[TopicPartition, list[Any]] = {}
        lost: Sequence[Lost] = ()
        try:
            records = await consumer.getmany(
                *tps, timeout_ms=int(1000 * seconds), max_records=share.records * len(tps)
            )
        except OffsetOutOfRangeError as error:
            lost = await go_to_log_start(consumer, error)
        return Fetched(
            cast(Mapping[TP, list[Any]], records),
            cast(Mapping[TP, int], allowance.charged),
            await _ended(consumer),
            lost,
        )

    async def ends(self) -> list[TopicEnd]:
        """How far each assigned topic partition is read; nothing while the broker is silent."""
        return cast(list[TopicEnd], await self.call_thread(self._ends))

    async def _ends(self) -> list[TopicEnd]:
        consumer = self._ensure_consumer()
        # Asked anew: of an answer to a fetch only its arrival is known, and it may have been long
        # on its way while events came in.
        asked_us = self.app.worker.clock.right_us()
        try:
            ends = await asyncio.wait_for(
                consumer.end_offsets(consumer.assignment()), _TICK_SECONDS
            )
            told = [
                TopicEnd(
                    tp.topic,
                    tp.partition,
                    await asyncio.wait_for(consumer.position(tp), _TICK_SECONDS),
                    # The embedded broker tells too low an end; what it sent tells better.
                    max(end, _known_end(consumer, tp) or 0),
                    asked_us,
                )
                for tp, end in ends.items()
            ]
            # A log that ends before the position is another one: nothing of it is read.
            return [end for end in told if end.position <= end.end]
        except (IllegalStateError, AssertionError, TimeoutError, KafkaError):
            # The assignment changed meanwhile, or nobody answers.
            return []

    async def check_group(self) -> None:
        """Raises what the group, or its coordinator, refuses."""
        await self.call_thread(self._check_group)

    async def _check_group(self) -> None:
        self._ensure_consumer()._coordinator.check_errors()  # noqa: SLF001 - as above

    async def is_member(self) -> bool:
        """Whether the group says so at this moment."""
        return bool(await self.call_thread(self._is_member))

    async def _is_member(self) -> bool:
        coordinator = self._ensure_consumer()._coordinator  # noqa: SLF001 - as above
        # While it joins it sends no heartbeats: one of the former generation would expel it.
        if coordinator.coordinator_id is None or coordinator._heartbeat_task is None:  # noqa: SLF001
            return False
        try:
            heartbeat = coordinator._do_heartbeat()  # noqa: SLF001
            return bool(await asyncio.wait_for(heartbeat, _TICK_SECONDS))
        except (KafkaError, TimeoutError):
            return False

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        commit = self._ensure_consumer().commit(
            {TopicPartition(*tp): offset for tp, offset in offsets.items()}
        )
        try:
            await asyncio.wait_for(commit, _COMMIT_SECONDS)
        except (CommitFailedError, IllegalStateError) as error:
            log.info("the group took no commit: partitions were given away", error=str(error))
            return False
        except TimeoutError:
            log.warning("the commit was not answered; it will be tried again")
            return False
        except KafkaError as error:
            if not passes(error):
                group = self.app.kafka.group_id
                raise refused(
                    f"offsets of the group {group!r} cannot be committed", error, self.app.kafka
                ) from error
            log.warning("the commit failed; it will be tried again", error=str(error))
            return False
        return True


def _known_end(consumer: BoundedConsumer, tp: TopicPartition) -> int | None:
    """Where the last answer said that the records end that may be read by now."""
    stable: int | None = consumer.last_stable_offset(tp)
    return consumer.highwater(tp) if stable is None else stable


async def _ended(consumer: BoundedConsumer) -> frozenset[TP]:
    """Where nothing is left after what was fetched, as far as the last answers tell."""
    ended = []
    for tp in consumer.assignment():
        # A position that is not known at once is of no use here.
        with suppress(IllegalStateError, AssertionError, TimeoutError):
            async with asyncio.timeout(0):
                end = _known_end(consumer, tp)
                if end is not None and await consumer.position(tp) >= end:
                    ended.append(TP(*tp))
    return frozenset(ended)


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

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @Service.task
    async def _attend_to_the_group(self) -> None:
        """What it refuses is told to nobody as long as nothing is fetched."""
        waiting = Waiting("the group to give partitions", _GROUP_PATIENCE_SECONDS)
        while not self.should_stop:
            await self.sleep(_TICK_SECONDS)
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
            fetched = await self._fetch()
            if not self.flow_active:
                # Partitions are changing hands. What was fetched is fetched again: the flow is
                # resumed only after `perform_seek`.
                continue
            self._events_waiting.is_over()
            fetched_at = time.monotonic()
            for lost in fetched.lost:
                worker.tell_lost(lost)
            await worker.consume(fetched, term)
            if sum(map(len, fetched.records.values())) < _LITTLE:
                await self.sleep(max(0.0, fetched_at + _PACE_SECONDS - time.monotonic()))
            if time.monotonic() - ticked_at >= _TICK_SECONDS:
                ticked_at = time.monotonic()
                # No fetch is under way now: what is read is applied, or waits in the worker.
                await worker.tick(await self._thread.ends(), term)

    async def _fetch(self) -> Fetched:
        if not self.flow_active:
            await self.wait(self.can_resume_flow)  # type: ignore[arg-type]
            return NOTHING
        active = self._get_active_partitions()
        most_bytes = self.app.kafka.fetch_bytes
        waiting = self.app.worker.waiting()
        share = Share(
            max(GRAIN, _MAX_RECORDS // max(1, len(active))), most_bytes // max(1, len(active))
        )
        waiting_bytes = self.app.worker.waiting_bytes()
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
            return await self._thread.fetch(
                wanted, share, room, _FETCH_WAIT_MS / 1000 if waiting else _POLL_SECONDS
            )
        finally:
            self._no_fetch.set()

    async def perform_seek(self) -> None:
        """Go to where the state tells to go on: the committed offsets, or the beginning."""
        # A fetch that still is under way may have moved the position, and its records are dropped.
        await self._no_fetch.wait()
        committed = await self.seek_to_committed()
        without_state = [tp for tp in committed if tp.partition in self.app.worker.without_state]
        anew = [tp for tp, offset in committed.items() if not offset or tp in without_state]
        if anew:
            # aiokafka leaves a partition without committed offset wherever that fetch left it.
            await self._thread.seek_to_beginning(*anew)
        # What the group knows from before the state was lost must not be gone by any more: not
        # by the next owner, who finds some state, nor by us, who would begin once more.
        try:
            if without_state and await self.commit_offsets(dict.fromkeys(without_state, 0)):
                self.app.worker.without_state.clear()
        except StreamError as error:
            self.app.worker.fail(error)

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

    async def rejoin(self) -> None:
        """Subscribing again makes the group assign anew."""
        self.stop_flow()
        await self.subscribe(list(self.app.kafka.topics.values()))

    async def on_stop(self) -> None:
        """Flush and commit while still a member of the group."""
        await self.app.worker.release()
        await super().on_stop()

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust watches its own streams here, of which there are none; see Worker.ready."""


class BatchTransport(driver.Transport):
    """Kafka, read and written in batches."""

    Consumer: ClassVar[type[ConsumerT]] = BatchConsumer
    Producer: ClassVar[type[ProducerT]] = ChangelogProducer
