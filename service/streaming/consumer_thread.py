"""The thread in which the aiokafka consumer lives, apart from the engines.

Only methods that Faust's own thread defines for this are overridden: how the consumer is made, the
commit, and the end.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    KafkaError,
    OffsetOutOfRangeError,
)
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.threads import ServiceThread, WorkerThread

from service.streaming.closing import close
from service.streaming.fetching.bounded_consumer import BoundedConsumer
from service.streaming.fetching.fetched import NOTHING, Fetched, Share, Told
from service.streaming.fetching.log_start import Lost, go_to_log_start
from service.streaming.group import HEARTBEATS, TopicEnd
from service.streaming.logs import service_logger
from service.streaming.refusals import passes, refused

if TYPE_CHECKING:
    from service.streaming.app import StreamApp

log = structlog.get_logger(__name__)

#: A fetch that finds nothing holds up the partitions that have something; Faust's own 1.5 s
#: halved the rate.
FETCH_WAIT_MS: Final = 20
#: Fifty empty fetches a second would be most of what an idle worker costs.
_QUIET_WAIT_MS: Final = 500
#: The fetcher looks around so often though nothing has happened.
_LOOK_AROUND_MS: Final = 1_000
#: Ends that a fetch was sent for within this time are not asked for again.
_FRESH_SECONDS: Final = 1.5
_ANSWER_SECONDS: Final = 1.0
_COMMIT_SECONDS: Final = 5.0
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
            _QUIET_WAIT_MS,
            **config.client_settings(),
            group_id=config.group_id,
            enable_auto_commit=False,
            # Where a log does not reach back to what was to be read next, that is to be told.
            auto_offset_reset="none",
            # What a transaction has written and not committed is no event, nor is it waited for.
            isolation_level="read_committed",
            # Faust's assignor keeps topics of equal partition counts together, and is sticky.
            partition_assignment_strategy=[self.app.assignor],
            fetch_max_wait_ms=FETCH_WAIT_MS,
            consumer_timeout_ms=_LOOK_AROUND_MS,
            session_timeout_ms=int(1000 * config.session_timeout),
            heartbeat_interval_ms=int(1000 * config.session_timeout / HEARTBEATS),
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
        had_unread = consumer.has_unread
        records: Mapping[TopicPartition, list[Any]] = {}
        lost: Sequence[Lost] = ()
        try:
            records = await consumer.getmany(
                *tps, timeout_ms=int(1000 * seconds), max_records=share.records * len(tps)
            )
        except OffsetOutOfRangeError as error:
            lost = await go_to_log_start(consumer, error)
        ended, more = _ended(consumer)
        return Fetched(
            cast(Mapping[TP, list[Any]], records),
            cast(Mapping[TP, int], allowance.charged),
            ended,
            more,
            bool(records) and had_unread,
            lost,
        )

    async def ends(self) -> list[TopicEnd]:
        """How far each assigned topic partition is read; nothing while the broker is silent."""
        return cast(list[TopicEnd], await self.call_thread(self._ends))

    async def _ends(self) -> list[TopicEnd]:
        consumer = cast(BoundedConsumer, self._ensure_consumer())
        now, now_us = time.monotonic(), self.app.worker.clock.right_us()
        assigned = consumer.assignment()
        # Not when it came is what counts: an answer may have been long on its way.
        told = consumer.told(now - _FRESH_SECONDS)
        try:
            # Of the others so much waits to be applied that they are not fetched.
            if asked := assigned - told.keys():
                found = await asyncio.wait_for(consumer.end_offsets(asked), _ANSWER_SECONDS)
                # The embedded broker tells too low an end; what it sent tells better.
                told |= {
                    tp: Told(max(end, _known_end(consumer, tp) or 0), now)
                    for tp, end in found.items()
                }
            positions = consumer.positions()
            ends = [
                TopicEnd(
                    tp.topic,
                    tp.partition,
                    positions[tp],
                    it.end,
                    None if now_us is None else now_us - round(1e6 * (now - it.asked_at)),
                )
                for tp, it in told.items()
            ]
            # A log that ends before the position is another one: nothing of it is read.
            return [end for end in ends if end.position <= end.end]
        except (IllegalStateError, AssertionError, KeyError, TimeoutError, KafkaError):
            # The assignment changed meanwhile, a position is not known yet, or nobody answers.
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
            return bool(await asyncio.wait_for(heartbeat, _ANSWER_SECONDS))
        except (KafkaError, TimeoutError):
            return False

    async def committed(self, tps: Collection[TP]) -> Mapping[TP, int]:
        """Those that the group has committed; without any that nobody tells."""
        return cast(Mapping[TP, int], await self.call_thread(self._committed, tps))

    async def _committed(self, tps: Collection[TP]) -> Mapping[TP, int]:
        consumer = self._ensure_consumer()
        asked = asyncio.gather(*(consumer.committed(TopicPartition(*tp)) for tp in tps))
        try:
            offsets = await asyncio.wait_for(asked, _ANSWER_SECONDS)
        except (TimeoutError, KafkaError):
            return {}
        return {tp: offset for tp, offset in zip(tps, offsets, strict=True) if offset is not None}

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


def _ended(consumer: BoundedConsumer) -> tuple[frozenset[TP], bool]:
    """Where nothing is left after what was fetched, and whether anywhere something is.

    As far as the last answers tell.
    """
    known = {
        TP(*tp): position >= end
        for tp, position in consumer.positions().items()
        if (end := _known_end(consumer, tp)) is not None
    }
    ended = frozenset(tp for tp, is_ended in known.items() if is_ended)
    return ended, len(ended) < len(known)
