"""Writing to the changelog: in order, acknowledged by all replicas, or not at all."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    IncompatibleBrokerVersion,
    KafkaError,
    ProducerClosed,
    UnknownError,
)
from faust.transport.drivers import aiokafka as driver

from service.streaming.closing import close
from service.streaming.epochs import epoch_headers
from service.streaming.logs import service_logger
from service.streaming.refusals import Waiting, passes, refused
from service.streaming.register import LOG_APPEND_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.streaming.app import StreamApp

log = structlog.get_logger(__name__)

#: Below the 1 MiB that brokers accept by default, and large enough to be worth a request.
MAX_BATCH_BYTES: Final = 512 * 1024
#: What a broker answers that gives no producer ids.
NUMBERS_NO_PRODUCERS: Final = (IncompatibleBrokerVersion, UnknownError)
_RETRY_SECONDS: Final = 0.5
_CLOSE_SECONDS: Final = 2.0

Change = tuple[bytes, bytes | None]


class NotOwnerError(Exception):
    """This worker may not write to the partition any more."""


class ChangelogBatch:
    """Records of one partition that reach the log together, or none of them."""

    def __init__(self, producer: AIOKafkaProducer, epoch: int, written_ms: int) -> None:
        self.builder = producer.create_batch()
        self.count = 0
        # A broker refuses what is far ahead of its own clock, unless the topic takes its time.
        self._written_ms = written_ms
        self._headers = epoch_headers(epoch)

    def add(self, change: Change) -> bool:
        """Whether there was room."""
        key, value = change
        added = self.builder.append(
            timestamp=self._written_ms, key=key, value=value, headers=self._headers
        )
        self.count += added is not None
        return added is not None


class ChangelogProducer(driver.Producer):
    """Faust's producer, of which the changelog asks more than Faust does."""

    app: StreamApp
    logger = service_logger
    _idempotent = True

    def _new_producer(self, transactional_id: str | None = None) -> AIOKafkaProducer:  # noqa: ARG002
        return AIOKafkaProducer(
            **self.app.kafka.client_settings(),
            acks="all",
            # A request that the broker finds late in a dead connection must not undo newer ones.
            enable_idempotence=self._idempotent,
            max_batch_size=MAX_BATCH_BYTES,
        )

    @property
    def outcomes_topic(self) -> str | None:
        """Where outcomes are told; None: they are not."""
        return self.app.kafka.outcomes_topic

    async def on_start(self) -> None:
        """Connect; on a broker that numbers no producers (the embedded one) without numbers."""
        try:
            await super().on_start()
        except NUMBERS_NO_PRODUCERS:
            log.warning("the broker gives no producer ids: writing without idempotence")
            await self._ensure_producer().stop()
            self._idempotent = False
            await super().on_start()

    async def flush(self) -> None:
        """Nothing to do: a writer knows what of its own is on its way, and how long to wait."""

    async def on_stop(self) -> None:
        """Close the connections; what is on its way and not taken at once stays unwritten."""
        # aiokafka waits for it without end where batches are numbered.
        await close("the changelog's producer", super().on_stop(), _CLOSE_SECONDS)

    def new_batch(self, epoch: int) -> ChangelogBatch:
        """An empty batch of the owner with this epoch."""
        written_ms = self.app.worker.clock.likely_us() // 1000
        return ChangelogBatch(self._ensure_producer(), epoch, written_ms)

    async def append(
        self, batch: ChangelogBatch, to: TopicPartition, may_write: Callable[[], bool]
    ) -> int:
        """Write the batch; returns the offset of its first record once all replicas have it.

        Goes on trying as long as trying again can help, and asks before each try whether it still
        may. Raises NotOwnerError, or StreamError where the broker will never take it.
        """
        what = "outcomes" if to.topic == self.outcomes_topic else "changelog"
        waiting = Waiting(f"the {what} topic {to.topic} to take records")
        while True:
            if not may_write():
                raise NotOwnerError
            clock = self.app.worker.clock
            asked_at = clock.steady_us()
            try:
                future = await self._ensure_producer().send_batch(
                    batch.builder, to.topic, partition=to.partition
                )
                written = await future
            except ProducerClosed:
                raise NotOwnerError from None
            except KafkaError as error:
                if not passes(error):
                    raise refused(
                        f"the {what} topic {to.topic!r} refuses records (no offset was committed"
                        " beyond what it holds)",
                        error,
                        self.app.kafka,
                    ) from error
                waiting.goes_on(partition=to.partition, error=str(error))
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                if written.timestamp_type == LOG_APPEND_TIME:
                    clock.heard(written.timestamp * 1000, asked_at)
                return int(written.offset)

    async def append_all(
        self,
        changes: Sequence[Change],
        to: TopicPartition,
        epoch: int,
        may_write: Callable[[], bool],
    ) -> tuple[int, int]:
        """Write all changes in order; the offset of the first one, and the one after the last."""
        first: int | None = None
        offset = 0
        index = 0
        while index < len(changes):
            batch = self.new_batch(epoch)
            while index < len(changes) and batch.add(changes[index]):
                index += 1
            offset = await self.append(batch, to, may_write)
            first = offset if first is None else first
            offset += batch.count
        return (0 if first is None else first), offset
