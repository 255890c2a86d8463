"""A changelog with its head cut off: rebuilt from whole topics, otherwise refused."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from service.definitions import Definitions
from service.events.decoding import Decoder
from service.partition.engine import Engine
from service.store.settings_told import written
from service.streaming.config import KafkaConfig
from service.streaming.errors import StreamError
from service.streaming.service import StreamService
from service.streaming.topics import CHANGELOG_SETTINGS, prepare_topics
from tests.chaos.topics import configure_topic
from tests.streaming.harness import (
    Running,
    config,
    eventually,
    publish,
    read_all,
    started,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_CONTACTS = 60


@asynccontextmanager
async def counting(settings: KafkaConfig) -> AsyncIterator[Running]:
    """A service with engines that really count, when it is ready."""
    definitions = Definitions()
    it = Running(
        StreamService(
            settings,
            {"contacts": lambda: Engine(definitions, agreed_labels=True)},
            Decoder(65_536, 300_000_000),
            written(definitions),
        )
    )
    await it.service.start()
    try:
        ready = asyncio.create_task(it.until_ready())
        ended = asyncio.create_task(it.service.wait())
        await asyncio.wait({ready, ended}, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            ready.cancel()
            ended.result()
        ended.cancel()
        yield it
    finally:
        await it.service.stop()


async def contacts_started(it: Running) -> int:
    """What the counter says."""
    return sum(
        int(snapshot.families["cx_contacts_started_total"].values.sum())
        for _, snapshot in await it.snapshots()
        if "cx_contacts_started_total" in snapshot.families
    )


async def count(settings: KafkaConfig) -> list[Any]:
    """Fill a state; the changelog's records."""
    begin = datetime.now(UTC) - timedelta(hours=2)
    events = []
    for number in range(_CONTACTS):
        key, value = started(f"c{number}", f"k{number}")
        at = (begin + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        events.append((key, value.replace(b"2026-01-01T00:00:00Z", at.encode())))
    async with counting(settings) as it:
        for event in events:
            await publish(settings.bootstrap, settings.topics["contact-started"], [event])

        async def counted() -> bool:
            return await contacts_started(it) == _CONTACTS

        await eventually(counted, "all counted")
    return await read_all(settings.bootstrap, settings.changelog_topic, 1)


async def copy(settings: KafkaConfig, records: Sequence[Any]) -> None:
    """Records of one changelog, into that of these settings."""
    await prepare_topics(settings)
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap)
    await producer.start()
    try:
        for record in records:
            await producer.send_and_wait(
                settings.changelog_topic,
                key=record.key,
                value=record.value,
                partition=0,
                headers=list(record.headers),
            )
    finally:
        await producer.stop()


@pytest.mark.broker
async def test_a_changelog_without_its_head_is_rebuilt_from_whole_topics(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    records = await count(settings)
    rng, end = random.Random(24), len(records)
    heads = [(end - left, end) for left in (0, 1, 3, *rng.sample(range(4, end - 1), 2))]
    # Where the worker was killed in a flush as well, there is no clock after its records.
    cuts = [*heads, (end - 2, end - 1)]
    # All at once: each is a group of its own, and most of its time waits to be let in.
    await asyncio.gather(
        *(
            _is_rebuilt(_apart(settings, unique, number), records[first:last], f"{first} to {last}")
            for number, (first, last) in enumerate(cuts)
        )
    )


def _apart(settings: KafkaConfig, unique: Callable[[str], str], number: int) -> KafkaConfig:
    """Another group on the same events."""
    return replace(
        settings,
        group_id=unique(f"group-{number}"),
        changelog_topic=unique(f"changelog-{number}"),
        register_topic=unique(f"register-{number}"),
    )


async def _commit_all(settings: KafkaConfig) -> None:
    """As the group has whose changelog it was: what is committed says nothing of what is kept."""
    tp = TopicPartition(settings.topics["contact-started"], 0)
    member = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap, group_id=settings.group_id, enable_auto_commit=False
    )
    await member.start()
    try:
        member.assign([tp])
        await member.commit({tp: _CONTACTS})
    finally:
        await member.stop()


async def _is_rebuilt(settings: KafkaConfig, left: Sequence[Any], what: str) -> None:
    await _commit_all(settings)
    await copy(settings, left)
    for _ in range(2):  # and what comes of it is a state like any other
        # Who has left may be given the group by the embedded broker until its session is over.
        await asyncio.sleep(settings.session_timeout)
        async with counting(settings) as it:

            async def counted(it: Running = it) -> bool:
                return await contacts_started(it) == _CONTACTS

            await eventually(counted, f"all counted with records {what} left")


@pytest.mark.kafka
@pytest.mark.parametrize("left", [0, 3])
async def test_a_changelog_without_its_head_is_refused_where_topics_are_not_whole(
    bootstrap: str, unique: Callable[[str], str], left: int
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    records = await count(settings)
    topic = settings.topics["contact-started"]
    # As by an operator who has set a retention for a while: of a compacted topic, Kafka deletes
    # nothing else.
    await configure_topic(bootstrap, settings.changelog_topic, {"cleanup.policy": "delete"})
    await delete_before(bootstrap, settings.changelog_topic, len(records) - left)
    await configure_topic(bootstrap, settings.changelog_topic, CHANGELOG_SETTINGS)
    await delete_before(bootstrap, topic, 10)
    with pytest.raises(StreamError, match=f"are gone.*{topic} begins at offset 10"):
        async with counting(settings):
            pass


async def delete_before(bootstrap: str, topic: str, offset: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(offset)})
    finally:
        await admin.close()
