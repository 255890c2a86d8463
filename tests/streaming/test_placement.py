"""Where Java places a key, and that records elsewhere are counted."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from aiokafka.partitioner import murmur2

from service.streaming.pipeline import PipelineCounts
from service.streaming.placement import java_partitions
from tests.streaming.harness import config, eventually, publish, running, started


def placed(key: bytes, partitions: int) -> int:
    """As aiokafka has it from Java, one key at a time."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


@pytest.mark.parametrize("partitions", [1, 2, 7, 12, 10_000])
def test_keys_of_any_length_are_placed_as_java_places_them(partitions: int) -> None:
    rng = random.Random(partitions)
    for largest in (0, 1, 5, 300):
        keys = [rng.randbytes(rng.randrange(largest + 1)) for _ in range(500)]
        expected = [placed(key, partitions) for key in keys]
        assert java_partitions(keys, partitions).tolist() == expected


@pytest.mark.parametrize("length", [0, 3, 4, 35, 36])
def test_keys_of_one_length_are_placed_as_java_places_them(length: int) -> None:
    rng = random.Random(length)
    keys = [rng.randbytes(length) for _ in range(500)]
    assert java_partitions(keys, 12).tolist() == [placed(key, 12) for key in keys]


def test_what_lies_elsewhere_is_counted_once_whenever_it_is_asked_for() -> None:
    rng = random.Random(1)
    counts = PipelineCounts({"a": 6, "b": 6}, {}, "")
    elsewhere = 0
    for _ in range(400):
        partition = rng.randrange(6)
        keys = [b"%d" % rng.randrange(1_000) for _ in range(rng.randrange(40))]
        counts.add_keys("a", partition, keys, 0)
        elsewhere += sum(placed(key, 6) != partition for key in keys)
        if rng.random() < 0.05:
            assert counts.report().misplaced == {"a": elsewhere, "b": 0}
    assert counts.report().misplaced == {"a": elsewhere, "b": 0}


def test_where_keys_lay_lately_is_of_the_last_hours_and_of_enough_keys() -> None:
    counts = PipelineCounts({"a": 6}, {}, "")
    key = b"k"
    right, wrong = placed(key, 6), (placed(key, 6) + 1) % 6
    hour, at = 3_600_000_000, time.time_ns() // 1000

    def lately() -> tuple[int, int]:
        told = counts.report().arrivals["a"]
        assert told.last == at / 1e6
        return told.keys, told.elsewhere

    counts.add_keys("a", wrong, [key] * 300, at)
    assert lately() == (300, 300)
    at += hour
    counts.add_keys("a", right, [key] * 40, at)
    assert lately() == (340, 300)
    # Of fewer than a hundred nothing could be said: the hour goes on until there are as many.
    at += hour
    counts.add_keys("a", right, [key] * 60, at)
    assert lately() == (400, 300)
    at += hour
    counts.add_keys("a", right, [key], at)
    assert lately() == (101, 0)
    assert counts.report().misplaced == {"a": 300}


@pytest.mark.broker
async def test_records_that_a_publisher_places_elsewhere_are_counted_by_topic(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    begun, ended, _ = settings.topics.values()
    events = [started(f"c{number}", f"k{number}") for number in range(50)]
    async with running(settings) as stream:
        await publish(bootstrap, begun, events)
        for partition in range(4):
            # No events of this topic, but keys are looked at all the same.
            await publish(bootstrap, ended, events, partition=partition)

        def refused() -> int:
            return stream.service.pipeline().events.get((ended, "invalid"), 0)

        await stream.until_contacts(50)
        await eventually(lambda: refused() == 200, "all read")
        told = stream.service.pipeline()
    assert (told.misplaced[begun], told.misplaced[ended]) == (0, 150)
    assert [told.arrivals[topic].elsewhere for topic in (begun, ended)] == [0, 150]


@pytest.mark.broker
async def test_a_key_longer_than_any_id_is_not_looked_at_with_the_others(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    """Laid side by side, thousands of keys would take as much room each as that one."""
    settings = config(bootstrap, unique)
    topic = settings.topics["contact-started"]
    long = placed(b"k" * 900_000, 4)
    async with running(settings) as stream:
        await publish(bootstrap, topic, [(b"k" * 900_000, b"{}")], partition=(long + 1) % 4)
        await publish(
            bootstrap, topic, [started(f"c{number}", f"k{number}") for number in range(9)]
        )
        await stream.until_contacts(9)

        def refused() -> int:
            return stream.service.pipeline().events.get((topic, "invalid"), 0)

        await eventually(lambda: refused() == 1, "all read")
        assert stream.service.pipeline().misplaced[topic] == 0
