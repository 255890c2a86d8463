"""How often a broker is asked for what it does not have."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from service.streaming.fetching import fetcher
from service.streaming.fetching.bounded_consumer import BoundedConsumer
from service.streaming.fetching.fetcher import BoundedFetcher
from service.streaming.fetching.wire import Quick
from tests.brokers.topics import create_topic
from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.broker

MIB = 1024 * 1024


async def waits_asked_for(bootstrap: str, topic: str, value: bytes | None) -> list[int]:
    """Of each fetch the milliseconds, the first of them after the value was read."""
    await create_topic(bootstrap, topic, 2)
    consumer = BoundedConsumer(
        64 * MIB,
        250,
        bootstrap_servers=bootstrap,
        fetch_max_wait_ms=20,
        auto_offset_reset="earliest",
    )
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=4 * MIB)
    await consumer.start()
    await producer.start()
    asked: list[int] = []
    try:
        consumer.assign([TopicPartition(topic, 0), TopicPartition(topic, 1)])
        if value is not None:
            await producer.send_and_wait(topic, value, partition=0)
            while not await consumer.getmany(timeout_ms=1000):
                pass
        send = consumer._client.send

        async def sent(node: int, request: Any, **options: Any) -> Any:
            if isinstance(request, Quick):
                asked.append(request.plain._max_wait_ms)
            return await send(node, request, **options)

        consumer._client.send = sent
        async with asyncio.timeout(PATIENCE_S):
            while len(asked) < 3:
                await consumer.getmany(timeout_ms=100)
                await asyncio.sleep(0)
    finally:
        await producer.stop()
        await consumer.stop()
    return asked


def test_who_brought_a_little_is_asked_again_after_a_while_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fetcher, "_PACE_SECONDS", 3600.0)
    paced = object.__new__(BoundedFetcher)
    paced._is_on_demand = False
    paced._busy_until, paced._brought_at = 0.0, time.monotonic()
    requests, resets, seconds, *_ = paced._get_actions_per_node(None)
    assert not requests
    assert not resets
    assert 0 < seconds <= 3600


def test_on_demand_nobody_is_asked_unless_somebody_waits() -> None:
    paced: Any = object.__new__(BoundedFetcher)
    paced._is_on_demand, paced._most_bytes, paced._records = True, MIB, {}
    paced._busy_until = 0.0
    loop = asyncio.new_event_loop()
    waiting, gone = loop.create_future(), loop.create_future()
    gone.cancel()
    paced._fetch_waiters = {gone}
    assert not paced._is_to_ask()
    paced._fetch_waiters = {gone, waiting}
    assert paced._is_to_ask()
    loop.close()
    # While much comes in, the next answer is there before somebody waits.
    paced._fetch_waiters, paced._busy_until = {gone}, time.monotonic() + 3600
    assert paced._is_to_ask()


async def test_on_demand_a_position_is_found_while_nobody_waits(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    topic = unique("sought")
    await create_topic(bootstrap, topic)
    consumer = BoundedConsumer(64 * MIB, 250, bootstrap_servers=bootstrap, fetch_max_wait_ms=20)
    await consumer.start()
    try:
        tp = TopicPartition(topic, 0)
        consumer.assign([tp])
        await consumer.seek_to_beginning(tp)
        assert consumer.positions() == {tp: 0}
    finally:
        await consumer.stop()


@pytest.mark.parametrize("value", [None, b"a little"])
def test_a_broker_may_take_its_time_where_little_comes_in(
    bootstrap: str, unique: Callable[[str], str], value: bytes | None
) -> None:
    asked = asyncio.run(waits_asked_for(bootstrap, unique("quiet"), value))
    assert set(asked[1:]) == {250}


@pytest.mark.parametrize(("busy_seconds", "wait"), [(3600.0, 20), (0.0, 250)])
def test_while_much_comes_in_no_broker_without_anything_holds_up_the_rest(
    bootstrap: str,
    unique: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    busy_seconds: float,
    wait: int,
) -> None:
    monkeypatch.setattr(fetcher, "_BUSY_SECONDS", busy_seconds)
    if busy_seconds:
        # Nor does it wait for more of what is there.
        monkeypatch.setattr(fetcher, "_PACE_SECONDS", 3600.0)
    asked = asyncio.run(waits_asked_for(bootstrap, unique("busy"), bytes(MIB // 2)))
    assert set(asked[1:]) == {wait}
