"""`export` writes what the topics hold, so that a replay of it says what the service says."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic

from service.definitions import HOUR
from tests.brokers.topics import create_topic, create_topics
from tests.cli.program import run
from tests.past import simulated
from tests.ports import free_port

pytestmark = pytest.mark.broker

_PARTITIONS = 3
#: When records are published: milliseconds since 1970.
_PUBLISHED = 1_780_000_000_000


@pytest.fixture
async def topics(bootstrap: str, unique: Callable[[str], str]) -> dict[str, str]:
    """A topic of this test alone for each type."""
    names = {type_: unique(type_) for type_ in simulated.TOPICS}
    await create_topics(bootstrap, *(NewTopic(name, _PARTITIONS, 1) for name in names.values()))
    return names


async def publish(
    bootstrap: str, records: Sequence[tuple[str, bytes | None, bytes | None]]
) -> None:
    """Topic, key and value, a second apart."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        # What is tried again as the producer stops is lost to whoever does not wait for it.
        sent = [
            await producer.send(topic, value, key=key, timestamp_ms=_PUBLISHED + 1000 * number)
            for number, (topic, key, value) in enumerate(records)
        ]
        await asyncio.gather(*sent)


def settings(bootstrap: str, topics: Mapping[str, str]) -> dict[str, str]:
    named = {f"TOPICS__{type_.upper().replace('-', '_')}": name for type_, name in topics.items()}
    return {"KAFKA__BOOTSTRAP_SERVERS": bootstrap, **named}


def page_of(lines: bytes, cwd: Path, of: Mapping[str, str]) -> list[str]:
    """What does not depend on the order of the lines."""
    code, page, _ = run("replay", "-", stdin=lines, cwd=cwd, settings=of)
    assert code == 0
    return [line for line in page.splitlines() if "window_complete" not in line]


async def test_a_replay_of_the_export_says_what_a_replay_of_the_events_says(
    tmp_path: Path, bootstrap: str, topics: dict[str, str]
) -> None:
    read = [json.loads(line) for line in simulated.lines(duration=2 * HOUR)]
    records = [
        (topics[line["topic"]], line["value"]["customer_id"].encode(), json.dumps(line["value"]))
        for line in read
    ]
    await publish(bootstrap, [(topic, key, value.encode()) for topic, key, value in records])
    of = settings(bootstrap, topics)
    code, lines, said = run("export", cwd=tmp_path, settings=of)
    assert code == 0, said
    assert said == f"{len(records):,} records written\n"
    published = b"".join(
        json.dumps({"topic": topics[line["topic"]], "value": line["value"]}).encode() + b"\n"
        for line in read
    )
    assert page_of(lines.encode(), tmp_path, of) == page_of(published, tmp_path, of)


async def test_outcomes_are_written_as_they_are_those_of_a_customer_in_their_order(
    tmp_path: Path, bootstrap: str, topics: dict[str, str], unique: Callable[[str], str]
) -> None:
    topic = unique("contact-outcomes")
    await create_topic(bootstrap, topic, _PARTITIONS)
    values = [b'{"customer_id":"%d","nth":%d}' % (nth % 4, nth) for nth in range(40)]
    records = [(topic, json.loads(it)["customer_id"].encode(), it) for it in values]
    await publish(bootstrap, records)
    of = {**settings(bootstrap, topics), "TOPICS__OUTCOMES": topic}
    code, lines, said = run("export", "--outcomes", cwd=tmp_path, settings=of)
    assert code == 0, said
    assert sorted(lines.encode().splitlines()) == sorted(values)
    for customer in "0123":
        nths = [
            it["nth"] for it in map(json.loads, lines.splitlines()) if it["customer_id"] == customer
        ]
        assert nths == sorted(nths)


