"""The partitions this process holds: taking over, consuming, committing, giving up."""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING, Final

import structlog
from aiokafka import TopicPartition

from service.store.settings_told import digest
from service.streaming.broker_time import BrokerTime
from service.streaming.claims import check_registered
from service.streaming.closing import close
from service.streaming.commits import Commits, flush
from service.streaming.consumption import Consumption
from service.streaming.copartitions import told
from service.streaming.dead_letters import DeadLetterSender
from service.streaming.errors import StreamError
from service.streaming.group import HEARTBEATS
from service.streaming.holdings import Holdings
from service.streaming.installation import REGISTERED_AS
from service.streaming.outcomes import OutcomesWriter
from service.streaming.partition import Partition
from service.streaming.pipeline import PipelineCounts
from service.streaming.producer import NotOwnerError
from service.streaming.pulse import Pulse
from service.streaming.readiness import REACHABLE_SECONDS, amiss_of
from service.streaming.register import Register
from service.streaming.take_over import TakeOver
from service.streaming.wall_clock import WallClock
from service.streaming.writer import ChangelogWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from faust.types import TP

    from service.streaming.config import KafkaConfig
    from service.streaming.copartitions import Copartition
    from service.streaming.fetching.fetched import Fetched
    from service.streaming.group import Group, TopicEnd
    from service.streaming.installation import Installation
    from service.streaming.partition import EngineMakers, EventDecoder, PartitionEngine
    from service.streaming.producer import ChangelogProducer
    from service.streaming.registry.schemas import Schemas
    from service.streaming.restore import Claim
    from service.view.snapshot import Snapshot

log = structlog.get_logger(__name__)

_CLOSE_SECONDS: Final = 2.0


