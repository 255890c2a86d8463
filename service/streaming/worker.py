"""The partitions this process holds: taking over, consuming, committing, giving up."""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faust.types import TP

from service.store.settings_told import digest
from service.streaming import definitions_in_force
from service.streaming.broker_time import BrokerTime
from service.streaming.changelog import changelog_consumer
from service.streaming.closing import close
from service.streaming.dead_letters import DeadLetterSender
from service.streaming.errors import StreamError
from service.streaming.incomplete import ChangelogClearedError
from service.streaming.installation import REGISTERED_AS
from service.streaming.partition import Partition
from service.streaming.pipeline import PipelineCounts
from service.streaming.producer import NotOwnerError
from service.streaming.pulse import Pulse
from service.streaming.refusals import Waiting, passes, refused
from service.streaming.register import Register
from service.streaming.restore import Restore
from service.streaming.value_formats import look_up
from service.streaming.wall_clock import WallClock
from service.streaming.writer import ChangelogWriter

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from service.streaming.config import KafkaConfig
    from service.streaming.fetching.fetched import Fetched
    from service.streaming.fetching.log_start import Lost
    from service.streaming.group import Group, TopicEnd
    from service.streaming.installation import Installation
    from service.streaming.partition import EventDecoder, PartitionEngine
    from service.streaming.producer import ChangelogProducer
    from service.streaming.registry.schemas import Schemas
    from service.view.snapshot import Snapshot

log = structlog.get_logger(__name__)

#: Records of a partition between two hand-overs to the changelog: few enough that a scrape waits
#: some tens of milliseconds at most, enough that a contact changed twice is mostly written once.
CHUNK: Final = 3_000
#: The broker is taken for unreachable when no fetch was answered for so long.
REACHABLE_SECONDS: Final = 10.0
_RETRY_SECONDS: Final = 1.0
_CLOSE_SECONDS: Final = 2.0


