"""Records that are no events, kept for whoever can mend them.

Policy: offsets are committed only after the dead letters before them are acknowledged, and
consumption waits while :data:`MAX_WAITING_BYTES` of them are on their way. If the topic takes none
for :data:`PATIENCE_SECONDS` (it is missing, full, or its limits are too small), letters are
dropped, counted and loudly logged, so that one broken topic does not stop the numbers; every
:data:`PATIENCE_SECONDS` it is tried again. A letter too large for a record is sent with its value
cut, and says so in `error.truncated`; if key and headers alone are too large, without those, and
says so in `error.left_out`.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from service.streaming.closing import close
from service.streaming.refusal_log import RefusalLog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.events.refusal import Refused
    from service.feeds.mapped import Failed
    from service.streaming.config import KafkaConfig
    from service.streaming.fetching.record import ReadRecord
    from service.streaming.fetching.unreadable import Unreadable
    from service.streaming.wall_clock import WallClock

log = structlog.get_logger(__name__)

MAX_WAITING_BYTES: Final = 16 * 1024 * 1024
PATIENCE_SECONDS: Final = 30.0
#: Of key, value and headers; leaves room for the batch below the usual limit of 1 MiB.
MAX_LETTER_BYTES: Final = 900_000
_BATCH_BYTES: Final = 512 * 1024
_RETRY_SECONDS: Final = 1.0
_CLOSE_SECONDS: Final = 2.0
#: What a record takes beside its contents, about.
_OVERHEAD_BYTES: Final = 100

Headers = list[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A refused record, as it is sent."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    reason: str
    size: int


def dead_letter(tp: tuple[str, int], record: ReadRecord, refused: Refused) -> DeadLetter:
    """The letter for a record: original key, value and headers, and why it was refused."""
    return _letter(
        tp,
        record.key,
        record.value,
        record.headers,
        _why(refused.reason, refused.detail, *tp, record.offset),
    )


def letter_of_feed(tp: tuple[str, int], record: ReadRecord, failed: Failed) -> DeadLetter:
    """The letter for another system's record of which a feed could make no event."""
    why = _why(failed.reason, failed.detail, *tp, record.offset)
    return _letter(
        tp,
        record.key,
        record.value,
        record.headers,
        [*why, ("error.feed", failed.feed.encode())],
    )


def letter_of_unreadable(unreadable: Unreadable) -> DeadLetter:
    """What can be kept of records that cannot be read; of several, `error.last_offset` tells."""
    it = unreadable
    why = _why(it.refused.reason, it.refused.detail, it.topic, it.partition, it.first_offset)
    if it.offset > it.first_offset:
        why.append(("error.last_offset", b"%d" % it.offset))
    return _letter((it.topic, it.partition), it.original_key, it.original_value, it.headers, why)


def _why(reason: str, detail: str, topic: str, partition: int, offset: int) -> Headers:
    return [
        ("error.reason", reason.encode()),
        ("error.detail", detail.encode()),
        ("error.topic", topic.encode()),
        ("error.partition", b"%d" % partition),
        ("error.offset", b"%d" % offset),
    ]


def _letter(
    tp: tuple[str, int],
    key: bytes | None,
    value: bytes | None,
    original: Sequence[tuple[str, bytes | None]],
    why: Headers,
) -> DeadLetter:
    reason = (why[0][1] or b"").decode()
    headers: Headers = [*original, *why]
    size = _size(key, headers)
    if size > MAX_LETTER_BYTES:
        why.append(("error.left_out", b"key, headers"))
        key, headers = None, why
        size = _size(key, headers)
    room = max(0, MAX_LETTER_BYTES - size)
    if value is not None and len(value) > room:
        headers.append(("error.truncated", b"%d" % len(value)))
        value = value[:room]
    return DeadLetter(*tp, key, value, headers, reason, size + len(value or b""))


def _size(key: bytes | None, headers: Headers) -> int:
    # In memory a header takes more than it does on its way.
    of_headers = sum(len(n.encode()) + len(v or b"") + _OVERHEAD_BYTES for n, v in headers)
    return _OVERHEAD_BYTES + len(key or b"") + of_headers


