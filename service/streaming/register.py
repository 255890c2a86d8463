"""What the whole group has to agree on: a compacted topic of one partition that each worker reads.

A record has a name and a value. The log decides: of two values of one name the later one stands,
and the list of label values is in the order in which they first come. Names begin with the group,
so that groups may share the topic.

Compaction keeps the last record of a name, in its place. So a label value, whose place is what
matters, gets a name of its own each time it is written: the first of them never moves.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from service.aggregates.labels import Label
from service.streaming.errors import StreamError
from service.streaming.refusals import Waiting, passes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from aiokafka.structs import RecordMetadata

    from service.streaming.config import KafkaConfig

log = structlog.get_logger(__name__)

_LABEL: Final = "label"
_TIME: Final = "time"
#: How Kafka's protocol calls a timestamp of the broker.
LOG_APPEND_TIME: Final = 1
_RETRY_SECONDS: Final = 0.5
_POLL_MS: Final = 1_000

_encode = msgspec.msgpack.Encoder().encode
_decode_name = msgspec.msgpack.Decoder(tuple[str, ...]).decode


class Register:
    """This worker's view of what its group has in the topic: all there is, then as it grows.

    `on_failure` is called when it can be read no more. All methods belong to one event loop.
    """

    def __init__(self, config: KafkaConfig, on_failure: Callable[[StreamError], None]) -> None:
        self.labels: list[Label] = []
        """The label values in the order of the log, each once."""
        self._config = config
        self._on_failure = on_failure
        self._partition = TopicPartition(config.register_topic, 0)
        self._open = AsyncExitStack()
        self._consumer: AIOKafkaConsumer
        self._producer: AIOKafkaProducer
        self._values: dict[tuple[str, ...], bytes] = {}
        self._listed: set[Label] = set()
        self._read_to = 0
        self.tells_time = False
        """Whether the broker says when it took a record: the last one asked did."""
        self._has_read = asyncio.Condition()
        self._failure: StreamError | None = None

    async def start(self) -> None:
        """Connect and read all there is. Raises what aiokafka raises, and StreamError."""
        settings = self._config.client_settings()
        self._consumer = await self._open.enter_async_context(
            AIOKafkaConsumer(
                **settings,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                fetch_max_wait_ms=_POLL_MS,
                consumer_timeout_ms=_POLL_MS,
            )
        )
        self._producer = await self._open.enter_async_context(
            AIOKafkaProducer(**settings, acks="all")
        )
        # While it is fetched, a broker answers nothing else.
        ends = await self._consumer.end_offsets([self._partition])
        self._consumer.assign([self._partition])
        await self._consumer.seek_to_beginning(self._partition)
        following = asyncio.create_task(self._follow(), name="register")
        self._open.callback(following.cancel)
        await self._until(ends[self._partition])

    async def stop(self) -> None:
        """Close the connections, where there are any."""
        await self._open.aclose()

    def value(self, *name: str) -> bytes | None:
        """The last value of a name that was read; None: there is none."""
        return self._values.get(name)

    def values(self, kind: str) -> list[bytes]:
        """The last value of each name of two words of which `kind` is the first."""
        return [value for name, value in self._values.items() if len(name) == 2 and name[0] == kind]

    async def try_put(self, *name: str, value: bytes) -> None:
        """Write the value of a name, once: it is read back later. Raises KafkaError."""
        await self._send(name, value)

    async def put(self, *name: str, value: bytes) -> None:
        """Write the value of a name; returns once it was read back. Raises StreamError."""
        while not await self._write([(name, value)]):
            pass

    async def agree(self, labels: Sequence[Label]) -> None:
        """Write those that are not on the list yet; returns once all are. Raises StreamError."""
        while missing := [label for label in labels if label not in self._listed]:
            # What is tried again may be there twice: each attempt has names of its own.
            attempt = os.urandom(6).hex()
            await self._write([((_LABEL, *label, attempt), b"") for label in missing])

    async def ask_time(self) -> int | None:
        """When the broker took a record that is written for this, in microseconds of its clock.

        None: it tells no times. Raises KafkaError.
        """
        written = await self._send((_TIME,), b"")
        self.tells_time = written.timestamp_type == LOG_APPEND_TIME
        return written.timestamp * 1000 if self.tells_time else None

    @property
    def topic(self) -> str:
        return self._config.register_topic

    async def _send(self, name: tuple[str, ...], value: bytes) -> RecordMetadata:
        key = _encode((self._config.group_id, *name))
        return await (await self._producer.send(self.topic, key=key, value=value, partition=0))

    async def _write(self, records: Sequence[tuple[tuple[str, ...], bytes]]) -> bool:
        """Whether the broker took all of them, and they were read back; after a while if not."""
        topic, group = self._config.register_topic, self._config.group_id
        try:
            sent = [
                await self._producer.send(
                    topic, key=_encode((group, *name)), value=value, partition=0
                )
                for name, value in records
            ]
            offsets = [(await written).offset for written in sent]
        except KafkaError as error:
            if passes(error):
                log.warning("the register takes no record, trying again", error=str(error))
                await asyncio.sleep(_RETRY_SECONDS)
                return False
            raise StreamError(
                f"the register topic {topic!r} refuses records: {error}. Mend the cause, such as"
                " the right to write to it, and start again"
            ) from error
        await self._until(max(offsets) + 1)
        return True

    async def _until(self, offset: int) -> None:
        async with self._has_read:
            await self._has_read.wait_for(
                lambda: self._failure is not None or self._read_to >= offset
            )
        if self._failure is not None:
            raise self._failure

    async def _follow(self) -> None:
        waiting = Waiting("the register topic to be readable")
        try:
            while True:
                try:
                    await self._read_on()
                except KafkaError as error:
                    if not passes(error):
                        raise
                    waiting.goes_on(topic=self.topic, error=str(error))
                    await asyncio.sleep(_RETRY_SECONDS)
                else:
                    waiting.is_over()
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing is read any more
            self._failure = StreamError(
                f"the register topic {self._partition.topic!r} cannot be read: {error}. Mend the"
                " cause, such as the right to read it, and start again"
            )
            self._on_failure(self._failure)
            async with self._has_read:
                self._has_read.notify_all()

    async def _read_on(self) -> None:
        batches = await self._consumer.getmany(self._partition, timeout_ms=_POLL_MS)
        for records in batches.values():
            self._take_in(records)
        self._read_to = await self._consumer.position(self._partition)
        async with self._has_read:
            self._has_read.notify_all()

    def _take_in(self, records: Iterable[Any]) -> None:
        foreign = []
        for record in records:
            try:
                group, *name = _decode_name(record.key or b"")
            except (msgspec.DecodeError, ValueError):
                foreign.append(record.offset)
                continue
            if group == self._config.group_id:
                self._take_in_ours(tuple(name), record.value)
        if foreign:
            log.warning(
                "not records of the register: left out",
                topic=self.topic,
                first_offset=foreign[0],
                records=len(foreign),
            )

    def _take_in_ours(self, name: tuple[str, ...], value: bytes | None) -> None:
        match name:
            case (kind, dimension, label, _attempt) if kind == _LABEL:
                self._list(Label(dimension, label))
            case _ if value is None:
                self._values.pop(name, None)
            case _:
                self._values[name] = value

    def _list(self, label: Label) -> None:
        if label not in self._listed:
            self._listed.add(label)
            self.labels.append(label)


class Labelled(Protocol):
    """What of an engine is needed to agree on labels."""

    def undecided(self) -> Sequence[Label]:
        """The values of which it has to be agreed whether they have a place, to go on."""

    def admit(self, labels: Iterable[Label]) -> None:
        """Takes the list of all partitions, as long as it is; what was taken before is known."""


async def agree_on_labels(engine: Labelled, register: Register) -> None:
    """Has decided what the engine waits for. Raises StreamError."""
    engine.admit(register.labels)
    # All that was read back may have to be looked through.
    undecided = await asyncio.to_thread(engine.undecided)
    if undecided:
        await register.agree(undecided)
        engine.admit(register.labels)
