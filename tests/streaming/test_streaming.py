"""From the topics to engines and back: the main path, on a broker."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from faust.types import TP

from service.streaming.config import KafkaConfig
from service.streaming.consumer import BatchConsumer
from service.streaming.worker import Worker
from tests.streaming.harness import (
    committed,
    config,
    eventually,
    make,
    publish,
    read_all,
    running,
    started,
    without_state,
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
        await stream.until_contacts(500)
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
    async with running(without_state(settings, unique)) as stream:
        await stream.until_contacts(100)


async def consume_a_hundred(settings: KafkaConfig) -> None:
    """A first service applies a hundred events, commits, and ends."""
    async with running(settings) as stream:
        topic = settings.topics["contact-started"]
        events = (started(f"c{i}", second=i) for i in range(100))
        await publish(settings.bootstrap, topic, events)
        await stream.until_contacts(100)


async def test_consumption_from_the_beginning_is_not_begun_again_when_the_group_changes(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    await consume_a_hundred(settings)
    # A new changelog, so no state, while the group has committed offsets.
    async with running(without_state(settings, unique)) as stream:
        worker = stream.service._worker
        await stream.until_contacts(100)

        async def is_committed() -> bool:
            return await committed(settings, topic, 0) == 100

        await eventually(is_committed, "committed")
        term = worker.term
        await stream.service._app.consumer.rejoin()  # type: ignore[attr-defined]
        await eventually(lambda: worker.term >= term + 2, "taken again")
        await publish(bootstrap, topic, [started("last", second=200)])
        await eventually(lambda: "last" in stream.engines[-1].contacts, "the last one")
        assert [name for engine in stream.engines for name in engine.applied].count("c0") == 1


async def test_a_worker_that_begins_anew_leaves_no_old_offsets_to_the_next_one(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    await consume_a_hundred(settings)
    anew = without_state(settings, unique)

    async def no_time(*_: object) -> None:
        return

    with monkeypatch.context() as patched:
        patched.setattr(Worker, "consume", no_time)
        async with running(anew) as stream:
            await stream.until_ready()
    # The changelog has its first owner's claim now.
    async with running(anew) as stream:
        await stream.until_contacts(100)


async def test_nothing_is_written_while_the_group_keeps_old_offsets(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    await consume_a_hundred(settings)
    anew = without_state(settings, unique)
    refusals: list[Mapping[TP, int]] = []

    async def refuse(_: BatchConsumer, offsets: Mapping[TP, int]) -> bool:
        refusals.append(offsets)
        return False

    running_anew = make(anew)
    with monkeypatch.context() as patched:
        patched.setattr(BatchConsumer, "commit_offsets", refuse)
        await running_anew.service.start()
        await eventually(lambda: len(refusals) > 2, "refused")
        # As after a crash: nobody commits any more. The next owner finds what was written.
        await running_anew.service.stop()
    assert {offset for offsets in refusals for offset in offsets.values()} == {0}
    async with running(anew) as stream:
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
