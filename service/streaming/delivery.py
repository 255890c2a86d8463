"""Single records to topics of others: each is told when all replicas have it, or soon that not."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
)

from service.exposition.sparing import SparingLog
from service.receiving.sink import NotTakenError, TooLargeError
from service.streaming.bootstrap import look_round
from service.streaming.closing import close
from service.streaming.diagnosis import why_unreachable
from service.streaming.errors import StreamError
from service.streaming.foreign_topics import require_topics
from service.streaming.producer import NUMBERS_NO_PRODUCERS
from service.streaming.refusals import passes, refused

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from service.streaming.config import KafkaConfig

log = structlog.get_logger(__name__)

#: Intercom and Chatwoot hang up after 5 s: by then they have to know that it did not work.
PATIENCE_SECONDS: Final = 4.0
_BATCH_BYTES: Final = 512 * 1024
#: What a record takes in memory beside its contents, about.
_OVERHEAD_BYTES: Final = 1_000
_LOOK_SECONDS: Final = 2.0
_RETRY_SECONDS: Final = 1.0
_CLOSE_SECONDS: Final = 2.0


class Delivery:
    """A producer of records of at most `record_bytes`, of which `most_bytes` may wait in all.

    What was given up is still sent when the broker is back: whoever gave it may give it again, and
    then it is there twice.
    """

    def __init__(
        self, config: KafkaConfig, topics: Collection[str], record_bytes: int, most_bytes: int
    ) -> None:
        self._config = config
        self._topics = topics
        self._record_bytes = record_bytes
        self._most_bytes = most_bytes
        self._idempotent = True
        self._producer: AIOKafkaProducer | None = None
        #: When each of what is on its way was given; the oldest one first.
        self._under_way: dict[asyncio.Task[None], float] = {}
        self._bytes = 0
        self._reached = True
        self._renewal: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._log = SparingLog()

    async def start(self) -> None:
        """Connect. Raises StreamError where the broker or a topic is missing, or a right."""
        await look_round(self._config)
        await require_topics(self._config, self._topics)
        try:
            self._producer = await self._started()
        except KafkaError as error:
            if passes(error):
                raise StreamError(await why_unreachable(self._config)) from error
            if isinstance(error, ClusterAuthorizationFailedError):
                # Whoever may write to any topic is given one, from Kafka 3.0 on.
                raise StreamError(_may_not_write(", ".join(sorted(self._topics)))) from error
            raise refused("no producer can be had", error, self._config) from error
        self._watch = asyncio.create_task(self._look(), name="delivery-watch")

    async def stop(self) -> None:
        """Close the connections; of what is still on its way nobody was told that it arrived."""
        for task in (self._watch, self._renewal):
            if task is not None:
                task.cancel()
                await asyncio.wait({task})
        if self._producer is not None:
            await close("the producer of webhooks", self._producer.stop(), _CLOSE_SECONDS)

    async def deliver(self, topic: str, value: bytes, headers: Sequence[tuple[str, bytes]]) -> None:
        """Returns once all replicas have it. Raises NotTakenError or TooLargeError."""
        size = len(value) + _OVERHEAD_BYTES + sum(len(n) + len(v) for n, v in headers)
        # Where it is known not to work nobody has to wait, and nothing more piles up.
        if not self._reached or self._stuck() or self._bytes + size > self._most_bytes:
            raise NotTakenError
        task = asyncio.create_task(self._send(topic, value, headers))
        self._under_way[task] = time.monotonic()
        self._bytes += size
        task.add_done_callback(lambda it: self._settled(it, size))
        await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        if not task.done():
            self._log.warning("Kafka does not acknowledge records in time", topic=topic)
            raise NotTakenError
        task.result()

    @property
    def waiting_bytes(self) -> int:
        """Of all that is on its way."""
        return self._bytes

    def ready(self) -> tuple[bool, Mapping[str, object]]:
        """Whether the broker answers and acknowledges."""
        if not self._reached:
            return False, {"reason": "the broker is not reached"}
        if self._stuck():
            return False, {"reason": "the broker does not acknowledge records"}
        return True, {}

    def _stuck(self) -> bool:
        oldest = next(iter(self._under_way.values()), None)
        return oldest is not None and time.monotonic() - oldest > PATIENCE_SECONDS

    def _settled(self, task: asyncio.Task[None], size: int) -> None:
        del self._under_way[task]
        self._bytes -= size
        # Or asyncio would tell of those that nobody waits for any more.
        if not task.cancelled():
            task.exception()

    async def _send(self, topic: str, value: bytes, headers: Sequence[tuple[str, bytes]]) -> None:
        producer = self._producer
        if producer is None:
            raise NotTakenError
        try:
            now_ms = time.time_ns() // 1_000_000
            await (await producer.send(topic, value, headers=headers, timestamp_ms=now_ms))
        except Exception as error:  # noqa: BLE001 - where its sender dies, that is of any kind
            if isinstance(error, MessageSizeTooLargeError | RecordListTooLargeError):
                self._renew(producer)
                self._log.warning(
                    "a request is larger than its topic takes: raise the topic's"
                    " max.message.bytes, or lower receive.max_body_bytes",
                    topic=topic,
                )
                raise TooLargeError from None
            if not (isinstance(error, KafkaError) and passes(error)):
                self._renew(producer)
                self._log.warning(
                    "Kafka refuses records", topic=topic, error=_told(error, topic, self._config)
                )
            raise NotTakenError from None

    async def _started(self) -> AIOKafkaProducer:
        """Without idempotence on a broker that numbers no producers (the embedded one)."""
        while True:
            producer = AIOKafkaProducer(
                **self._config.client_settings(),
                acks="all",
                enable_idempotence=self._idempotent,
                max_batch_size=_BATCH_BYTES,
                # Of key and value; a client's own limit of 1 MiB is not that of the topic.
                max_request_size=self._record_bytes + _BATCH_BYTES,
            )
            try:
                await producer.start()
            except NUMBERS_NO_PRODUCERS:
                await producer.stop()
                if not self._idempotent:
                    raise
                log.warning("the broker gives no producer ids: writing without idempotence")
                self._idempotent = False
            except BaseException:
                await close("a producer of webhooks", producer.stop(), _CLOSE_SECONDS)
                raise
            else:
                return producer

    def _renew(self, failed: AIOKafkaProducer) -> None:
        # The number of a batch that was refused is missing from now on, so that the broker refuses
        # all after it: a producer begins anew with its numbers.
        if self._producer is failed and (self._renewal is None or self._renewal.done()):
            self._renewal = asyncio.create_task(self._begin_anew(failed), name="delivery-renewal")

    async def _begin_anew(self, failed: AIOKafkaProducer) -> None:
        while True:
            await look_round(self._config)
            try:
                self._producer = await self._started()
            except KafkaError as error:
                self._log.warning("no new producer can be had yet", error=repr(error))
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                break
        await close("the former producer of webhooks", failed.stop(), _CLOSE_SECONDS)

    async def _look(self) -> None:
        """Whether the broker answers, also while nothing comes."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            producer = self._producer
            if producer is None:
                continue
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    reached = bool(await producer.client.force_metadata_update())
            except (KafkaError, TimeoutError):
                reached = False
            if reached != self._reached:
                log.info("the broker is reached again") if reached else log.warning(
                    "the broker is not reached: requests are answered 503 until it is"
                )
            self._reached = reached


def _may_not_write(topics: str) -> str:
    return (
        f"this user may not write. Allow it WRITE on {topics} and, before Kafka 3.0,"
        " IDEMPOTENT_WRITE on the cluster"
    )


def _told(error: Exception, topic: str, config: KafkaConfig) -> str:
    if isinstance(error, TopicAuthorizationFailedError):
        return _may_not_write(topic)
    if isinstance(error, KafkaError):
        return str(refused("it is not taken", error, config))
    return type(error).__name__
