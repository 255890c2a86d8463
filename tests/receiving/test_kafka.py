"""The program before a real broker: 2xx is said only of what can be read there."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.structs import TopicPartition

from service.embedded_broker import EmbeddedBroker
from tests.brokers.topics import create_topic
from tests.cli.program import Program, get, run, running, wait_until_ready
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.receiving.vendors import SECRET, VENDORS

pytestmark = pytest.mark.broker

_SIGN = VENDORS["zendesk"].sign
Unique = Callable[[str], str]


def settings(bootstrap: str, topic: str) -> dict[str, str]:
    return {
        "KAFKA__BOOTSTRAP_SERVERS": bootstrap,
        "KAFKA__CREATE_TOPICS": "true",
        "KAFKA__PARTITIONS": "2",
        "KAFKA__REPLICATION_FACTOR": "1",
        "HTTP__HOST": "127.0.0.1",
        "HTTP__PORT": str(free_port()),
        "RECEIVE__HOST": "127.0.0.1",
        "RECEIVE__PORT": str(free_port()),
        "RECEIVE__REQUESTS_PER_SECOND": "10000",
        "RECEIVE__TOTAL_REQUESTS_PER_SECOND": "10000",
        "RECEIVE__WEBHOOKS__DESK__TOPIC": topic,
        "RECEIVE__WEBHOOKS__DESK__SIGNATURE": "zendesk",
        "RECEIVE__WEBHOOKS__DESK__SECRET": SECRET,
    }


@contextmanager
def receiving(folder: Path, given: dict[str, str]) -> Iterator[Program]:
    with running("receive", cwd=folder, settings=given) as program:
        program.wait_for('"receiving"')
        wait_until_ready(f"http://127.0.0.1:{given['HTTP__PORT']}")
        yield program


async def post(
    given: dict[str, str], session: aiohttp.ClientSession, body: bytes, secret: str = SECRET
) -> int:
    signing = _SIGN(secret, body, time.time())
    url = f"http://127.0.0.1:{given['RECEIVE__PORT']}/desk"
    async with session.post(url, data=body, headers=signing.headers) as answer:
        return answer.status


async def taken(
    given: dict[str, str], session: aiohttp.ClientSession, body: bytes, secret: str = SECRET
) -> int:
    """Tried as a vendor does, until it is taken or refused: a broker may take its time."""
    async with asyncio.timeout(PATIENCE_S):
        while (status := await post(given, session, body, secret)) == 503:
            await asyncio.sleep(0.2)
    return status


@asynccontextmanager
async def reading(bootstrap: str, topic: str, partitions: int) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of all that the topic has."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None)
    await consumer.start()
    try:
        assigned = [TopicPartition(topic, number) for number in range(partitions)]
        consumer.assign(assigned)
        await consumer.seek_to_beginning(*assigned)
        yield consumer
    finally:
        await consumer.stop()


async def records(
    bootstrap: str, topic: str, partitions: int = 2
) -> list[ConsumerRecord[bytes, bytes]]:
    """All that is there at this moment."""
    async with reading(bootstrap, topic, partitions) as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        found: list[ConsumerRecord[bytes, bytes]] = []
        async with asyncio.timeout(PATIENCE_S):
            while any([await consumer.position(tp) < end for tp, end in ends.items()]):
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    found += batch
    return found


async def until_there(bootstrap: str, topic: str, value: bytes) -> None:
    """Where a broker has just begun anew, so that where its topics end says little yet."""
    async with reading(bootstrap, topic, 2) as consumer, asyncio.timeout(PATIENCE_S):
        while True:
            batches = (await consumer.getmany(timeout_ms=200)).values()
            if any(record.value == value for batch in batches for record in batch):
                return


async def test_each_2xx_is_a_record_by_then_and_each_record_a_genuine_request(
    tmp_path: Path, bootstrap: str, unique: Unique
) -> None:
    topic = unique("desk")
    given = settings(bootstrap, topic)
    _, output, errors = run("check", cwd=tmp_path, settings=given)
    assert "receive will create: " + topic in output, output + errors
    with receiving(tmp_path, given) as program:
        async with aiohttp.ClientSession() as session:
            before = time.time()
            assert await taken(given, session, b"the first") == 200
            record, *_ = await records(bootstrap, topic)
            assert (record.key, record.value) == (None, b"the first")
            assert record.headers == (("content-type", b"application/octet-stream"),)
            assert before - 1 < record.timestamp / 1000 < time.time() + 1
            bodies = [b'{"n": %d}' % number for number in range(300)]
            told = await asyncio.gather(
                *(
                    taken(given, session, it, SECRET if n % 3 else "x")
                    for n, it in enumerate(bodies)
                )
            )
        right = {body for n, body in enumerate(bodies) if n % 3}
        assert told == [200 if n % 3 else 403 for n in range(300)]
        # What was not taken in time is there all the same, and once more.
        values = {record.value for record in await records(bootstrap, topic)}
        assert values == {*right, b"the first"}
        page = get(f"http://127.0.0.1:{given['HTTP__PORT']}/metrics")[1]
        assert 'cx_receive_requests_total{result="accepted",webhook="desk"} 201.0' in page
        assert 'cx_receive_requests_total{result="wrong_signature",webhook="desk"} 100.0' in page
        assert "cx_receive_delivery_seconds_count 201.0" in page
        assert "process_resident_memory_bytes" in page
        assert program.stop(signal.SIGTERM) == 0
    assert SECRET not in program.said()
    assert '"n"' not in program.said()
    assert "wrong signature" in program.said()


async def test_while_the_broker_is_away_503_and_afterwards_as_before(
    tmp_path: Path, own_broker: EmbeddedBroker, unique: Unique
) -> None:
    topic = unique("desk")
    given = settings(own_broker.bootstrap, topic)
    with receiving(tmp_path, given) as program:
        async with aiohttp.ClientSession() as session:
            assert await taken(given, session, b"before") == 200
            own_broker.stop()
            assert {await post(given, session, b"while") for _ in range(10)} == {503}
            status = f"http://127.0.0.1:{given['HTTP__PORT']}"
            async with asyncio.timeout(PATIENCE_S):
                while (await asyncio.to_thread(get, f"{status}/readyz"))[0] != 503:
                    await asyncio.sleep(0.1)
            assert get(f"{status}/healthz")[0] == 200
            # It keeps all in memory, so that the topic has gone with it.
            own_broker.start()
            await create_topic(own_broker.bootstrap, topic, 2)
            async with asyncio.timeout(PATIENCE_S):
                while await post(given, session, b"after") != 200:
                    await asyncio.sleep(0.2)
            await until_there(own_broker.bootstrap, topic, b"after")
        wait_until_ready(status)
        assert program.stop(signal.SIGTERM) == 0


async def test_sigterm_during_requests_loses_nothing_that_was_answered(
    tmp_path: Path, bootstrap: str, unique: Unique
) -> None:
    topic = unique("desk")
    given = settings(bootstrap, topic)
    acknowledged: set[bytes] = set()
    with receiving(tmp_path, given) as program:

        async def send(sender: int) -> None:
            async with aiohttp.ClientSession() as session:
                for number in range(1_000_000):
                    body = b"%d/%d" % (sender, number)
                    try:
                        if await post(given, session, body) == 200:
                            acknowledged.add(body)
                    except (aiohttp.ClientError, OSError):
                        return

        sending = [asyncio.create_task(send(sender)) for sender in range(8)]
        async with asyncio.timeout(PATIENCE_S):
            while len(acknowledged) < 100:
                await asyncio.sleep(0.01)
        program.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*sending)
        assert await asyncio.to_thread(program.process.wait, 60) == 0
    values = {record.value for record in await records(bootstrap, topic)}
    assert acknowledged - values == set()


async def test_it_ends_in_time_though_the_broker_does_not_answer(
    tmp_path: Path, own_broker: EmbeddedBroker, unique: Unique
) -> None:
    given = settings(own_broker.bootstrap, unique("desk"))
    with receiving(tmp_path, given) as program:
        async with aiohttp.ClientSession() as session:
            assert await taken(given, session, b"before") == 200
            own_broker.stop()
            asked = asyncio.create_task(post(given, session, b"while"))
            metrics = f"http://127.0.0.1:{given['HTTP__PORT']}/metrics"
            async with asyncio.timeout(PATIENCE_S):
                while not asked.done():
                    if "waiting_bytes 0.0\n" not in (await asyncio.to_thread(get, metrics))[1]:
                        break
                    await asyncio.sleep(0.01)
            # Exit code 1 would be that of a process that has not ended within its grace.
            assert await asyncio.to_thread(program.stop, signal.SIGTERM) == 0
            assert await asked == 503


def test_without_a_webhook_it_says_what_is_missing(tmp_path: Path) -> None:
    code, _, errors = run("receive", cwd=tmp_path)
    assert code == 2
    assert "[receive.webhooks.NAME]" in errors


def test_a_topic_that_is_missing_is_named_at_the_start_and_by_check(
    tmp_path: Path, bootstrap: str, unique: Unique
) -> None:
    topic = unique("absent")
    given = {**settings(bootstrap, topic), "KAFKA__CREATE_TOPICS": "false"}
    code, _, errors = run("receive", cwd=tmp_path, settings=given)
    assert code == 1
    assert f"missing topics: {topic}" in errors
    code, output, _ = run("check", cwd=tmp_path, settings=given)
    assert code == 1
    assert f"WRONG   webhooks: missing topics: {topic}" in output
