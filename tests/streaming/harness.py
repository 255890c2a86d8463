"""Services under test, and publishers and readers around them."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from service.events.decoding import Decoder
from service.streaming.config import KafkaConfig, TopicCreation
from service.streaming.copartitions import CONTACTS
from service.streaming.service import StreamService
from tests.brokers.fixtures import ON_APACHE_KAFKA
from tests.patience import PATIENCE_S
from tests.streaming.toy import ToyEngine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

    from service.events.model import EventType
    from service.view.snapshot import Snapshot

#: The embedded one lets the first member of a group wait for half as long, and who joins one that
#: had others, even where they have left, for twice as long.
SESSION_S: Final = 10.0 if ON_APACHE_KAFKA else 2.0
REBALANCE_S: Final = 10.0 if ON_APACHE_KAFKA else 1.0

TYPES: tuple[EventType, ...] = ("contact-started", "contact-resolved", "survey-answered")


def config(bootstrap: str, unique: Callable[[str], str], partitions: int = 4) -> KafkaConfig:
    """Topics and a group of this test alone, with short time-outs."""
    return KafkaConfig(
        bootstrap=bootstrap,
        topics={type_: unique(type_) for type_ in TYPES},
        changelog_topic=unique("changelog"),
        register_topic=unique("register"),
        dead_letter_topic=unique("dead-letters"),
        group_id=unique("group"),
        creation=TopicCreation(partitions),
        session_timeout=SESSION_S,
        rebalance_timeout=REBALANCE_S,
    )


def without_state(config: KafkaConfig, unique: Callable[[str], str]) -> KafkaConfig:
    """The same group, as if what it has kept had been deleted."""
    return replace(
        config, changelog_topic=unique("new-changelog"), register_topic=unique("new-register")
    )


@dataclass
class Running:
    """A started service and the engines it made."""

    service: StreamService
    engines: list[ToyEngine] = field(default_factory=list)

    async def live_contacts(self) -> int:
        return sum(snapshot.live_contacts for _, snapshot in await self.snapshots())

    async def snapshots(self) -> Sequence[tuple[int, Snapshot]]:
        return await self.service.snapshots(5.0)

    async def partitions(self) -> set[int]:
        return {number for number, _ in await self.snapshots()}

    async def until_ready(self) -> None:
        await eventually(lambda: self.service.ready()[0], "ready")

    async def until_contacts(self, count: int) -> None:
        async def enough() -> bool:
            return await self.live_contacts() >= count

        await eventually(enough, f"{count} contacts")


def make(config: KafkaConfig) -> Running:
    """A service of engines that are toys."""
    engines: list[ToyEngine] = []

    def engine() -> ToyEngine:
        engines.append(ToyEngine())
        return engines[-1]

    decoder = Decoder(65_536, 300_000_000)
    return Running(StreamService(config, {CONTACTS: engine}, decoder, b"{}"), engines)


@asynccontextmanager
async def running(config: KafkaConfig) -> AsyncIterator[Running]:
    """A service that is ready."""
    it = make(config)
    await it.service.start()
    try:
        await it.until_ready()
        yield it
    finally:
        await it.service.stop()


async def eventually(condition: Callable[[], bool | Awaitable[bool]], what: str) -> None:
    """Wait until the condition holds; an AssertionError naming `what` if it does not."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        holds = condition()
        if not isinstance(holds, bool):
            holds = await holds
        if holds:
            return
        assert time.monotonic() < deadline, f"not within {PATIENCE_S:.0f} s: {what}"
        await asyncio.sleep(0.05)


def started(contact: str, customer: str = "someone", second: int = 0) -> tuple[bytes, bytes]:
    """Key and value of a contact-started event."""
    value = (
        f'{{"contact_id":"{contact}","customer_id":"{customer}",'
        f'"started_at":"2026-01-01T00:{second // 60:02}:{second % 60:02}Z","channel":"chat"}}'
    )
    return customer.encode(), value.encode()


async def publish(
    bootstrap: str,
    topic: str,
    events: Iterable[tuple[bytes | None, bytes | None]],
    partition: int | None = None,
    headers: list[tuple[str, bytes]] | None = None,
) -> None:
    """Send and wait until the broker has all."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, linger_ms=5, max_request_size=4_000_000
    )
    await producer.start()
    try:
        sent = [
            await producer.send(topic, key=key, value=value, partition=partition, headers=headers)
            for key, value in events
        ]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def read_all(bootstrap: str, topic: str, partitions: int) -> list[Any]:
    """All records a topic holds now."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        tps = [TopicPartition(topic, number) for number in range(partitions)]
        consumer.assign(tps)
        ends = await consumer.end_offsets(tps)
        await consumer.seek_to_beginning(*tps)
        records: list[Any] = []
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                records += batch
        return records
    finally:
        await consumer.stop()


async def committed(config: KafkaConfig, topic: str, partition: int) -> int | None:
    """The offset the group has committed, asked for without joining the group."""
    reader = AIOKafkaConsumer(
        bootstrap_servers=config.bootstrap,
        group_id=config.group_id,
        # Asking changes nothing: it would commit, as it stops, where it would begin to read.
        enable_auto_commit=False,
    )
    await reader.start()
    try:
        tp = TopicPartition(topic, partition)
        reader.assign([tp])
        offset: int | None = await reader.committed(tp)
        return offset
    finally:
        await reader.stop()