async def test_what_the_service_refuses_a_reader_of_the_export_refuses_too(
    tmp_path: Path, bootstrap: str, topics: dict[str, str]
) -> None:
    topic = topics["contact-started"]
    value = {
        "contact_id": "c",
        "customer_id": "k",
        "started_at": "2026-03-01T10:00:00Z",
        "channel": "voice",
    }
    event = json.dumps(value).encode()
    await publish(
        bootstrap,
        [
            (topic, b"k", event),
            (topic, b"k", json.dumps(value, indent=2).encode().replace(b"\n", b"\r\n")),
            (topic, b"somebody else", event),
            (topic, None, event),
            (topic, b"\xff", event),
            (topic, b"k", None),
            (topic, b"k", b"\xff\x00"),
            (topic, b"k", event + b'}, "topic": "other"'),
            (topic, b"k", b"[1,\n2]"),
        ],
    )
    of = settings(bootstrap, topics)
    code, lines, said = run("export", cwd=tmp_path, settings=of)
    assert code == 0, said
    assert "2 records of" in said
    assert len(lines.splitlines()) == 9
    page = page_of(lines.encode(), tmp_path, of)
    for result, count in (("accepted", 1), ("duplicate", 1), ("invalid", 7)):
        assert f'cx_pipeline_events_total{{result="{result}",topic="{topic}"}} {count}.0' in page
    assert f'cx_pipeline_dead_letters_total{{reason="wrong_key",topic="{topic}"}} 3.0' in page


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [(None, None, 10), (4, None, 6), (None, 4, 4), (3, 5, 2), (11, None, 0), (None, -1, 0)],
)
async def test_records_are_chosen_by_when_they_were_published(
    tmp_path: Path,
    bootstrap: str,
    topics: dict[str, str],
    since: int | None,
    until: int | None,
    expected: int,
) -> None:
    topic = topics["survey-answered"]
    await publish(bootstrap, [(topic, str(number).encode(), b"{}") for number in range(10)])
    arguments = [
        word
        for name, second in (("--from", since), ("--to", until))
        if second is not None
        for word in (name, moment(second))
    ]
    code, lines, said = run(
        "export", *arguments, cwd=tmp_path, settings=settings(bootstrap, topics)
    )
    assert code == 0, said
    assert len(lines.splitlines()) == expected


def moment(second: int) -> str:

    return datetime.fromtimestamp(_PUBLISHED / 1000 + second, UTC).isoformat()


def test_topics_that_are_not_there_are_named(
    tmp_path: Path, bootstrap: str, unique: Callable[[str], str]
) -> None:
    absent = {type_: unique(f"absent-{type_}") for type_ in simulated.TOPICS}
    code, lines, said = run("export", cwd=tmp_path, settings=settings(bootstrap, absent))
    assert (code, lines) == (1, "")
    assert all(name in said for name in absent.values())


def test_a_broker_that_does_not_answer_is_said(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    of = {"KAFKA__BOOTSTRAP_SERVERS": address}
    code, lines, said = run("export", cwd=tmp_path, settings=of)
    assert (code, lines) == (1, "")
    assert f"no Kafka broker answers at {address}" in said
    assert "nothing listens there" in said


@pytest.mark.kafka
@pytest.mark.slow
async def test_what_a_transaction_did_not_commit_is_not_there(
    tmp_path: Path, bootstrap: str, topics: dict[str, str], unique: Callable[[str], str]
) -> None:
    topic = topics["contact-started"]

    async def write(producer: AIOKafkaProducer, name: bytes) -> None:
        await producer.send_and_wait(topic, b'{"of": "%s"}' % name, key=name, partition=0)

    async with AsyncExitStack() as open_:

        async def transactional() -> AIOKafkaProducer:
            producer = AIOKafkaProducer(
                bootstrap_servers=bootstrap,
                transactional_id=unique(f"writer-{os.urandom(4).hex()}"),
                transaction_timeout_ms=600_000,
            )
            started: AIOKafkaProducer = await open_.enter_async_context(producer)
            return started

        first, second, third = [await transactional() for _ in range(3)]
        async with first.transaction():
            await write(first, b"committed")
        await second.begin_transaction()
        await write(second, b"aborted")
        await second.abort_transaction()
        async with first.transaction():
            await write(first, b"committed later")
        of = settings(bootstrap, topics)
        _, lines, said = await asyncio.to_thread(run, "export", cwd=tmp_path, settings=of)
        assert [json.loads(line)["key"] for line in lines.splitlines()] == [
            "committed",
            "committed later",
        ]
        assert said == "2 records written\n"
        await third.begin_transaction()
        await write(third, b"open")
        async with first.transaction():
            await write(first, b"behind it")
        _, lines, said = await asyncio.to_thread(run, "export", cwd=tmp_path, settings=of)
        assert len(lines.splitlines()) == 2
        assert f"a transaction is open there: the end of {topic}[0]" in said
        await third.abort_transaction()
