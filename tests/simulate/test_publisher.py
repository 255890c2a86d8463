"""The publisher on a real broker."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import NewTopic
from aiokafka.partitioner import DefaultPartitioner

from service.definitions import HOUR, MINUTE, SECOND
from service.embedded_broker import EmbeddedBroker
from service.events.model import EVENT_CLASSES, EventType
from service.simulate.generator import simulate
from service.simulate.pacing import Pacing, wall_clock
from service.simulate.plan import Faults
from service.simulate.publisher import Progress, PublishingError, publish
from tests.brokers.topics import create_topics
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.simulate.observed import plan

pytestmark = pytest.mark.broker

Topics = Mapping[EventType, str]
PARTITIONS = 3


@pytest.fixture
async def topics(bootstrap: str, unique: Callable[[str], str]) -> Topics:
    """A topic of this test alone for each type."""
    names = {type_: unique(type_) for type_ in EVENT_CLASSES}
    await create(bootstrap, names.values())
    return names


async def create(bootstrap: str, names: Iterable[str]) -> None:
    await create_topics(bootstrap, *(NewTopic(name, PARTITIONS, 1) for name in names))


async def on_broker(bootstrap: str, topics: Topics) -> list[tuple[EventType, int, bytes, bytes]]:
    """All records: type, partition, key and value."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    async with consumer:
        partitions = {
            TopicPartition(topic, number): type_
            for type_, topic in topics.items()
            for number in range(PARTITIONS)
        }
        consumer.assign(list(partitions))
        ends = await consumer.end_offsets(list(partitions))
        records: list[tuple[EventType, int, bytes, bytes]] = []
        async with asyncio.timeout(PATIENCE_S):
            while len(records) < sum(ends.values()):
                batches = await consumer.getmany(timeout_ms=200)
                records += [
                    (partitions[partition], partition.partition, record.key, record.value)
                    for partition, batch in batches.items()
                    for record in batch
                ]
    return records


async def test_all_that_is_simulated_arrives_on_its_topic_under_its_key(
    bootstrap: str, topics: Topics
) -> None:
    given = plan(duration=3 * HOUR, contact_responded=True, faults=Faults(5 * SECOND, 0.1, 0.05))
    done = await publish(given, Pacing(), {"bootstrap_servers": bootstrap}, topics)
    sent = Counter((item.type, item.key, item.value) for item in simulate(given))
    arrived = await on_broker(bootstrap, topics)
    assert Counter((type_, key, value) for type_, _, key, value in arrived) == sent
    assert done.published == sent.total()
    assert len({type_ for type_, *_ in arrived}) == 4


async def test_a_customers_events_share_a_partition_number_over_all_topics(
    bootstrap: str, topics: Topics
) -> None:
    given = plan(duration=HOUR)
    await publish(given, Pacing(), {"bootstrap_servers": bootstrap}, topics)
    place = DefaultPartitioner()
    numbers = list(range(PARTITIONS))
    for _, partition, key, _ in await on_broker(bootstrap, topics):
        assert partition == place(key, numbers, numbers)


async def test_the_past_comes_at_once_and_then_it_goes_on_live(
    bootstrap: str, topics: Topics
) -> None:
    begun = wall_clock()
    given = plan(start=begun - HOUR, rate=10_000, duration=None)
    reports: list[Progress] = []
    live = asyncio.Event()

    def watch(report: Progress) -> None:
        reports.append(report)
        if report.live and report.at > begun:
            live.set()

    task = asyncio.create_task(
        publish(given, Pacing(), {"bootstrap_servers": bootstrap}, topics, watch)
    )
    async with asyncio.timeout(PATIENCE_S):
        await live.wait()
    task.cancel()
    await asyncio.wait([task])
    assert not reports[0].live
    assert reports[-1].at <= wall_clock()


async def test_speed_up_plays_the_past_faster(bootstrap: str, topics: Topics) -> None:
    start = wall_clock() - HOUR
    given = plan(start=start, rate=6000, duration=10 * MINUTE)
    begun = time.monotonic()
    await publish(given, Pacing(start, 300), {"bootstrap_servers": bootstrap}, topics)
    assert time.monotonic() - begun > 1.5


async def test_a_cancelled_publisher_delivers_what_it_has_sent(
    bootstrap: str, topics: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.simulate.publisher._STOP_SECONDS", PATIENCE_S)
    live = asyncio.Event()
    published = 0

    def watch(report: Progress) -> None:
        nonlocal published
        published = report.published
        if report.live:
            live.set()

    endless = plan(start=wall_clock() - HOUR, duration=None)
    task = asyncio.create_task(
        publish(endless, Pacing(), {"bootstrap_servers": bootstrap}, topics, watch)
    )
    async with asyncio.timeout(PATIENCE_S):
        await live.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await on_broker(bootstrap, topics)) >= published > 0


async def test_missing_topics_are_named(bootstrap: str, unique: Callable[[str], str]) -> None:
    names = {type_: unique(type_) for type_ in EVENT_CLASSES}
    await create(bootstrap, [names["contact-started"]])
    with pytest.raises(PublishingError) as error:
        await publish(plan(), Pacing(), {"bootstrap_servers": bootstrap}, names)
    assert names["survey-answered"] in str(error.value)
    assert names["contact-started"] not in str(error.value)
    assert names["contact-responded"] not in str(error.value)  # not part of this plan


async def test_an_unreachable_broker_is_named() -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    names = {type_: str(type_) for type_ in EVENT_CLASSES}
    with pytest.raises(PublishingError, match=f"no broker answers at {nowhere}"):
        await publish(plan(), Pacing(), {"bootstrap_servers": nowhere}, names)


async def test_a_broker_that_goes_away_is_an_error(own_broker: EmbeddedBroker) -> None:
    names = {type_: str(type_) for type_ in EVENT_CLASSES}
    await create(own_broker.bootstrap, names.values())
    connection = {"bootstrap_servers": own_broker.bootstrap, "request_timeout_ms": 2000}

    def stop(report: Progress) -> None:
        if report.live:
            own_broker.stop()

    endless = plan(start=wall_clock() - MINUTE, rate=40_000, duration=None)
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(PublishingError):
            await publish(endless, Pacing(), connection, names, stop)
