"""Outcomes reach their topic, before a restart and after it."""

from __future__ import annotations

import random
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec
import pytest
from aiokafka import TopicPartition

from service.definitions import Definitions
from service.events.decoding import Decoder
from service.partition.engine import Engine
from service.streaming import outcomes
from service.streaming.outcomes import OutcomesWriter
from service.streaming.producer import NotOwnerError
from service.streaming.service import StreamService
from tests.brokers.topics import create_topic
from tests.streaming.harness import Running, config, eventually, publish, read_all

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from service.streaming.config import KafkaConfig
    from service.streaming.producer import Change


def started(contact: str, customer: str | None = None) -> tuple[bytes, bytes]:
    """A contact that began a minute ago: the clock changes nothing of it for now."""
    customer = customer or contact
    value = {"contact_id": contact, "customer_id": customer, "channel": "chat"}
    at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    return customer.encode(), msgspec.json.encode({**value, "started_at": at})


async def told_to(bootstrap: str, kafka: KafkaConfig, partitions: int = 4) -> list[dict[str, Any]]:
    records = await read_all(bootstrap, str(kafka.outcomes_topic), partitions)
    return [
        msgspec.json.decode(it.value) for it in records if it.value and it.value.startswith(b"{")
    ]


async def last_told(bootstrap: str, kafka: KafkaConfig, contact: str) -> dict[str, Any]:
    """The last outcome of a contact; the topic has one partition."""
    told = await told_to(bootstrap, kafka, 1)
    return {it["contact_id"]: it for it in told}.get(contact, {})


class _Record(NamedTuple):
    epoch: int
    value: bytes | None


class _Reader:
    """Of a log in memory, as far as a writer of outcomes asks."""

    position = 0

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def assign(self, _: object) -> None: ...

    async def beginning_offsets(self, tps: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(tps, 0)

    def seek(self, _: object, offset: int) -> None:
        self.position = offset


@asynccontextmanager
async def telling(kafka: KafkaConfig) -> AsyncIterator[Running]:
    """A worker that is ready, and tells outcomes."""
    service = StreamService(
        kafka,
        {"contacts": lambda: Engine(Definitions(outcomes=True), agreed_labels=True)},
        Decoder(65_536, 300_000_000),
        b"{}",
    )
    await service.start()
    try:
        running = Running(service)
        await running.until_ready()
        yield running
    finally:
        await service.stop()


async def test_what_a_former_owner_tells_late_is_told_once_more(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    kafka = replace(config(bootstrap, unique, partitions=1), outcomes_topic=unique("outcomes"))
    topic = str(kafka.outcomes_topic)

    async with telling(kafka):
        await publish(bootstrap, kafka.topics["contact-started"], [started("a", "x")])

        async def is_told() -> bool:
            return (await last_told(bootstrap, kafka, "a")).get("status") == "open"

        await eventually(is_told, "the first contact told")
        late = msgspec.json.encode({**await last_told(bootstrap, kafka, "a"), "status": "waiting"})
        # Strangers' records as well: they are passed over.
        others: list[tuple[bytes | None, bytes | None]] = [
            *((b"x", late), (b"x", b"?"), (b"x", b"[]"), (b"x", None))
        ]
        partition = (await read_all(bootstrap, topic, 1))[0].partition
        await publish(bootstrap, topic, others, partition)
        assert not await is_told()
        await publish(bootstrap, kafka.topics["contact-started"], [started("b", "y")])
        await eventually(is_told, "the first contact told again")


async def test_what_nobody_told_once_more_the_next_owner_does(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    kafka = replace(config(bootstrap, unique, partitions=1), outcomes_topic=unique("outcomes"))

    async def is_told() -> bool:
        return (await last_told(bootstrap, kafka, "a")).get("status") == "open"

    async with telling(kafka):
        await publish(bootstrap, kafka.topics["contact-started"], [started("a", "x")])
        await eventually(is_told, "the first contact told")
    late = msgspec.json.encode({**await last_told(bootstrap, kafka, "a"), "status": "waiting"})
    topic = str(kafka.outcomes_topic)
    partition = (await read_all(bootstrap, topic, 1))[0].partition
    await publish(bootstrap, topic, [(b"x", late)], partition)
    assert not await is_told()
    async with telling(kafka):
        await publish(bootstrap, kafka.topics["contact-started"], [started("b", "y")])
        await eventually(is_told, "the first contact told again")


@pytest.mark.parametrize("seed", range(8))
async def test_wherever_an_owner_dies_its_successor_sees_what_was_told_late(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng, log = random.Random(seed), list[_Record]()
    late_at = rng.randrange(3, 6_000)
    dies_at = late_at + rng.randrange(1_900)

    class Log:
        """Appends a few records at a time, as batches do."""

        async def append_all(
            self, changes: Sequence[Change], _to: object, epoch: int, may_write: Callable[[], bool]
        ) -> tuple[int, int]:
            first = len(log)
            for _, value in changes:
                if not may_write():
                    raise NotOwnerError
                log.append(_Record(epoch, value))
                if len(log) == late_at:
                    log.append(_Record(1, b"late"))
            return first, len(log)

    def owner(epoch: int, may_write: Callable[[], bool]) -> OutcomesWriter:
        parts = (cast("Any", None), cast("Any", Log()), TopicPartition("o", 0), epoch, may_write)
        return OutcomesWriter(*parts, told_again.extend)

    async def read(_: object, ends: dict[Any, int], take: Callable[..., None], __: object) -> None:
        take(None, log[reader.position : next(iter(ends.values()))])

    reader = _Reader()
    monkeypatch.setattr(outcomes, "changelog_consumer", lambda _: reader)
    monkeypatch.setattr(outcomes, "epoch_of", lambda record: record.epoch)
    monkeypatch.setattr(outcomes, "read_until", read)
    told_again: list[bytes] = []
    first = owner(2, lambda: len(log) < dies_at or len(log) <= late_at)
    with suppress(NotOwnerError):
        while len(log) < dies_at:
            await first.tell([(b"x", b"told")] * rng.randrange(1, 9_000))
    await owner(3, lambda: True).tell([(b"x", b"told")])
    assert set(told_again) == {b"late"}


async def test_outcomes_reach_their_topic_before_a_restart_and_after_it(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    kafka = replace(config(bootstrap, unique), outcomes_topic=unique("outcomes"))

    async def told() -> list[str]:
        return [it["contact_id"] for it in await told_to(bootstrap, kafka)]

    # What was published before the first start is taken in before the clock begins.
    for event_topic in kafka.topics.values():
        await create_topic(bootstrap, event_topic, 4)
    await publish(bootstrap, kafka.topics["contact-started"], [started("a")])
    for contact in ("a", "b"):
        async with telling(kafka) as running:
            if contact == "b":
                await publish(bootstrap, kafka.topics["contact-started"], [started(contact)])
            await running.until_contacts(1 if contact == "a" else 2)

            async def has_been_told(contact: str = contact) -> bool:
                return contact in await told()

            await eventually(has_been_told, f"{contact} told")
    assert set(await told()) == {"a", "b"}
