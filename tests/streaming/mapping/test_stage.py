"""Records of another system become events, each of them at least once, whatever comes."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from service.feeds.mapped import Mapped, Result
from service.streaming.errors import StreamError
from service.streaming.placement import java_partitions
from tests.brokers.topics import create_topic
from tests.patience import PATIENCE_S
from tests.streaming.harness import committed, eventually, publish, read_all
from tests.streaming.mapping.toy import (
    FEED,
    MISTAKEN,
    ToyMapper,
    records,
    running,
    stage_config,
    until_ready,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.embedded_broker import EmbeddedBroker
    from service.feeds.record import ForeignRecord
    from service.streaming.mapping.config import StageConfig

pytestmark = pytest.mark.broker

OUTPUTS = 4


async def create_topics(config: StageConfig, inputs: int = 3) -> None:
    kafka = config.kafka
    await create_topic(kafka.bootstrap, config.inputs[0], inputs)
    await create_outputs(config)


async def create_outputs(config: StageConfig) -> None:
    for topic in config.kafka.topics.values():
        await create_topic(config.kafka.bootstrap, topic, OUTPUTS)
    await create_topic(config.kafka.bootstrap, config.kafka.dead_letter_topic)


def tickets(numbers: Sequence[int]) -> list[tuple[bytes, bytes]]:
    """Keyed by ticket, as helpdesks do."""
    return [
        (f"t{n}".encode(), json.dumps({"id": f"t{n}", "who": f"customer {n % 7}"}).encode())
        for n in numbers
    ]


async def events(config: StageConfig) -> list[Any]:
    return await read_all(
        config.kafka.bootstrap, config.kafka.topics["contact-started"], partitions=OUTPUTS
    )


def ids(of: Sequence[Any]) -> set[str]:
    return {json.loads(record.value)["contact_id"] for record in of}


async def test_events_lie_where_java_places_their_customer(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    config = stage_config(bootstrap, unique)
    await create_topics(config)
    await publish(bootstrap, config.inputs[0], tickets(range(50)))
    async with running(config) as stage:
        await eventually(lambda: records(stage)["emitted"] == 50, "all mapped")
    written = await events(config)
    assert ids(written) == {f"t{n}" for n in range(50)}
    assert {json.loads(it.value)["customer_id"].encode() for it in written} == {
        it.key for it in written
    }
    places = java_partitions([it.key for it in written], OUTPUTS).tolist()
    assert [it.partition for it in written] == places
    assert len(set(places)) > 1


async def test_what_failed_is_a_letter_with_its_feed_and_the_bytes_that_came(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    config = stage_config(bootstrap, unique)
    await create_topics(config)
    hostile: list[bytes | None] = [b"\xff\xfe", b"[1, 2]", b"null", b'{"id": 1}', b"", None]
    await publish(
        bootstrap,
        config.inputs[0],
        [*((b"\xff", value) for value in hostile), (b"k", b"{}"), *tickets([1])],
        headers=[("vendor", b"x")],
    )
    async with running(config) as stage:
        await eventually(lambda: records(stage)["emitted"] == 1, "the good one")
        await eventually(lambda: sum(records(stage).values()) == len(hostile) + 2, "all")
        assert records(stage) == {"emitted": 1, "skipped": 1, "failed": len(hostile)}
    letters = await read_all(bootstrap, config.kafka.dead_letter_topic, 1)
    assert sorted(it.value or b"" for it in letters) == sorted(value or b"" for value in hostile)
    for letter in letters:
        headers = dict(letter.headers)
        assert letter.key == b"\xff"
        assert headers["vendor"] == b"x"
        assert headers["error.feed"] == FEED.encode()
        assert headers["error.reason"] == b"toy"
        assert headers["error.topic"] == config.inputs[0].encode()


async def test_a_mistake_of_the_mapper_costs_one_record(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    config = stage_config(bootstrap, unique)
    await create_topics(config)
    await publish(bootstrap, config.inputs[0], [(b"k", MISTAKEN), *tickets([1])])
    async with running(config) as stage:
        await eventually(lambda: records(stage)["emitted"] == 1, "the good one")
        letters = config.kafka.dead_letter_topic

        async def is_there() -> bool:
            return bool(await read_all(bootstrap, letters, 1))

        await eventually(is_there, "the letter")
    [letter] = await read_all(bootstrap, config.kafka.dead_letter_topic, 1)
    assert letter.value == MISTAKEN
    assert dict(letter.headers)["error.reason"] == b"internal_error"


async def test_on_a_host_whose_clock_is_behind_what_happens_now_is_not_in_the_future(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = stage_config(bootstrap, unique)
    await create_topics(config, inputs=1)
    judged_at: list[int] = []

    def mapped(self: ToyMapper, record: ForeignRecord, wall_us: int, schemas: Any) -> Mapped:
        judged_at.append(wall_us)
        return Mapped((), (), ((FEED, Result.SKIPPED),))

    monkeypatch.setattr(ToyMapper, "map", mapped)
    right_ns = time.time_ns
    began_us = right_ns() // 1000
    await publish(bootstrap, config.inputs[0], tickets([1]))
    monkeypatch.setattr(time, "time_ns", lambda: right_ns() - 3000 * 10**9)
    async with running(config):
        await eventually(lambda: bool(judged_at), "it is judged")
    assert began_us - 1000 <= judged_at[0] <= right_ns() // 1000


async def test_a_stop_commits_what_it_has_mapped_and_the_next_start_goes_on_there(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    config = stage_config(bootstrap, unique)
    await create_topics(config, inputs=1)
    await publish(bootstrap, config.inputs[0], tickets(range(10)))
    async with running(config) as stage:
        await eventually(lambda: records(stage)["emitted"] == 10, "all mapped")
    assert await committed(config.kafka, config.inputs[0], 0) == 10
    await publish(bootstrap, config.inputs[0], tickets([10]))
    async with running(config) as stage:
        await eventually(lambda: records(stage)["emitted"] > 0, "the new one")
        await until_ready(stage)
        assert records(stage)["emitted"] == 1


async def test_a_topic_that_comes_later_is_read_and_missed_aloud_until_then(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.streaming.mapping.service._LOOK_SECONDS", 0.2)
    config = stage_config(bootstrap, unique)
    await create_outputs(config)
    async with running(config) as stage:
        ready, reason = stage.ready()
        assert not ready
        assert reason["missing_topics"] == [config.inputs[0]]
        await create_topic(bootstrap, config.inputs[0])
        await publish(bootstrap, config.inputs[0], tickets([1]))
        await eventually(lambda: records(stage)["emitted"] == 1, "mapped")
        await until_ready(stage)


@pytest.mark.parametrize("what", ["missing", "unequal"])
async def test_topics_of_events_that_cannot_be_written_to_are_refused_at_the_start(
    bootstrap: str, unique: Callable[[str], str], what: str
) -> None:
    config = stage_config(bootstrap, unique)
    await create_topic(bootstrap, config.inputs[0])
    if what == "unequal":
        await create_outputs(config)
        config.kafka.topics["contact-resolved"] = unique("contact-resolved")  # type: ignore[index]
        await create_topic(bootstrap, config.kafka.topics["contact-resolved"], 1)
    with pytest.raises(StreamError, match=f"{what} (topics|partition counts): .*create"):
        async with running(config):
            pass


async def test_a_broker_that_goes_away_for_good_holds_no_stop_up(
    own_broker: EmbeddedBroker, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = stage_config(own_broker.bootstrap, unique)
    await create_topics(config, inputs=1)
    async with running(config) as stage:
        await until_ready(stage)
        own_broker.stop()
        monkeypatch.setattr("service.streaming.mapping.service._REACHABLE_SECONDS", 2.0)
        await eventually(lambda: not stage.ready()[0], "not ready any more")
        async with asyncio.timeout(PATIENCE_S):
            await stage.stop()
