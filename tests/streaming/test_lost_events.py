"""Events that are gone before they were read: told, counted, and no reason to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from service.streaming.config import KafkaConfig
from tests.streaming.harness import Running, config, eventually, publish, running, started

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


async def delete_up_to(bootstrap: str, topic: str, offset: int) -> None:
    """What retention does too."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(offset)})
    finally:
        await admin.close()


async def pretend_to_have_read(settings: KafkaConfig, topic: str, offset: int) -> None:
    """What the group has committed when a broker comes back without the end of its log."""
    reader = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap,
        group_id=settings.group_id,
        # Else it would commit, as it stops, where it would have begun to read.
        enable_auto_commit=False,
    )
    await reader.start()
    try:
        tp = TopicPartition(topic, 0)
        reader.assign([tp])
        await reader.commit({tp: offset})
    finally:
        await reader.stop()


def contacts(prefix: str, count: int) -> list[tuple[bytes, bytes]]:
    return [started(f"{prefix}{number}") for number in range(count)]


def lost(stream: Running, settings: KafkaConfig) -> int:
    counts = stream.service.pipeline().lost
    assert set(counts) <= {(topic, 0) for topic in settings.topics.values()}
    return sum(counts.values())


async def fetch_no_more(stream: Running, topic: str) -> None:
    """As if the worker had too much to do."""
    thread: Any = stream.service._app.consumer._thread  # type: ignore[attr-defined]

    async def pause() -> None:
        thread._consumer.pause(TopicPartition(topic, 0))
        # Longer than a fetch that is on its way.
        await asyncio.sleep(1.0)

    await thread.call_thread(pause)


async def fetch_again(stream: Running, topic: str) -> None:
    thread: Any = stream.service._app.consumer._thread  # type: ignore[attr-defined]

    async def resume() -> None:
        thread._consumer.resume(TopicPartition(topic, 0))

    await thread.call_thread(resume)


async def test_what_was_deleted_while_nobody_read_is_told_and_counted(
    bootstrap: str, unique: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream:
        await publish(bootstrap, topic, contacts("a", 10))
        await stream.until_contacts(10)
    await publish(bootstrap, topic, contacts("b", 10))
    await delete_up_to(bootstrap, topic, 17)
    async with running(settings) as stream:
        await stream.until_contacts(13)
        assert lost(stream, settings) == 7
        # Retention that is behind what is read costs nothing.
        await delete_up_to(bootstrap, topic, 19)
        await publish(bootstrap, topic, contacts("c", 1))
        await stream.until_contacts(14)
        assert lost(stream, settings) == 7
    told = [line for line in capsys.readouterr().out.splitlines() if "deleted from a topic" in line]
    assert len(told) == 1
    assert f"topic={topic}" in told[0]
    assert "expected_offset=10" in told[0]
    assert "found_offset=17" in told[0]


async def test_all_that_is_left_may_be_gone_and_the_next_event_counts(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream:
        await publish(bootstrap, topic, contacts("a", 3))
        await stream.until_contacts(3)
    await publish(bootstrap, topic, contacts("b", 5))
    await delete_up_to(bootstrap, topic, 8)
    async with running(settings) as stream:
        await eventually(lambda: lost(stream, settings) == 5, "counted")
        await publish(bootstrap, topic, contacts("c", 1))
        await stream.until_contacts(4)


async def test_what_is_deleted_from_under_a_worker_that_reads_is_told_and_counted(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream:
        await publish(bootstrap, topic, contacts("a", 3))
        await stream.until_contacts(3)
        await fetch_no_more(stream, topic)
        await publish(bootstrap, topic, contacts("b", 6))
        await delete_up_to(bootstrap, topic, 7)
        await fetch_again(stream, topic)

        async def all_accounted_for() -> bool:
            # An answer that was on its way already may have brought some of them all the same.
            return lost(stream, settings) + await stream.live_contacts() == 9

        await eventually(all_accounted_for, "what is not read is told")


async def test_a_log_that_ends_before_what_was_read_is_read_from_its_beginning_and_told(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream:
        await publish(bootstrap, topic, contacts("a", 4))
        await stream.until_contacts(4)
    await pretend_to_have_read(settings, topic, 10)
    async with running(settings) as stream:
        await eventually(lambda: lost(stream, settings) == 6, "told")
        await publish(bootstrap, topic, contacts("b", 4))
        await stream.until_contacts(8)
        assert lost(stream, settings) == 6
