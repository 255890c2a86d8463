"""What only Apache Kafka can show: brokers that die and return, stickiness, TLS and SCRAM."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.brokers.apache_kafka import ApacheKafka
from tests.patience import PATIENCE_S
from tests.streaming.harness import (
    committed,
    config,
    eventually,
    publish,
    running,
    started,
)

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


async def test_a_worker_keeps_the_state_of_partitions_it_keeps(
    own_kafka: ApacheKafka, unique: Callable[[str], str]
) -> None:
    settings = config(own_kafka.bootstrap, unique)
    topic = settings.topics["contact-started"]
    async with running(settings) as first:
        await publish(own_kafka.bootstrap, topic, (started(f"c{i}", f"k{i}") for i in range(400)))
        await first.until_contacts(400)
        assert len(first.engines) == 4
        async with running(settings):

            async def shared() -> bool:
                return len(await first.partitions()) == 2

            await eventually(shared, "two partitions are left")
        await first.until_contacts(400)
        # Only the two that were away have been restored.
        assert len(first.engines) == 6


async def test_a_broker_killed_and_restarted_loses_and_doubles_nothing(
    own_kafka: ApacheKafka, unique: Callable[[str], str]
) -> None:
    settings = config(own_kafka.bootstrap, unique)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream:
        await publish(
            own_kafka.bootstrap, topic, (started(f"c{i}", f"k{i}") for i in range(20_000))
        )
        await eventually(lambda: bool(stream.service.pipeline().events), "begun")
        await asyncio.to_thread(own_kafka.kill)
        await eventually(lambda: not stream.service.ready()[0], "not ready")
        assert sum(s.live_contacts for _, s in await stream.service.snapshots(0.5)) <= 20_000
        await asyncio.to_thread(own_kafka.restart)
        await stream.until_ready()
        await publish(own_kafka.bootstrap, topic, (started(f"d{i}", f"k{i}") for i in range(100)))
        await stream.until_contacts(20_100)
        assert await stream.live_contacts() == 20_100
    async with running(settings) as stream:
        assert await stream.live_contacts() == 20_100
        offsets = [await committed(settings, topic, number) for number in range(4)]
        assert sum(offset or 0 for offset in offsets) == 20_100


async def test_the_clocks_stand_still_while_the_broker_is_unreachable(
    own_kafka: ApacheKafka, unique: Callable[[str], str]
) -> None:
    settings = config(own_kafka.bootstrap, unique, partitions=1)
    async with running(settings) as stream:
        engine = stream.engines[-1]
        await eventually(lambda: set(engine.caught_up_at) == set(settings.topics), "caught up")
        await asyncio.to_thread(own_kafka.kill)

        async def stand_still() -> bool:
            before = dict(engine.caught_up_at)
            await asyncio.sleep(2.5)
            return engine.caught_up_at == before

        await eventually(stand_still, "clocks that stand still")


async def test_stopping_without_a_broker_ends_in_time(
    own_kafka: ApacheKafka, unique: Callable[[str], str]
) -> None:
    settings = config(own_kafka.bootstrap, unique)
    async with running(settings) as stream:
        await asyncio.to_thread(own_kafka.kill)
        async with asyncio.timeout(PATIENCE_S):
            await stream.service.stop()
