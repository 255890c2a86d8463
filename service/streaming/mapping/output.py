"""Writing events: placed as Java's publishers place them, acknowledged by all replicas."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import IncompatibleBrokerVersion, KafkaError, UnknownError

from service.streaming.closing import close
from service.streaming.mapping.remedies import stage_refused
from service.streaming.placement import java_partitions
from service.streaming.refusals import Waiting, passes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from service.feeds.mapped import Emitted
    from service.streaming.mapping.config import StageConfig

log = structlog.get_logger(__name__)

_BATCH_BYTES: Final = 512 * 1024
_RETRY_SECONDS: Final = 0.5
_CLOSE_SECONDS: Final = 2.0
#: A write that takes longer is told.
_PATIENCE_SECONDS: Final = 5.0


class _Batch(NamedTuple):
    """Records of one partition, closed."""

    topic: str
    partition: int
    records: Any


class Output:
    """Writes to topics of which each has so many partitions."""

    def __init__(self, config: StageConfig, partitions: Mapping[str, int]) -> None:
        self._config = config
        self._partitions = partitions
        self._producer: AIOKafkaProducer
        self._waiting = Waiting("the topics of events to take records")

    async def start(self) -> None:
        """Connect. Raises what aiokafka raises."""
        try:
            await self._start(idempotent=True)
        except (IncompatibleBrokerVersion, UnknownError):
            log.warning("the broker gives no producer ids: writing without idempotence")
            await self._producer.stop()
            await self._start(idempotent=False)

    async def stop(self) -> None:
        """Close the connections; what is on its way and not taken at once is mapped again."""
        # aiokafka waits for it without end where batches are numbered.
        await close("the producer of events", self._producer.stop(), _CLOSE_SECONDS)

    async def write(self, events: Sequence[Emitted], now_ms: int) -> None:
        """Returns once all replicas have all of them, however long that takes.

        `now_ms`: the time of the records, by which brokers delete old ones. Raises StreamError
        where the broker will never take them.
        """
        batches = list(self._batches(events, now_ms))
        while batches:
            writing = [asyncio.ensure_future(self._send(batch)) for batch in batches]
            try:
                await self._settled(writing)
            finally:
                for task in writing:
                    task.cancel()
            batches = [
                batch
                for batch, task in zip(batches, writing, strict=True)
                if not self._is_taken(batch, task)
            ]
            if batches:
                await asyncio.sleep(_RETRY_SECONDS)
        self._waiting.is_over()

    async def _start(self, *, idempotent: bool) -> None:
        self._producer = AIOKafkaProducer(
            **self._config.kafka.client_settings(),
            acks="all",
            enable_idempotence=idempotent,
            max_batch_size=_BATCH_BYTES,
        )
        await self._producer.start()

    def _batches(self, events: Iterable[Emitted], now_ms: int) -> Iterator[_Batch]:
        by_topic: dict[str, list[Emitted]] = defaultdict(list)
        for event in events:
            by_topic[self._config.output(event.type)].append(event)
        for topic, of_topic in by_topic.items():
            places = java_partitions(
                [event.key for event in of_topic], self._partitions[topic]
            ).tolist()
            open_: dict[int, Any] = {}
            for event, partition in zip(of_topic, places, strict=True):
                builder = open_.get(partition) or open_.setdefault(
                    partition, self._producer.create_batch()
                )
                record = {"timestamp": now_ms, "key": event.key, "value": event.value}
                if builder.append(**record) is None:
                    yield _Batch(topic, partition, builder)
                    builder = open_[partition] = self._producer.create_batch()
                    builder.append(**record)
            for partition, builder in open_.items():
                yield _Batch(topic, partition, builder)

    async def _send(self, batch: _Batch) -> None:
        await (
            await self._producer.send_batch(batch.records, batch.topic, partition=batch.partition)
        )

    async def _settled(self, writing: Sequence[asyncio.Future[None]]) -> None:
        pending: Iterable[asyncio.Future[None]] = writing
        while pending:
            _, pending = await asyncio.wait(pending, timeout=_PATIENCE_SECONDS)
            if pending:
                self._waiting.goes_on(batches=len(pending))

    def _is_taken(self, batch: _Batch, task: asyncio.Future[None]) -> bool:
        error = task.exception()
        if error is None:
            return True
        if not isinstance(error, KafkaError):
            raise error
        if not passes(error):
            raise stage_refused(
                f"the topic {batch.topic!r} refuses events (no input was committed beyond what it"
                " holds)",
                error,
                self._config,
            ) from error
        self._waiting.goes_on(topic=batch.topic, error=str(error))
        return False
