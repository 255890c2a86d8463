"""The changelog of one partition as its owner writes it: one batch in flight, the rest waits."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import structlog

from service.streaming.producer import Change, NotOwnerError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from aiokafka import TopicPartition

    from service.streaming.outcomes import OutcomesWriter
    from service.streaming.producer import ChangelogProducer

log = structlog.get_logger(__name__)

#: Records that may wait for their acknowledgement before consumption has to wait as well.
MAX_WAITING: Final = 20_000


class ChangelogWriter:
    """Writes what it is given, in that order, while the engine goes on.

    Records are numbered from 1 in the order given; `acknowledged` is the number up to which all
    are in the log for good, and so are the outcomes given with them. Only one batch is in flight,
    so that a retry cannot change the order;
    meanwhile the next one grows, so the log's latency costs no throughput.

    `on_stop` is called with the reason when no further record can be written.
    """

    def __init__(
        self,
        producer: ChangelogProducer,
        changelog: TopicPartition,
        epoch: int,
        next_offset: int,
        may_write: Callable[[], bool],
        on_stop: Callable[[Exception], None],
        outcomes: OutcomesWriter | None = None,
    ) -> None:
        self.epoch = epoch
        self.next_offset = next_offset
        """Where the next record will be, as long as nobody else writes to the partition."""
        self.submitted = 0
        self.acknowledged = 0
        self._changelog = changelog
        self._producer = producer
        self._may_write = may_write
        self._on_stop = on_stop
        self._waiting: deque[Change] = deque()
        self._outcomes_writer = outcomes
        self._outcomes: list[Change] = []
        self._work = asyncio.Event()
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self._progress_at = time.monotonic()
        self._task = asyncio.create_task(
            self._run(), name=f"{changelog.topic}-{changelog.partition}"
        )

    @property
    def is_whole(self) -> bool:
        """Whether the log holds all it was given, and it can go on."""
        return self.acknowledged == self.submitted and not self.stopped

    @property
    def tells_outcomes(self) -> bool:
        """Whether outcomes are told beside the changes."""
        return self._outcomes_writer is not None

    @property
    def stopped(self) -> bool:
        """Whether nothing is written any more."""
        return self._task.done()

    def submit(self, changes: Sequence[Change], outcomes: Sequence[Change] = ()) -> int:
        """Take over the changes; the number of the last record so far.

        No outcome is without a change: it is told before the change is written.
        """
        self._outcomes.extend(outcomes)
        if changes:
            if self.acknowledged == self.submitted:
                self._progress_at = time.monotonic()
            self._waiting.extend(changes)
            self.submitted += len(changes)
            self._work.set()
        return self.submitted

    async def until(self, number: int) -> None:
        """Wait for the acknowledgement of record `number`. Raises NotOwnerError if none comes."""
        if self.acknowledged >= number:
            return
        if self.stopped:
            raise NotOwnerError
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append((number, waiter))
        await waiter

    @property
    def has_room(self) -> bool:
        """Whether few enough records are outstanding to go on at once."""
        return self.submitted - self.acknowledged <= MAX_WAITING

    async def room(self) -> None:
        """Wait until it has. Raises NotOwnerError as `until` does."""
        await self.until(self.submitted - MAX_WAITING)

    def stalled_for(self) -> float:
        """Seconds since records wait without any being acknowledged."""
        if self.acknowledged == self.submitted:
            return 0.0
        return time.monotonic() - self._progress_at

    def stop(self) -> None:
        """Write nothing more, whatever is waiting."""
        self._task.cancel()
        self._release_waiters()

    async def _run(self) -> None:
        try:
            while True:
                await self._work.wait()
                await self._write_next()
        except NotOwnerError as reason:
            self._on_stop(reason)
        except Exception as reason:  # noqa: BLE001 - whatever it is, this partition cannot go on
            self._on_stop(reason)
        finally:
            self._release_waiters()

    async def _write_next(self) -> None:
        batch = self._producer.new_batch(self.epoch)
        while self._waiting and batch.add(self._waiting[0]):
            self._waiting.popleft()
        if not self._waiting:
            self._work.clear()
        await self._tell_outcomes()
        offset = await self._producer.append(batch, self._changelog, self._may_write)
        if offset != self.next_offset:
            # The records are in the log, but so are others: a former owner's, or this batch twice
            # (without idempotence). Only a restore can tell, so do not build upon this.
            log.warning(
                "somebody else wrote to the changelog",
                topic=self._changelog.topic,
                partition=self._changelog.partition,
                expected=self.next_offset,
                found=offset,
            )
            raise NotOwnerError
        self.next_offset += batch.count
        self.acknowledged += batch.count
        self._progress_at = time.monotonic()
        self._wake_waiters()

    async def _tell_outcomes(self) -> None:
        """All that were given with what is about to be written, or sooner.

        First: what a successor finds written has been told. What was told and is not written, it
        comes to again, as the events are not committed and the clock is behind.
        """
        if self._outcomes_writer is not None and self._outcomes:
            outcomes, self._outcomes = self._outcomes, []
            await self._outcomes_writer.tell(outcomes)

    def _wake_waiters(self) -> None:
        kept = []
        for number, waiter in self._waiters:
            if waiter.done():
                continue
            if number <= self.acknowledged:
                waiter.set_result(None)
            else:
                kept.append((number, waiter))
        self._waiters = kept

    def _release_waiters(self) -> None:
        for _, waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(NotOwnerError())
        self._waiters = []


async def unless_stopped(waiting: Awaitable[None]) -> None:
    """Wait for a writer, or no longer than it writes: whoever waits looks at it afterwards."""
    with suppress(NotOwnerError):
        await waiting