class Worker:
    """One consumer's engines, one for each partition that the group gave to it.

    `term` changes with every change of what is held.
    """

    def __init__(
        self,
        config: KafkaConfig,
        installation: Installation,
        make_engine: EngineMakers,
        decoder: EventDecoder,
        definitions: bytes,
        on_failure: Callable[[StreamError], None],
        schemas: Schemas | None = None,
    ) -> None:
        """`schemas`: without which the decoder cannot read."""
        self.holdings = Holdings(config.groups)
        counts, groups = installation.counts(config), self.holdings.group_of
        self.counts = PipelineCounts(counts, groups, digest(definitions))
        self.term = 0
        self.clock = WallClock()
        self.is_written = False
        """Whether the broker had all that is its, at the end of :meth:`stop`."""
        self._config = config
        self._installation = installation
        self._make_engine = make_engine
        self._definitions = definitions
        self._on_failure = on_failure
        self._schemas = schemas
        self._types = {topic: type_ for type_, topic in config.event_topics}
        self._dead_letters = DeadLetterSender(config, self.clock, self.counts.add_dropped)
        self._pulse = Pulse(config.session_timeout)
        self.register = Register(config, self.fail)
        self._broker_time = BrokerTime(self.register, self.clock)
        self._contact_at = -math.inf
        self._group: Group
        self._producer: ChangelogProducer
        self._commits: Commits
        self._take_over: TakeOver
        self._member_at = 0.0
        self._assigned = False
        self._generation = -1
        self._lock = asyncio.Lock()
        self._interrupted = asyncio.Event()
        parts = (self.register, self._dead_letters, self.counts, self.clock)
        self.consumption = Consumption(
            self.holdings, self._types, decoder, *parts, self._interrupted, schemas
        )
        self._taking: asyncio.Task[None] | None = None
        self._rejoining: asyncio.Task[None] | None = None
        self._rejoined_in = -1

    async def start(self, group: Group, producer: ChangelogProducer) -> None:
        """Connect what is this worker's own. Raises what aiokafka raises, and StreamError."""
        self._group = group
        self._commits = Commits(group)
        self._producer = producer
        installation = self._installation
        parts = (self._config, installation, producer, self.register, group)
        self._take_over = TakeOver(*parts, self._make_engine, self._definitions, self._hold)
        await self.register.start()
        await check_registered(self._config, installation, self.register.value(REGISTERED_AS))
        await self._broker_time.start()
        await self._dead_letters.start()
        self._pulse.start()

    async def stop(self) -> None:
        """Let go of everything, after a last :meth:`release`."""
        self._pulse.stop()
        self._broker_time.stop()
        if self._rejoining is not None:
            self._rejoining.cancel()
        letters = self._dead_letters
        self.is_written = letters.settled == letters.submitted and self.holdings.are_written
        self.holdings.drop_parked(list(self.holdings.parked))
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
        return not (self._assigned or self.holdings.restoring)

    async def take(self, assigned: Iterable[TP]) -> None:
        """Hold the partitions assigned; returns when their state is complete, or superseded.

        Raises StreamError where there is no use in trying on.
        """
        self._taking = asyncio.create_task(self._take(self.holdings.whole(assigned)), name="take")
        await asyncio.wait({self._taking})
        if not self._taking.cancelled():
            self._taking.result()
        elif not self._interrupted.is_set():
            raise StreamError("the take-over of partitions was broken off; start again")

    async def _take(self, wanted: set[Copartition]) -> None:
        begun, holdings = time.monotonic(), self.holdings
        async with self._lock:
            self._interrupted.clear()
            self._pulse.clear()
            self._member_at = time.monotonic()
            self.term += 1
            self._generation = self._group.generation()
            holdings.parked_are_shown = False
            holdings.drop_parked(set(holdings.parked) - wanted)
            holdings.restoring = wanted - set(holdings.parked)
            try:
                await self._take_over.run(holdings, wanted, self._may_write)
                # Not where that failed: a worker that is about to end is not ready.
                self._assigned = True
            finally:
                holdings.restoring = set()
            if wanted == set(holdings.held):
                log.info(
                    "partitions ready",
                    partitions=told(wanted),
                    contacts=holdings.live_contacts,
                    seconds=round(time.monotonic() - begun, 3),
                )

    def _hold(self, it: Copartition, engine: PartitionEngine, claim: Claim) -> Partition:
        group = self._config.groups[it.group]
        changelog, *written = (
            TopicPartition(topic, it.number) for topic in (group.changelog_topic, *group.written)
        )
        telling = (claim.epoch, self._may_write, engine.tell_again)
        outcomes = [OutcomesWriter(self._config, self._producer, to, *telling) for to in written]
        writing = (claim.epoch, claim.next_offset, self._may_write, self._writer_stopped)
        writer = ChangelogWriter(self._producer, changelog, *writing, *outcomes)
        parts = (self._dead_letters, self.counts, group.topics)
        return Partition(it.number, engine, writer, *parts)

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
            all_are_current = not self.holdings.parked
            given_up = self.holdings.park()
            if given_up:
                log.info("partitions given up", partitions=told(given_up))
            self._commits.forget()
            # The group waits no longer than the rebalance time-out; the commit needs some of it.
            await flush(given_up, self._dead_letters, self._config.rebalance_timeout / 2)
            # A group that takes no commit may have given the partitions to others already: they
            # are not ours to show any more. Whether they are whole, the next assignment tells.
            self.holdings.parked_are_shown = (
                await self._commits.commit(given_up) and all_are_current
            )

    # Consuming

    async def consume(self, fetched: Fetched, term: int) -> None:
        """Take in what was fetched. Returns early when partitions are to be given up.

        What was fetched in another `term` than this one is to be fetched again.
        """
        async with self._lock:
            if term == self.term:
                await self.consumption.take_in(fetched)

    async def tick(self, ends: Sequence[TopicEnd], term: int) -> None:
        """About once a second, while no fetch is under way: lag, and the clocks of quiet topics.

        `ends` were asked for in `term`; in another one they say nothing.
        """
        async with self._lock:
            if term != self.term:
                return
            if ends:
                self._contact_at = time.monotonic()
            self.consumption.at_ends(ends)

    # Committing

    async def commit(self) -> bool:
        """Commit what is durable, if there is anything new; whether the group took it."""
        taken = await self._commits.commit(self.holdings.held, only_new=True)
        asked_at = time.monotonic()
        # As often as a heartbeat, which this is.
        is_due = asked_at - self._member_at >= self._config.session_timeout / HEARTBEATS
        if is_due and await self._group.is_member():
            self._member_at = asked_at
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

        Consumption goes on meanwhile, and has brought first what was published just before. What
        the broker has not acknowledged `within` seconds is left out: the last durable snapshot of
        that partition is returned. A worker that the group has not heard of for the session
        time-out tells nothing: others may count its partitions.
        """
        if self.holdings.held:
            await self._group.catch_up()
        if self._pulse.stood_still() or self._is_forgotten():
            return []
        return await self.holdings.snapshots(within)

    def _is_forgotten(self) -> bool:
        return time.monotonic() - self._member_at > self._config.session_timeout

    def ready(self) -> tuple[bool, Mapping[str, object]]:
        """Whether all state is there and the broker answers; otherwise what is amiss."""
        amiss = amiss_of(self.holdings, self.clock, self._contact_at, assigned=self._assigned)
        if self._schemas is not None and self._schemas.waited_seconds > REACHABLE_SECONDS:
            # Meanwhile nothing is fetched, and so no broker answers.
            amiss.pop("broker", None)
            waited = self._schemas.waited_seconds
            amiss["registry"] = f"events wait for the schema registry for {waited:.0f} s"
        if (waits := self.consumption.agreeing_for()) > REACHABLE_SECONDS:
            amiss["register"] = f"a new label value waits for an answer for {waits:.0f} s"
        return not amiss, amiss