class Worker:
    """One consumer's engines, one for each partition number that the group gave to it.

    `term` changes with every change of what is held.
    """

    def __init__(
        self,
        config: KafkaConfig,
        partitions: int,
        make_engine: Callable[[], PartitionEngine],
        decoder: EventDecoder,
        definitions: bytes,
        on_failure: Callable[[StreamError], None],
        schemas: Schemas | None = None,
    ) -> None:
        """`schemas`: without which the decoder cannot read."""
        self.counts = PipelineCounts(config.topics.values(), partitions, digest(definitions))
        self.term = 0
        #: Partitions without any state: the group's committed offsets mean nothing there.
        self.without_state: set[int] = set()
        self.clock = WallClock()
        self.is_written = False
        """Whether the broker had all that is its, at the end of :meth:`stop`."""
        self._config = config
        self._make_engine = make_engine
        self._decoder = decoder
        self._definitions = definitions
        self._on_failure = on_failure
        self._schemas = schemas
        self._types = {topic: type_ for type_, topic in config.topics.items()}
        self._dead_letters = DeadLetterSender(config, self.clock, self.counts.add_dropped)
        self._pulse = Pulse(config.session_timeout)
        self.register = Register(config, self.fail)
        self._broker_time = BrokerTime(self.register, self.clock)
        self._contact_at = -math.inf
        self._group: Group
        self._producer: ChangelogProducer
        self._installation: Installation
        self._held: dict[int, Partition] = {}
        self._parked: dict[int, Partition] = {}
        self._parked_are_shown = False
        self._member_at = 0.0
        self._restoring: set[int] = set()
        self._assigned = False
        self._agreeing_since: float | None = None
        self._generation = -1
        self._committed: dict[TP, int] = {}
        self._lock = asyncio.Lock()
        self._interrupted = asyncio.Event()
        self._taking: asyncio.Task[None] | None = None
        self._rejoining: asyncio.Task[None] | None = None
        self._rejoined_in = -1

    async def start(
        self, group: Group, producer: ChangelogProducer, installation: Installation
    ) -> None:
        """Connect what is this worker's own. Raises what aiokafka raises, and StreamError."""
        self._group = group
        self._producer = producer
        self._installation = installation
        await self.register.start()
        # Before it joins the group, which the healthy one would notice.
        registered = self.register.value(REGISTERED_AS)
        topic, accepted = self._config.register_topic, self._config.accepted_partitions
        installation.check(registered, topic, accepted)
        if registered != (ours := installation.written()):
            await self.register.put(REGISTERED_AS, value=ours)
        await self._broker_time.start()
        await self._dead_letters.start()
        self._pulse.start()

    async def stop(self) -> None:
        """Let go of everything, after a last :meth:`release`."""
        self._pulse.stop()
        self._broker_time.stop()
        if self._rejoining is not None:
            self._rejoining.cancel()
        self.is_written = self._dead_letters.settled == self._dead_letters.submitted and all(
            partition.writer.is_whole or partition.writer.stopped
            for partition in self._parked.values()
        )
        self._drop(list(self._parked.values()))
        self._parked = {}
        await self._dead_letters.stop()
        await close("the register", self.register.stop(), _CLOSE_SECONDS)

    def fail(self, error: Exception) -> None:
        """End the service: the stream cannot go on."""
        if not isinstance(error, StreamError):
            error = StreamError(f"the stream cannot go on: {type(error).__name__}: {error}")
        self._on_failure(error)

    # Taking over and giving up

    @property
    def awaits_partitions(self) -> bool:
        """Whether the group has yet to say which partitions are this worker's."""
        return not (self._assigned or self._restoring)

    async def take(self, assigned: Iterable[TP]) -> None:
        """Hold the partitions assigned; returns when their state is complete, or superseded.

        Raises StreamError where there is no use in trying on.
        """
        self._taking = asyncio.create_task(self._take(self._numbers(assigned)), name="take")
        await asyncio.wait({self._taking})
        if not self._taking.cancelled():
            self._taking.result()
        elif not self._interrupted.is_set():
            raise StreamError("the take-over of partitions was broken off; start again")

    async def _take(self, numbers: set[int]) -> None:
        begun = time.monotonic()
        async with self._lock:
            self._interrupted.clear()
            self._pulse.clear()
            self._member_at = time.monotonic()
            self.term += 1
            generation = self._generation = self._group.generation()
            self._parked_are_shown = False
            self._drop([self._parked.pop(number) for number in set(self._parked) - numbers])
            self._restoring = numbers - set(self._parked)
            try:
                await self._take_in_turn(numbers, generation)
                # Not where that failed: a worker that is about to end is not ready.
                self._assigned = True
            finally:
                self._restoring = set()
            if numbers == set(self._held):
                log.info(
                    "partitions ready",
                    partitions=sorted(numbers),
                    contacts=sum(
                        partition.durable.live_contacts for partition in self._held.values()
                    ),
                    seconds=round(time.monotonic() - begun, 3),
                )

    def _numbers(self, assigned: Iterable[TP]) -> set[int]:
        by_topic: dict[str, set[int]] = {topic: set() for topic in self._types}
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

    async def _take_in_turn(self, numbers: set[int], generation: int) -> None:
        def may_write() -> bool:
            return self._group.generation() == generation and not self._pulse.stood_still()

        waiting = Waiting("the changelog, to restore the state from")
        while may_write():
            try:
                await self._keep_what_nobody_changed()
                missing = numbers - set(self._held)
                if missing:
                    await self._restore(missing, may_write)
            except NotOwnerError:
                return
            except ChangelogClearedError:
                continue
            except KafkaError as error:
                if not passes(error):
                    topic = self._config.changelog_topic
                    raise refused(
                        f"the state cannot be restored from the changelog topic {topic!r}",
                        error,
                        self._config,
                    ) from error
                waiting.goes_on(error=str(error))
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return

    async def _keep_what_nobody_changed(self) -> None:
        """A partition kept over a rebalance is whole if its log ends where we ended it."""
        if not self._parked:
            return
        topic = self._config.changelog_topic
        consumer = changelog_consumer(self._config)
        await consumer.start()
        try:
            ends = await consumer.end_offsets([TopicPartition(topic, n) for n in self._parked])
        finally:
            await close("the changelog's reader", consumer.stop(), _CLOSE_SECONDS)
        for tp, end in ends.items():
            partition = self._parked.pop(tp.partition)
            if partition.writer.is_whole and partition.writer.next_offset == end:
                self._held[tp.partition] = partition
            else:
                self._drop([partition])
                self._restoring.add(tp.partition)

    async def _restore(self, numbers: set[int], may_write: Callable[[], bool]) -> None:
        engines = {number: self._make_engine() for number in numbers}
        restore = Restore(
            self._config, self._installation, self._producer, self.register, engines, may_write
        )
        claims = await restore.run()
        for number, claim in claims.items():
            writer = ChangelogWriter(
                self._producer,
                number,
                claim.epoch,
                claim.next_offset,
                self._may_write,
                self._writer_stopped,
            )
            self._held[number] = Partition(
                number, engines[number], writer, self._dead_letters, self.counts, self._types
            )
        # Those kept from an earlier assignment may not have been sought back yet.
        self.without_state -= claims.keys()
        self.without_state |= {number for number, claim in claims.items() if claim.empty}
        definitions_in_force.tell(engines)
        await definitions_in_force.note(self.register, self._definitions)

    def interrupt(self) -> None:
        """Break off what is under way: a take-over wherever it waits, consumption between two
        chunks."""
        self._interrupted.set()
        if self._taking is not None:
            self._taking.cancel()

    async def release(self) -> None:
        """Finish, flush and commit. What is whole is kept aside, in case it is assigned again."""
        self.interrupt()
        async with self._lock:
            self.term += 1
            self._assigned = False
            held, self._held = self._held, {}
            if held:
                log.info("partitions given up", partitions=sorted(held))
            all_are_current = not self._parked
            # What is not applied will be fetched again, by whoever gets the partition.
            for partition in held.values():
                partition.intake.clear()
            self._parked |= held
            # Before the next assignment others may commit.
            self._committed = {}
            await self._flush(held)
            # A group that takes no commit may have given the partitions to others already: they
            # are not ours to show any more. Whether they are whole, the next assignment tells.
            self._parked_are_shown = await self._commit(held) and all_are_current

    async def _flush(self, held: Mapping[int, Partition]) -> None:
        flushes = [
            partition.writer.until(partition.writer.submitted) for partition in held.values()
        ]
        flushes.append(self._dead_letters.until(self._dead_letters.submitted))
        # The group waits no longer than the rebalance time-out; the commit needs some of it.
        await asyncio.wait(
            [asyncio.ensure_future(_quietly(flush)) for flush in flushes],
            timeout=self._config.rebalance_timeout / 2,
        )

    def _drop(self, partitions: Iterable[Partition]) -> None:
        for partition in partitions:
            partition.writer.stop()

    # Consuming

    async def consume(self, fetched: Fetched, term: int) -> None:
        """Take what a fetch brought, and apply of all that is there what is not to wait.

        What was fetched in another `term` than this one is to be fetched again. Returns early when
        partitions are to be given up.
        """
        async with self._lock:
            if term != self.term:
                return
            if self._schemas is not None:
                await self._unless_interrupted(look_up(self._schemas, fetched.records.values()))
                if self._interrupted.is_set():
                    return
            for tp, batch in fetched.records.items():
                if tp.partition in self._held:
                    size = fetched.sizes.get(tp, 0)
                    self._held[tp.partition].intake.put(tp.topic, batch, size)
            for partition in self._held.values():
                for topic in self._types:
                    partition.intake.set_at_end(topic, TP(topic, partition.number) in fetched.ended)
                await self._apply(partition)

    async def _apply(self, partition: Partition) -> None:
        wall_us = self.clock.likely_us()
        unsettled = 0
        while not (self._interrupted.is_set() or partition.writer.stopped):
            records = partition.intake.take(wall_us)
            if not records:
                break
            topic = records[0].topic
            consumed = partition.consume(self._types[topic], records, self._decoder, wall_us)
            if isinstance(records[-1], ConsumerRecord):
                self.clock.seen(1000 * records[-1].timestamp)
            unsettled += consumed
            if consumed < len(records):
                partition.intake.put_back(topic, records[consumed:])
                await self._agree(partition)
            if unsettled >= CHUNK or not self._dead_letters.has_room:
                await self._settle(partition)
                unsettled = 0
                wall_us = self.clock.likely_us()
        if unsettled:
            await self._settle(partition)

    async def _agree(self, partition: Partition) -> None:
        self._agreeing_since = time.monotonic()
        try:
            await self._unless_interrupted(partition.agree(self.register))
        finally:
            self._agreeing_since = None

    def waiting(self) -> dict[TP, int]:
        """How many records are fetched and not applied, of each topic partition that has any."""
        return {
            TP(topic, number): waiting
            for number, partition in self._held.items()
            for topic in self._types
            if (waiting := partition.intake.waiting(topic))
        }

    def waiting_bytes(self) -> dict[TP, int]:
        """What they take, about."""
        return {
            TP(topic, number): size
            for number, partition in self._held.items()
            for topic in self._types
            if (size := partition.intake.waiting_bytes(topic))
        }

    def tell_lost(self, lost: Lost) -> None:
        """Events were gone from a topic before they were read."""
        self.counts.add_lost(lost.tp.topic, lost.tp.partition, lost.events)
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

    async def _settle(self, partition: Partition) -> None:
        partition.settle()
        # Scrapes, acknowledgements and the heartbeat get their turn here.
        await asyncio.sleep(0)
        if not partition.writer.has_room:
            await self._unless_interrupted(_quietly(partition.writer.room()))
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

    async def tick(self, ends: Sequence[TopicEnd], term: int) -> None:
        """About once a second, while no fetch is under way: lag, and the clocks of quiet topics.

        `ends` were asked for in `term`; in another one they say nothing.
        """
        async with self._lock:
            if term != self.term:
                return
            waiting = self.waiting()
            lag = {
                (end.topic, end.partition): max(0, end.end - end.position)
                + waiting.get(TP(end.topic, end.partition), 0)
                for end in ends
            }
            self.counts.set_lag(lag)
            if ends:
                self._contact_at = time.monotonic()
            for end in ends:
                partition = self._held.get(end.partition)
                if partition is not None and not lag[end.topic, end.partition]:
                    type_ = self._types[end.topic]
                    partition.caught_up(type_, end.topic, end.position, end.asked_us)
            for partition in self._held.values():
                partition.settle()

    # Committing

    async def commit(self) -> bool:
        """Commit what is durable, if there is anything new; whether the group took it."""
        taken = await self._commit(self._held, only_new=True)
        asked_at = time.monotonic()
        if await self._group.is_member():
            self._member_at = asked_at
        return taken

    async def _commit(self, held: Mapping[int, Partition], *, only_new: bool = False) -> bool:
        offsets = {
            TP(topic, number): offset
            for number, partition in held.items()
            for topic, offset in partition.committable().items()
        }
        if only_new:
            offsets = {tp: at for tp, at in offsets.items() if self._committed.get(tp) != at}
        if not offsets:
            return True
        term = self.term
        taken = await self._group.commit_offsets(offsets)
        if taken and term == self.term:
            self._committed.update(offsets)
        return taken

    def _may_write(self) -> bool:
        return self._group.generation() == self._generation and not self._pulse.stood_still()

    def _writer_stopped(self, reason: Exception) -> None:
        if not isinstance(reason, NotOwnerError):
            self.fail(reason)
        elif self._group.generation() == self._generation and self._rejoined_in != self.term:
            # The group does not know yet, or a former owner interfered.
            log.warning("asking the group for partitions anew: one may not be ours any more")
            self._rejoined_in = self.term
            self._rejoining = asyncio.create_task(self._group.rejoin(), name="rejoin")

    # What others ask

    async def snapshots(self, within: float) -> list[tuple[int, Snapshot]]:
        """The numbers of every partition held, all in the changelog already.

        Consumption goes on meanwhile. What the broker has not acknowledged `within` seconds is
        left out: the last durable snapshot of that partition is returned. A worker that the group
        has not heard of for the session time-out tells nothing: others may count its partitions.
        """
        if self._pulse.stood_still() or self._is_forgotten():
            return []
        partitions = [*self._held.values()]
        if self._parked_are_shown:
            partitions += self._parked.values()
        await asyncio.gather(*(_freshen(partition, within) for partition in partitions))
        return [(partition.number, partition.durable) for partition in partitions]

    def _is_forgotten(self) -> bool:
        return time.monotonic() - self._member_at > self._config.session_timeout

    def ready(self) -> tuple[bool, Mapping[str, object]]:
        """Whether all state is there and the broker answers; otherwise what is amiss."""
        silent = time.monotonic() - self._contact_at
        stalled = max((p.writer.stalled_for() for p in self._held.values()), default=0.0)
        amiss: dict[str, object] = {}
        if self._restoring:
            amiss["restoring_partitions"] = sorted(self._restoring)
        elif not self._assigned:
            amiss["group"] = "waiting for partitions to be assigned"
        elif self._held and silent > REACHABLE_SECONDS:
            amiss["broker"] = "no fetch was answered lately"
        elif self._held and (trouble := self.clock.trouble()):
            amiss["clock"] = trouble
        if stalled > REACHABLE_SECONDS:
            amiss["changelog"] = f"no write was acknowledged for {stalled:.0f} s"
        if self._schemas is not None and self._schemas.waited_seconds > REACHABLE_SECONDS:
            # Meanwhile nothing is fetched, and so no broker answers.
            amiss.pop("broker", None)
            waits = self._schemas.waited_seconds
            amiss["registry"] = f"events wait for the schema registry for {waits:.0f} s"
        if self._agreeing_since is not None:
            waits = time.monotonic() - self._agreeing_since
            if waits > REACHABLE_SECONDS:
                amiss["register"] = f"a new label value waits for an answer for {waits:.0f} s"
        return not amiss, amiss


async def _quietly(waiting: Awaitable[None]) -> None:
    try:
        await waiting
    except NotOwnerError:
        # Whoever waits looks at the writer afterwards.
        return


async def _freshen(partition: Partition, within: float) -> None:
    snapshot, number = partition.snapshot()
    try:
        await asyncio.wait_for(partition.writer.until(number), within)
    except (TimeoutError, NotOwnerError):
        return
    partition.durable = snapshot