class DeadLetterSender:
    """Sends letters in order, one batch in flight; numbered from 1 as they are submitted.

    `settled` is the number up to which all are acknowledged or dropped; `on_drop` is told the
    topic of origin of each dropped one.
    """

    def __init__(
        self, config: KafkaConfig, clock: WallClock, on_drop: Callable[[str], None]
    ) -> None:
        self.submitted = 0
        self.settled = 0
        self.patience = PATIENCE_SECONDS
        self._config = config
        self._clock = clock
        self._on_drop = on_drop
        self._waiting: deque[DeadLetter] = deque()
        self._waiting_bytes = 0
        self._work = asyncio.Event()
        self._settled_more = asyncio.Event()
        self._broken_since: float | None = None
        self._dropped = 0
        self._log = RefusalLog(config.dead_letter_topic)
        # Without idempotence: this producer gives up after a time, which the other must never do;
        # and apart from it: a slow dead-letter topic must not hold up the changelog.
        self._producer = AIOKafkaProducer(
            **{**config.client_settings(), "request_timeout_ms": 10_000},
            acks="all",
            max_batch_size=_BATCH_BYTES,
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect. Raises what aiokafka raises."""
        await self._producer.start()
        self._task = asyncio.create_task(self._run(), name="dead-letters")

    async def stop(self) -> None:
        """Stop sending; letters that are not settled will be refused again after a restart."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._log.close()
        # A flush of what cannot be delivered would wait for the batch to expire.
        await close("the dead letters' producer", self._producer.stop(), _CLOSE_SECONDS)

    def submit(self, letters: list[DeadLetter]) -> int:
        """Take over letters; the number of the last one so far."""
        self._waiting.extend(letters)
        self._waiting_bytes += sum(letter.size for letter in letters)
        self.submitted += len(letters)
        if letters:
            self._work.set()
            self._log.note((letter.topic, letter.reason) for letter in letters)
        return self.submitted

    @property
    def has_room(self) -> bool:
        """Whether few enough letters are outstanding to go on at once."""
        return self._waiting_bytes <= MAX_WAITING_BYTES

    async def room(self) -> None:
        """Wait until it has."""
        while not self.has_room:
            self._settled_more.clear()
            await self._settled_more.wait()

    async def until(self, number: int) -> None:
        """Wait until letter `number` is settled."""
        while self.settled < number:
            self._settled_more.clear()
            await self._settled_more.wait()

    async def _run(self) -> None:
        while True:
            if not self._waiting:
                self._work.clear()
                await self._work.wait()
            letters = self._next_letters()
            await self._send_or_drop(letters)
            self._waiting_bytes -= sum(letter.size for letter in letters)
            self.settled += len(letters)
            self._settled_more.set()

    def _next_letters(self) -> list[DeadLetter]:
        letters = [self._waiting.popleft()]
        size = letters[0].size
        while (
            self._waiting
            and self._waiting[0].partition == letters[0].partition
            and size + self._waiting[0].size <= _BATCH_BYTES
        ):
            size += self._waiting[0].size
            letters.append(self._waiting.popleft())
        return letters

    async def _send_or_drop(self, letters: list[DeadLetter]) -> None:
        now = time.monotonic()
        if self._broken_since is not None and now - self._broken_since < self.patience:
            self._drop(letters)
            return
        # A topic that was broken gets one try; a healthy one is tried as long as patience lasts.
        deadline = now + (self.patience if self._broken_since is None else _RETRY_SECONDS)
        while True:
            try:
                await asyncio.wait_for(self._send(letters), max(_RETRY_SECONDS, deadline - now))
            except (MessageSizeTooLargeError, RecordListTooLargeError):
                await self._send_one_by_one(letters)
                return
            except (KafkaError, TimeoutError, AssertionError) as error:
                now = time.monotonic()
                if now >= deadline:
                    self._give_up(letters, error)
                    return
                log.warning("dead letters cannot be sent, trying again", error=repr(error))
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                self._mended()
                return

    async def _send(self, letters: list[DeadLetter]) -> None:
        topic = self._config.dead_letter_topic
        partitions = await self._producer.partitions_for(topic)
        batch = self._producer.create_batch()
        now_ms = self._clock.likely_us() // 1000
        for letter in letters:
            batch.append(
                timestamp=now_ms, key=letter.key, value=letter.value, headers=letter.headers
            )
        partition = letters[0].partition % len(partitions)
        await (await self._producer.send_batch(batch, topic, partition=partition))

    async def _send_one_by_one(self, letters: list[DeadLetter]) -> None:
        if len(letters) > 1:
            for letter in letters:
                await self._send_or_drop([letter])
            return
        log.error(
            "a dead letter is too large for its topic and is dropped:"
            " raise max.message.bytes of the dead-letter topic",
            topic=letters[0].topic,
            bytes=letters[0].size,
        )
        self._drop(letters)

    def _give_up(self, letters: list[DeadLetter], error: Exception) -> None:
        log.error(
            "the dead-letter topic takes no records: refused events are counted and dropped until"
            " it does. Check that it exists, that this user may write to it and that its replicas"
            " are in sync",
            dead_letter_topic=self._config.dead_letter_topic,
            error=repr(error),
            dropped_so_far=self._dropped + len(letters),
        )
        self._broken_since = time.monotonic()
        self._drop(letters)

    def _drop(self, letters: list[DeadLetter]) -> None:
        self._dropped += len(letters)
        for letter in letters:
            self._on_drop(letter.topic)

    def _mended(self) -> None:
        if self._broken_since is not None:
            log.info("the dead-letter topic takes records again", dropped=self._dropped)
            self._broken_since = None
