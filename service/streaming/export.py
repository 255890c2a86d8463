"""Topics as lines of text: what they hold now, read without leaving a trace."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from service.streaming.bootstrap import look_round
from service.streaming.diagnosis import why_unreachable
from service.streaming.errors import StreamError
from service.streaming.refusals import refused
from service.streaming.topics import partition_counts

if TYPE_CHECKING:
    from service.streaming.config import KafkaConfig

_POLL_MS: Final = 500
_RECORDS_A_POLL: Final = 5_000
_NO_ANSWER_SECONDS: Final = 30.0

_raw = msgspec.json.Decoder(msgspec.Raw).decode
_encode = msgspec.json.encode


class _Line(msgspec.Struct):
    topic: str
    timestamp: int
    key: str
    value: msgspec.Raw


@dataclass(slots=True)
class Exported:
    """What was written, and what was not."""

    records: int = 0
    to_read: int = 0
    """Offsets from where reading began to the ends of the partitions."""
    read: int = 0
    """Of those, how many are behind us."""
    no_json: Counter[str] = field(default_factory=Counter)
    """Records of no JSON, written as text that no reader takes for an event, by topic."""
    unfinished: Sequence[str] = ()
    """Partitions (`topic[number]`) that end with a transaction that was never finished."""


async def export(
    config: KafkaConfig,
    topics: Sequence[str],
    since: int | None,
    until: int | None,
    write: Callable[[bytes], object],
    on_progress: Callable[[Exported], None],
    *,
    bare: bool = False,
) -> Exported:
    """Writes a line for each record that these topics hold as it begins; `bare`: its value alone.

    A partition's records are in its order; those of several come as they arrive. `since` and
    `until` are times of records, milliseconds since 1970; `until` itself is left out. No group is
    joined, no offset committed, nothing created. Raises StreamError.
    """
    partitions = await _partitions(config, topics)
    consumer = AIOKafkaConsumer(
        **config.client_settings(),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    try:
        await consumer.start()
        consumer.assign(partitions)
        reading = _Reading(consumer, since, until, write, bare=bare)
        await reading.begin(partitions)
        heard = time.monotonic()
        while reading.goes_on():
            # Of a partition that is done, nothing more is asked for.
            taken = await consumer.getmany(
                *reading.ends, timeout_ms=_POLL_MS, max_records=_RECORDS_A_POLL
            )
            if await reading.take(taken):
                heard = time.monotonic()
            elif time.monotonic() > heard + _NO_ANSWER_SECONDS:
                raise StreamError(await why_unreachable(config))
            on_progress(reading.exported)
    except TopicAuthorizationFailedError as error:
        raise StreamError(
            f"the topics cannot be read: {error}. Allow this user READ on each of"
            f" {', '.join(topics)}"
        ) from error
    except KafkaError as error:
        if error.retriable:
            raise StreamError(await why_unreachable(config)) from error
        raise refused("the topics cannot be read", error, config) from error
    finally:
        await consumer.stop()
    return reading.exported


async def _partitions(config: KafkaConfig, topics: Sequence[str]) -> list[TopicPartition]:
    await look_round(config)
    admin = AIOKafkaAdminClient(**config.client_settings())
    try:
        await admin.start()
        counts = await partition_counts(admin)
    except KafkaError as error:
        raise StreamError(await why_unreachable(config)) from error
    finally:
        await admin.close()
    missing = [topic for topic in topics if topic not in counts]
    if missing:
        raise StreamError(
            f"there is no topic {', '.join(missing)} at {config.bootstrap}, or this user may not"
            " see it: name the topics under [topics], or allow this user READ on them. That of"
            " outcomes is there once a service with outcomes = true has run"
        )
    return [TopicPartition(topic, number) for topic in topics for number in range(counts[topic])]


class _Reading:
    """One pass over the partitions, each to the end that it had at first."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        since: int | None,
        until: int | None,
        write: Callable[[bytes], object],
        *,
        bare: bool,
    ) -> None:
        self._consumer = consumer
        self._bare = bare
        self._since = since
        self._until = until
        self._write = write
        self._left: dict[TopicPartition, int] = {}
        self._known: set[TopicPartition] = set()
        self.ends: dict[TopicPartition, int] = {}
        """Of the partitions that are not done."""
        self.exported = Exported()

    async def begin(self, partitions: Sequence[TopicPartition]) -> None:
        ends = await self._consumer.end_offsets(partitions)
        begins = await self._consumer.beginning_offsets(partitions)
        if self._since is not None:
            asked = dict.fromkeys(partitions, self._since)
            found = await self._consumer.offsets_for_times(asked)
            # Nothing of that time or later: then nothing is to be read.
            begins = {of: ends[of] if at is None else at.offset for of, at in found.items()}
        for of in partitions:
            self._consumer.seek(of, begins[of])
        self.ends = {of: ends[of] for of in partitions if begins[of] < ends[of]}
        self.exported.to_read = sum(end - begins[of] for of, end in self.ends.items())

    def goes_on(self) -> bool:
        return bool(self.ends)

    async def take(
        self, taken: Mapping[TopicPartition, Sequence[ConsumerRecord[Any, Any]]]
    ) -> bool:
        """Writes them; whether anything has moved."""
        self._learn_ends()
        for of, records in taken.items():
            end = self.ends[of]
            for record in records:
                if record.offset < end and self._is_of_the_time(record.timestamp):
                    self._write(self._line(record))
                    self.exported.records += 1
        moved = bool(taken)
        for of, end in list(self.ends.items()):
            position = await self._consumer.position(of)
            moved |= position != self._left.get(of)
            self._left[of] = position
            stuck = not taken and self._ends_unfinished(of, position)
            if stuck:
                self.exported.unfinished = [
                    *self.exported.unfinished,
                    f"{of.topic}[{of.partition}]",
                ]
            if position >= end or stuck:
                del self.ends[of]
        self.exported.read = self.exported.to_read - sum(
            end - self._left[of] for of, end in self.ends.items()
        )
        return moved

    def _learn_ends(self) -> None:
        """Takes the end of a partition from the first answer of it.

        The embedded broker counts batches where it is asked for offsets.
        """
        for of in self.ends.keys() - self._known:
            highwater = self._consumer.highwater(of)
            if highwater is not None:
                self._known.add(of)
                self.exported.to_read += max(0, highwater - self.ends[of])
                self.ends[of] = max(self.ends[of], highwater)

    def _ends_unfinished(self, of: TopicPartition, position: int) -> bool:
        """Whether all is read up to a transaction that is open."""
        stable = self._consumer.last_stable_offset(of)
        return stable is not None and 0 <= stable <= position < self.ends[of]

    def _is_of_the_time(self, timestamp: int) -> bool:
        return (self._since is None or timestamp >= self._since) and (
            self._until is None or timestamp < self._until
        )

    def _line(self, record: ConsumerRecord[Any, Any]) -> bytes:
        value: bytes | None = record.value
        if self._bare:
            return bytes(self._json(record.topic, value)) + b"\n"
        # Without a key the service refuses it: so must whoever reads the line.
        key = (record.key or b"").decode(errors="replace")
        line = _Line(record.topic, record.timestamp, key, self._json(record.topic, value))
        return _encode(line) + b"\n"

    def _json(self, topic: str, value: bytes | None) -> msgspec.Raw:
        if value is None:
            return msgspec.Raw(b"null")
        try:
            value.decode()
            json = _raw(value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.exported.no_json[topic] += 1
            return msgspec.Raw(_encode(value.decode(errors="replace")))
        if b"\n" in value or b"\r" in value:
            # No line may end within: between tokens these are blanks.
            return msgspec.Raw(msgspec.json.format(value, indent=-1))
        return json
