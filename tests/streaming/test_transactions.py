"""Events that a transaction writes count once it is committed, and only then."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from service.streaming.config import KafkaConfig
from tests.streaming.harness import (
    Running,
    committed,
    config,
    eventually,
    publish,
    running,
    started,
)
from tests.streaming.toy import ToyEngine

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@asynccontextmanager
async def transactional(bootstrap: str, name: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, transactional_id=name, transaction_timeout_ms=600_000
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def write(producer: AIOKafkaProducer, topic: str, contacts: list[str]) -> None:
    """Within the producer's open transaction."""
    for contact in contacts:
        # A customer for each: they spread over the partitions.
        key, value = started(contact, f"customer-{contact}")
        await producer.send(topic, key=key, value=value)
    await producer.flush()


def known(stream: Running) -> set[str]:
    return {contact for engine in stream.engines for contact in engine.contacts}


async def until_read_to_the_end(stream: Running, settings: KafkaConfig) -> None:
    """By the service's own word: no lag, and every topic of every partition caught up."""

    def at_end() -> bool:
        lag = stream.service.pipeline().lag
        return len(lag) == 4 * len(settings.topics) and not any(lag.values())

    await eventually(at_end, "no lag")
    for engine in stream.engines:
        before = dict(engine.caught_up_at)

        def moved(engine: ToyEngine = engine, before: dict[str, int] = before) -> bool:
            now = engine.caught_up_at
            return all(now.get(type_, 0) > before.get(type_, 0) for type_ in settings.topics)

        await eventually(moved, "caught up")


async def test_aborted_events_are_never_counted_and_open_ones_hold_back_what_follows(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream, transactional(bootstrap, unique("t")) as producer:
        await producer.begin_transaction()
        await write(producer, topic, [f"aborted-{n}" for n in range(40)])
        await producer.abort_transaction()
        await until_read_to_the_end(stream, settings)
        assert known(stream) == set()

        await producer.begin_transaction()
        await write(producer, topic, [f"open-{n}" for n in range(40)])
        await publish(bootstrap, topic, [started(f"plain-{n}", f"k{n}") for n in range(40)])
        # All that may be read is read: what is not decided yet is no lag, and nobody waits for it.
        await until_read_to_the_end(stream, settings)
        assert not any(contact.startswith("open") for contact in known(stream))
        await producer.commit_transaction()
        await stream.until_contacts(80)
        await until_read_to_the_end(stream, settings)
        assert not any(contact.startswith("aborted") for contact in known(stream))

        await producer.begin_transaction()
        await write(producer, topic, [f"aborted-{n}" for n in range(40)])
        await producer.abort_transaction()
        await until_read_to_the_end(stream, settings)
        await eventually(lambda: _committed_to_the_end(settings, topic), "committed to the end")
    async with running(settings) as stream:
        await until_read_to_the_end(stream, settings)
        assert await stream.live_contacts() == 80


async def _committed_to_the_end(settings: KafkaConfig, topic: str) -> bool:
    """Also past the aborted events and the marks of transactions."""
    reader = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap)
    await reader.start()
    try:
        ends = await reader.end_offsets([TopicPartition(topic, number) for number in range(4)])
    finally:
        await reader.stop()
    return all([await committed(settings, topic, tp.partition) == end for tp, end in ends.items()])


async def test_transactions_of_many_producers_interleaved_count_as_they_ended(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    topic = settings.topics["contact-started"]
    expected: set[str] = set()

    async def publisher(number: int) -> None:
        rng = random.Random(number)
        async with transactional(bootstrap, unique(f"t{number}")) as producer:
            for turn in range(12):
                contacts = [f"{number}-{turn}-{n}" for n in range(rng.randrange(1, 30))]
                await producer.begin_transaction()
                await write(producer, topic, contacts)
                await asyncio.sleep(rng.choice((0, 0, 0.3)))
                if rng.random() < 0.5:
                    await producer.abort_transaction()
                else:
                    await producer.commit_transaction()
                    expected.update(contacts)

    async def plain() -> None:
        for turn in range(20):
            contacts = [f"plain-{turn}-{n}" for n in range(10)]
            await publish(bootstrap, topic, [started(it, f"k{it}") for it in contacts])
            expected.update(contacts)

    async with running(settings) as stream:
        await asyncio.gather(*(publisher(number) for number in range(4)), plain())
        await eventually(lambda: len(known(stream)) >= len(expected), "all that was committed")
        await until_read_to_the_end(stream, settings)
        assert known(stream) == expected
    # And from the log as it is, all at once.
    fresh = replace(config(bootstrap, unique), topics=settings.topics)
    async with running(fresh) as stream:
        await eventually(lambda: len(known(stream)) >= len(expected), "all that was committed")
        assert known(stream) == expected
