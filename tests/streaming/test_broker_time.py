"""What the broker says of its time, and that we go by it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from service.streaming.broker_time import BrokerTime
from service.streaming.config import KafkaConfig
from service.streaming.register import Register
from service.streaming.topics import prepare_topics
from service.streaming.wall_clock import WallClock
from tests.brokers.topics import create_topic
from tests.streaming.harness import config

SECOND = 1_000_000


async def compared(settings: KafkaConfig, clock: WallClock) -> list[str]:
    """Lets `clock` be compared once; what was logged of it."""
    register = Register(settings, lambda _: None)
    await register.start()
    broker_time = BrokerTime(register, clock)
    try:
        with capture_logs() as told:
            await broker_time.start()
    finally:
        broker_time.stop()
        await register.stop()
    return [line["event"] for line in told]


@pytest.mark.kafka
@pytest.mark.parametrize("ahead", [0, 400 * 86_400, 3_000, -3_000])
async def test_a_register_that_the_service_made_tells_the_brokers_time(
    bootstrap: str, unique: Callable[[str], str], ahead: int
) -> None:
    settings = config(bootstrap, unique)
    await prepare_topics(settings)
    right = WallClock()
    clock = WallClock(lambda: right._wall_ns() + 1000 * ahead * SECOND)
    assert await compared(settings, clock) == []
    off = clock.off_us()
    assert off is not None
    assert abs(off - ahead * SECOND) < 15 * SECOND
    assert (clock.right_us() is None) == (ahead != 0)


@pytest.mark.kafka
async def test_a_register_that_does_not_tell_it_is_reported_and_borne(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    await create_topic(bootstrap, settings.register_topic, compacted=True)
    await prepare_topics(settings)
    clock = WallClock()
    (told,) = await compared(settings, clock)
    assert "message.timestamp.type=LogAppendTime" in told
    assert clock.right_us() is not None
