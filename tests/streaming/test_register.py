"""What the group agrees on: one order for all, whoever writes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaTimeoutError, LeaderNotAvailableError
from structlog.testing import capture_logs

from service.aggregates.labels import Label
from service.streaming.errors import StreamError
from service.streaming.register import Register
from service.streaming.topics import prepare_topics
from tests.brokers.topics import create_topic
from tests.streaming.harness import config, eventually, publish, read_all

if TYPE_CHECKING:
    from service.streaming.config import KafkaConfig

pytestmark = pytest.mark.broker


@asynccontextmanager
async def reading(settings: KafkaConfig) -> AsyncIterator[Register]:
    """A register that has read all there is."""
    failures: list[StreamError] = []
    register = Register(settings, failures.append)
    await register.start()
    try:
        yield register
    finally:
        await register.stop()
    assert failures == []


async def caught_up(register: Register) -> None:
    """It has read all that is in the log now."""
    ends = await register._consumer.end_offsets([register._partition])
    await register._until(ends[register._partition])


def proposals(seed: int) -> list[list[Label]]:
    """What one worker proposes, one after the other; others propose much of the same."""
    rng = random.Random(seed)
    values = [Label(rng.choice(["queue", "reason"]), f"v{rng.randrange(20)}") for _ in range(60)]
    return [values[start : start + 4] for start in range(0, 60, 4)]


async def test_workers_that_propose_at_once_come_to_one_list(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    await prepare_topics(settings)

    async def propose(register: Register, seed: int) -> None:
        for labels in proposals(seed):
            await register.agree(labels)
            assert set(labels) <= set(register.labels)

    async with reading(settings) as one, reading(settings) as two, reading(settings) as three:
        workers = (one, two, three)
        await asyncio.gather(*(propose(worker, seed) for seed, worker in enumerate(workers)))
        for worker in workers:
            await caught_up(worker)
        assert one.labels == two.labels == three.labels
        assert len(set(one.labels)) == len(one.labels)
        every = {label for seed in range(3) for labels in proposals(seed) for label in labels}
        assert set(one.labels) == every
        listed = list(one.labels)
    async with reading(settings) as late:
        assert late.labels == listed


async def test_the_list_is_the_same_once_the_log_is_compacted(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    """Also of a value that two have proposed, although only the last record of a key stays."""
    settings = config(bootstrap, unique)
    await prepare_topics(settings)
    first, second = Label("queue", "a"), Label("queue", "b")
    async with reading(settings) as one, reading(settings) as two:
        # Neither has seen what the other one writes.
        await asyncio.gather(*(it.agree([first, second]) for it in (one, two)))
        await caught_up(one)
        listed = list(one.labels)
    records = await read_all(bootstrap, settings.register_topic, 1)
    last = {record.key: record for record in records}
    kept = sorted(last.values(), key=lambda record: record.offset)
    again = replace(settings, register_topic=unique("compacted"))
    await prepare_topics(again)
    await publish(bootstrap, again.register_topic, [(it.key, it.value) for it in kept])
    async with reading(again) as compacted:
        assert compacted.labels == listed


async def test_the_last_value_of_a_name_stands_and_is_seen_by_all(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    await prepare_topics(settings)
    async with reading(settings) as one, reading(settings) as two:
        await one.put("partitions", value=b"4")
        await one.put("partitions", value=b"6")
        assert one.value("partitions") == b"6"
        await eventually(lambda: two.value("partitions") == b"6", "seen by the other worker")
        assert two.value("something", "else") is None


async def test_a_read_that_fails_for_a_moment_is_tried_again(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(bootstrap, unique)
    await prepare_topics(settings)
    read, failures = (
        AIOKafkaConsumer.getmany,
        iter([KafkaTimeoutError(), LeaderNotAvailableError()]),
    )

    async def at_times(consumer: AIOKafkaConsumer, *wanted: Any, **limits: Any) -> Any:
        if error := next(failures, None):
            raise error
        return await read(consumer, *wanted, **limits)

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", at_times)
    async with reading(settings) as register:
        await register.put("name", value=b"value")
        assert register.value("name") == b"value"
    assert next(failures, None) is None


async def test_groups_that_share_a_register_do_not_see_each_other(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    await prepare_topics(settings)
    async with reading(settings) as one, reading(replace(settings, group_id="other")) as other:
        await one.agree([Label("queue", "a")])
        await one.put("partitions", value=b"4")
        await caught_up(other)
        assert (other.labels, other.value("partitions")) == ([], None)


async def test_records_that_are_none_of_ours_are_left_out(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    await prepare_topics(settings)
    rng = random.Random(7)
    garbage = [(rng.randbytes(rng.randrange(20)), rng.randbytes(5)) for _ in range(300)]
    await publish(bootstrap, settings.register_topic, [(b"", b""), *garbage])
    with capture_logs() as log:
        async with reading(settings) as register:
            assert register.labels == []
            await register.agree([Label("reason", "r" * 64)])
            assert register.labels == [Label("reason", "r" * 64)]
    told = [line for line in log if line["event"] == "not records of the register: left out"]
    assert 0 < len(told) < 10
    assert sum(line["records"] for line in told) > 250


async def test_a_register_with_several_partitions_is_refused(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    await create_topic(bootstrap, settings.register_topic, 2)
    with pytest.raises(StreamError, match="has 2 partitions"):
        await prepare_topics(settings)
