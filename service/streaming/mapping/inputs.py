"""Reading the topics of other systems: within bounds, as a member of the stage's own group."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    KafkaError,
    OffsetOutOfRangeError,
)

from service.streaming.closing import close
from service.streaming.fetching.bounded_consumer import BoundedConsumer
from service.streaming.fetching.fetched import Share
from service.streaming.fetching.log_start import go_to_log_start
from service.streaming.mapping.remedies import stage_refused
from service.streaming.refusals import passes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence

    from service.streaming.fetching.log_start import Lost
    from service.streaming.fetching.record import Record
    from service.streaming.mapping.config import StageConfig

log = structlog.get_logger(__name__)

#: How the group's members share the partitions: those of all topics in turn.
PROTOCOL: Final = RoundRobinPartitionAssignor.name
#: Of one round, about; it is mapped before anything of it is committed.
ROUND_RECORDS: Final = 2_000
ROUND_BYTES: Final = 8 * 1024 * 1024
#: Of a topic that needs a memory, so many are mapped again by whoever gets a partition: the calls
#: of some hours. What comes twice changes nothing.
REREAD_RECORDS: Final = 10_000
_POLL_SECONDS: Final = 0.25
_FETCH_WAIT_MS: Final = 100
_COMMIT_SECONDS: Final = 5.0
_TICK_SECONDS: Final = 1.0
_LEAVE_SECONDS: Final = 3.0
_LONGEST_PAUSE_MS: Final = 24 * 3600 * 1000


class Round(NamedTuple):
    """What a fetch brought."""

    records: Mapping[TopicPartition, Sequence[Record]]
    lost: Sequence[Lost] = ()


class Inputs:
    """The group's member. `on_revoked` is awaited before partitions are given up."""

    def __init__(self, config: StageConfig, on_revoked: Callable[[], Awaitable[None]]) -> None:
        self._config = config
        self._on_revoked = on_revoked
        self._consumer: BoundedConsumer
        self.is_assigned = False
        """Whether the group has said which partitions are this member's."""

    async def start(self) -> None:
        """Connect. Raises what aiokafka raises."""
        kafka = self._config.kafka
        self._consumer = BoundedConsumer(
            kafka.fetch_bytes,
            **kafka.client_settings(),
            group_id=kafka.group_id,
            enable_auto_commit=False,
            # What was published before the first start is to be mapped too.
            auto_offset_reset="earliest",
            partition_assignment_strategy=[RoundRobinPartitionAssignor],
            # What a transaction has written and not committed is no record, nor is it waited for.
            isolation_level="read_committed",
            fetch_max_wait_ms=_FETCH_WAIT_MS,
            session_timeout_ms=int(1000 * kafka.session_timeout),
            heartbeat_interval_ms=int(1000 * kafka.session_timeout / 5),
            rebalance_timeout_ms=int(1000 * kafka.rebalance_timeout),
            # A registry or a broker may be away for long: the heartbeat tells that we live.
            max_poll_interval_ms=_LONGEST_PAUSE_MS,
        )
        await self._consumer.start()

    def subscribe(self, topics: Collection[str]) -> None:
        """Ask the group for partitions of these topics."""
        self.is_assigned = False
        self._consumer.subscribe(topics=sorted(topics), listener=_Listener(self))

    async def stop(self) -> None:
        """Leave the group and close the connections."""
        await close("the consumer of feeds", self._consumer.stop(), _LEAVE_SECONDS)

    async def fetch(self, but: Collection[TopicPartition]) -> Round:
        """What is there, but of some partitions; after a while, if nothing is.

        Raises what the group or a broker has against it.
        """
        consumer = self._consumer
        wanted = consumer.assignment() - set(but)
        if not (self.is_assigned and wanted):
            # To aiokafka, none would mean all.
            await asyncio.sleep(_POLL_SECONDS)
            return Round({})
        share = Share(ROUND_RECORDS, max(1, ROUND_BYTES // len(wanted)))
        consumer.allow(ROUND_BYTES, share)
        try:
            records = await consumer.getmany(
                *wanted, timeout_ms=int(1000 * _POLL_SECONDS), max_records=ROUND_RECORDS
            )
        except OffsetOutOfRangeError as error:
            return Round({}, await go_to_log_start(consumer, error))
        except IllegalStateError:
            # The assignment has changed meanwhile.
            return Round({})
        return Round(records)

    async def go_back(self, tps: Iterable[TopicPartition]) -> None:
        """Fetch again, of those that are ours, what was fetched and not committed."""
        for tp in tps:
            while tp in self._consumer.assignment():
                try:
                    await self._seek_committed(tp)
                    break
                except KafkaError as error:
                    log.warning("records cannot be fetched again yet", error=str(error))
                    await asyncio.sleep(_POLL_SECONDS)

    async def _seek_committed(self, tp: TopicPartition) -> None:
        committed = await self._consumer.committed(tp)
        first = (await self._consumer.beginning_offsets([tp]))[tp]
        reread = REREAD_RECORDS if tp.topic in self._config.remembering else 0
        if tp in self._consumer.assignment():
            self._consumer.seek(tp, max(first, (committed or 0) - reread))

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> bool:
        """Whether the group took them. Raises StreamError where it never will."""
        try:
            await asyncio.wait_for(self._consumer.commit(dict(offsets)), _COMMIT_SECONDS)
        except (CommitFailedError, IllegalStateError) as error:
            log.info("the group took no commit: partitions were given away", error=str(error))
            return False
        except TimeoutError:
            log.warning("the commit was not answered; it will be tried again")
            return False
        except KafkaError as error:
            if not passes(error):
                group = self._config.kafka.group_id
                what = f"offsets of the group {group!r} cannot be committed"
                raise stage_refused(what, error, self._config) from error
            log.warning("the commit failed; it will be tried again", error=str(error))
            return False
        return True

    async def lag(self) -> dict[tuple[str, int], int] | None:
        """What is not fetched yet of each partition; None: no broker answers, or it changes.

        Raises what the group has against this member.
        """
        consumer = self._consumer
        consumer._coordinator.check_errors()  # noqa: SLF001 - told to nobody while nothing comes
        assigned = consumer.assignment()
        try:
            async with asyncio.timeout(_TICK_SECONDS):
                ends = await consumer.end_offsets(assigned) if assigned else {}
                return {
                    (tp.topic, tp.partition): max(0, end - await consumer.position(tp))
                    for tp, end in ends.items()
                }
        except (IllegalStateError, AssertionError, TimeoutError):
            return None
        except KafkaError as error:
            if not passes(error):
                raise
            return None

    async def given_up(self) -> None:
        """The group is about to take all partitions back."""
        self.is_assigned = False
        await self._on_revoked()

    async def assigned(self, tps: Iterable[TopicPartition]) -> None:
        """The group has given these."""
        for tp in tps:
            if tp.topic in self._config.remembering:
                await self._go_back(tp)
        self.is_assigned = True
        topics: dict[str, list[int]] = {}
        for tp in sorted(tps):
            topics.setdefault(tp.topic, []).append(tp.partition)
        log.info("partitions assigned", partitions=topics)

    async def _go_back(self, tp: TopicPartition) -> None:
        """To before what was committed: who reads on has to know what was said there."""
        try:
            await self._seek_committed(tp)
        except KafkaError as error:
            log.warning(
                "the records before could not be read again: of what they began, the rest fails",
                topic=tp.topic,
                partition=tp.partition,
                error=str(error),
            )


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs

    async def on_partitions_revoked(self, revoked: Any) -> None:  # noqa: ARG002
        await self._inputs.given_up()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        await self._inputs.assigned(assigned)
