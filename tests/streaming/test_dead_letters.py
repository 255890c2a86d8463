"""Refused records: what is sent of them, and what happens when nobody takes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from service.events.refusal import Reason, Refused
from service.streaming import refusal_log
from service.streaming.dead_letters import (
    MAX_LETTER_BYTES,
    MAX_WAITING_BYTES,
    DeadLetterSender,
    dead_letter,
)
from service.streaming.refusal_log import RefusalLog
from service.streaming.wall_clock import WallClock
from tests.streaming.harness import (
    committed,
    config,
    eventually,
    publish,
    read_all,
    running,
    started,
)

TP: Final = ("contact-started", 3)


def record(**changes: Any) -> Any:
    fields: dict[str, Any] = {
        "offset": 42,
        "key": b"someone",
        "value": b"nonsense",
        "headers": (("trace", b"t1"),),
    }
    return SimpleNamespace(**{**fields, **changes})


REFUSED = Refused(Reason.NOT_JSON, "the value is not JSON")


def test_a_letter_keeps_key_value_and_headers_and_adds_why() -> None:
    letter = dead_letter(TP, record(), REFUSED)
    assert (letter.key, letter.value) == (b"someone", b"nonsense")
    headers = dict(letter.headers)
    assert headers["trace"] == b"t1"
    assert headers["error.reason"] == b"not_json"
    assert headers["error.topic"] == b"contact-started"
    assert headers["error.partition"] == b"3"
    assert headers["error.offset"] == b"42"


def test_a_record_without_value_stays_without() -> None:
    assert dead_letter(TP, record(value=None, key=None), REFUSED).value is None


async def test_the_log_says_at_once_that_events_are_refused_and_then_how_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refusal_log, "_EVERY_SECONDS", 0.05)
    told = RefusalLog("dead")
    with capture_logs() as lines:
        told.note([])
        told.note([("a", "not_json")])
        told.note([("a", "not_json"), ("a", "not_json"), ("b", "no_value")])
        assert [line["events"] for line in lines] == [1]
        while len(lines) < 3:
            await asyncio.sleep(0.01)
        told.note([("b", "no_value")])
        told.close()
    assert [(it["topic"], it["reason"], it["events"]) for it in lines] == [
        ("a", "not_json", 1),
        ("a", "not_json", 2),
        ("b", "no_value", 1),
        ("b", "no_value", 1),
    ]
    assert {line["log_level"] for line in lines} == {"warning"}


def test_a_value_too_large_for_a_record_is_cut_and_says_so() -> None:
    letter = dead_letter(TP, record(value=b"x" * 5_000_000), REFUSED)
    assert letter.size <= MAX_LETTER_BYTES
    assert letter.value == b"x" * len(letter.value or b"")
    assert dict(letter.headers)["error.truncated"] == b"5000000"


def test_a_key_too_large_for_a_record_is_left_out() -> None:
    letter = dead_letter(TP, record(key=b"k" * 2_000_000), REFUSED)
    assert letter.key is None
    assert letter.size < MAX_LETTER_BYTES
    assert dict(letter.headers)["error.reason"] == b"not_json"


@pytest.mark.broker
async def test_refused_events_arrive_and_their_offsets_are_committed(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=2)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream:
        await publish(bootstrap, topic, [(b"k", b"no json")], 1, headers=[("trace", b"t1")])
        await publish(bootstrap, topic, [(b"other", started("c1")[1])], 1)
        await eventually(
            lambda: stream.service.pipeline().events.get((topic, "invalid")) == 2, "refused"
        )
        assert stream.service.pipeline().dead_letters == {
            (topic, "not_json"): 1,
            (topic, "wrong_key"): 1,
        }
    first, second = await read_all(bootstrap, settings.dead_letter_topic, 2)
    assert (first.key, first.value) == (b"k", b"no json")
    assert first.partition == 1
    headers = dict(first.headers)
    assert headers["trace"] == b"t1"
    assert headers["error.reason"] == b"not_json"
    assert headers["error.offset"] == b"0"
    assert dict(second.headers)["error.reason"] == b"wrong_key"
    assert await committed(settings, topic, 1) == 2


@pytest.mark.broker
async def test_an_event_of_many_megabytes_is_refused_and_sent_cut(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream:
        await publish(bootstrap, topic, [(b"k", b'"' + b"x" * 980_000 + b'"')])
        await publish(bootstrap, topic, [started("c1")])
        await stream.until_contacts(1)
    (letter,) = await read_all(bootstrap, settings.dead_letter_topic, 1)
    headers = dict(letter.headers)
    assert headers["error.reason"] == b"too_large"
    assert headers["error.truncated"] == b"980002"


class Topicless:
    """A producer whose topic takes nothing."""

    def __init__(self) -> None:
        self.tries = 0

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def partitions_for(self, topic: str) -> set[int]:
        from aiokafka.errors import UnknownTopicOrPartitionError

        self.tries += 1
        raise UnknownTopicOrPartitionError(topic)


@pytest.fixture
async def broken(unique: Callable[[str], str]) -> Any:
    dropped: list[str] = []
    sender = DeadLetterSender(config("localhost:1", unique), WallClock(), dropped.append)
    producer = Topicless()
    sender._producer = producer
    sender.patience = 0.3
    await sender.start()
    yield SimpleNamespace(sender=sender, producer=producer, dropped=dropped)
    await sender.stop()


async def test_letters_nobody_takes_are_dropped_and_counted_after_a_time(broken: Any) -> None:
    letters = [dead_letter(TP, record(), REFUSED)] * 3
    assert broken.sender.submit(letters) == 3
    await broken.sender.until(3)
    assert broken.dropped == ["contact-started"] * 3
    assert broken.producer.tries >= 1


async def test_a_broken_topic_is_not_waited_for_again_with_every_letter(broken: Any) -> None:
    letter = dead_letter(TP, record(), REFUSED)
    broken.sender.submit([letter])
    await broken.sender.until(1)
    broken.sender.patience = 3600.0  # until it is time for another try
    tries = broken.producer.tries
    for _ in range(1000):
        broken.sender.submit([letter])
    await broken.sender.until(1001)
    assert broken.producer.tries == tries
    assert len(broken.dropped) == 1001


async def test_letters_on_their_way_are_bounded(broken: Any) -> None:
    big = dead_letter(TP, record(value=b"x" * 800_000), REFUSED)
    count = MAX_WAITING_BYTES // big.size + 1
    assert broken.sender.has_room
    broken.sender.submit([big] * count)
    assert not broken.sender.has_room
    await broken.sender.room()
    assert broken.sender.has_room


@pytest.mark.broker
async def test_a_dead_letter_topic_that_takes_nothing_does_not_stop_the_numbers(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    async with running(replace(settings)) as stream:
        letters = stream.service._worker._dead_letters
        monkeypatch.setattr(letters, "patience", 0.5)
        monkeypatch.setattr(letters._producer, "partitions_for", Topicless().partitions_for)
        await publish(bootstrap, topic, [(b"k", b"no json")] * 50)
        await publish(bootstrap, topic, [started("c1")])
        await stream.until_contacts(1)
        await eventually(lambda: letters.settled == 50, "dropped")
    assert await committed(settings, topic, 0) == 51
