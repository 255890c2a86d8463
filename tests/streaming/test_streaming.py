"""From the topics to engines and back: the main path, on a broker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.streaming.harness import (
    committed,
    config,
    eventually,
    publish,
    read_all,
    running,
    started,
)

pytestmark = pytest.mark.broker


async def test_published_events_reach_the_engines(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    async with running(settings) as stream:
        topic = settings.topics["contact-started"]
        await publish(bootstrap, topic, (started(f"c{i}", f"k{i % 50}") for i in range(500)))
        await stream.until_contacts(500)
        events = stream.service.pipeline().events
        assert events == {(topic, "accepted"): 500}


async def test_events_of_a_partition_are_applied_in_the_order_of_the_log(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    async with running(settings) as stream:
        names = [f"c{i:05}" for i in range(6000)]
        await publish(
            bootstrap, settings.topics["contact-started"], (started(name) for name in names)
        )
        await stream.until_contacts(len(names))
        assert stream.engines[-1].applied == names


async def test_a_restart_restores_the_state_and_consumes_nothing_twice(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream:
        await publish(bootstrap, topic, (started(f"c{i}", f"k{i % 50}") for i in range(500)))
        await stream.until_contacts(500)
    async with running(settings) as stream:
        assert await stream.live_contacts() == 500
        await publish(bootstrap, topic, (started(f"d{i}", f"k{i % 50}") for i in range(10)))
        await stream.until_contacts(510)
        assert stream.service.pipeline().events == {(topic, "accepted"): 10}


async def test_state_written_before_a_restart_is_not_needed_from_the_events(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream:
        await publish(bootstrap, topic, (started(f"c{i}") for i in range(20)))
        await stream.until_contacts(20)
    assert await committed(settings, topic, 0) == 20
    changelog = await read_all(bootstrap, settings.changelog_topic, 1)
    assert {record.key for record in changelog} >= {b"c%d" % i for i in range(20)}


async def test_without_any_state_consumption_starts_at_the_beginning_whatever_is_committed(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream:
        await publish(bootstrap, topic, (started(f"c{i}", f"k{i % 50}") for i in range(100)))
        await stream.until_contacts(100)
    # As if the changelog topic had been deleted.
    async with running(replace(settings, changelog_topic=unique("new-changelog"))) as stream:
        await stream.until_contacts(100)


async def test_a_quiet_topic_is_caught_up_with_the_wall_clock(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    async with running(settings) as stream:
        engine = stream.engines[-1]
        await eventually(lambda: set(engine.caught_up_at) == set(settings.topics), "caught up")
        before = dict(engine.caught_up_at)
        await eventually(
            lambda: all(engine.caught_up_at[type_] > at for type_, at in before.items()),
            "the clock goes on",
        )
        assert set(stream.service.pipeline().lag.values()) == {0}
