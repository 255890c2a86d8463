"""Hostile input from end to end: counted exactly, at full speed, in bounded memory."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from itertools import count as counting
from itertools import cycle, islice
from typing import Any

import pytest
import pytest_asyncio

from service.store.pieces import PIECE
from tests.brokers.apache_kafka import ApacheKafka
from tests.chaos.configuration import PARTITIONS
from tests.chaos.field import Field, field
from tests.chaos.flood import flood
from tests.chaos.publisher import BAD, now
from tests.chaos.scraping import Round, scrape_all
from tests.chaos.topics import Reader
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.reference.page import Page
from tests.reference.writing import utc

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.asyncio(loop_scope="function")]

QUEUES = 100_000
#: Of a kilobyte each.
SURVEYS = 9_000
#: What is refused, each in its own way, and the reason that is told.
KINDS = {
    "not_json": b'{"contact_id": "c", "customer_id"',
    "not_an_object": b"[]",
    "missing_field": b'{"contact_id": "c"}',
    "too_large": b'"' + b"x" * 70_000 + b'"',
}
#: Events of this size are few, lest the test measures the network.
_LARGE_EVERY = 1000
_MEBI = 1024
_runs = counting()


@pytest.fixture(scope="module")
def ports() -> list[int]:
    return [free_port()]


@pytest.fixture(scope="module")
def kafka(ports: list[int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    with ApacheKafka(tmp_path_factory.mktemp("kafka"), proxy_ports=ports) as broker:
        yield broker


@pytest_asyncio.fixture
async def it(
    kafka: ApacheKafka,
    ports: list[int],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Field]:
    """One worker, on topics of its own."""
    name = f"hostile-{next(_runs)}"
    directory = tmp_path_factory.mktemp("worker")
    options: dict[str, Any] = {
        "history_seconds": 5.0,
        "proxy_ports": ports,
        "session_timeout": 60.0,
        # A window that takes as long has all of a flood in it, however long that takes.
        "lateness": int(PATIENCE_S),
    }
    async with field(kafka, directory, name, **options) as it:
        await it.calm()
        yield it


def peak_memory(it: Field) -> int:
    """MiB of the worker, at its greatest so far."""
    status = it.workers[0].process_status()
    return int(status["VmHWM"].split()[0]) // _MEBI


async def answered(it: Field) -> Page:
    """The worker's page, as soon as it tells one in time."""
    answers: Round = []

    async def answers_now() -> bool:
        answers[:] = await scrape_all(it.http, it.workers)
        return bool(answers)

    await it.eventually(answers_now, "a page")
    return answers[0].page


async def counted(it: Field, name: str) -> dict[tuple[str, ...], int]:
    """The series of one metric, by the values of their labels in the labels' order."""
    return {
        tuple(value for _, value in sorted(labels)): int(value)
        for (metric, labels), value in (await answered(it)).items()
        if metric == name
    }


async def refused(it: Field) -> int:
    counts = await counted(it, "cx_pipeline_events_total")
    return sum(count for (result, _), count in counts.items() if result == "invalid")


def _reason(value: bytes) -> str:
    return next(reason for reason, it in KINDS.items() if it is value)


def poison(count: int) -> Iterator[tuple[bytes, bytes]]:
    small = cycle(value for reason, value in KINDS.items() if reason != "too_large")
    for number, value in enumerate(islice(small, count)):
        yield b"k", KINDS["too_large"] if number % _LARGE_EVERY == 0 else value


@pytest.mark.parametrize("count", [200_000, pytest.param(1_000_000, marks=pytest.mark.chaos)])
async def test_poison_events_in_a_row_are_counted_and_kept_while_letters_are_slow(
    it: Field, count: int
) -> None:
    topic = it.names.topic("contact-resolved")
    await it.compare()
    before, memory = await refused(it), peak_memory(it)
    # At first the dead-letter topic is slow: letters pile up, and consumption has to wait.
    it.proxies[0].delays[it.names.dead_letters] = 1.0
    began = time.monotonic()
    await flood(it.kafka.bootstrap, topic, poison(count), BAD)
    slow = peak_memory(it)
    it.proxies[0].delays.clear()

    async def all_refused() -> bool:
        return await refused(it) >= before + count

    await it.eventually(all_refused, "all poison refused")
    seconds = time.monotonic() - began
    peak = peak_memory(it)
    sys.stdout.write(
        f"\n{count} poison events in {seconds:.1f} s, {count / seconds:.0f}/s;"
        f" {memory} MiB before, {slow} while letters were slow, {peak} at most\n"
    )
    letters = await counted(it, "cx_pipeline_dead_letters_total")
    by_reason = {reason: count for (reason, at), count in letters.items() if at == topic}
    expected = Counter(_reason(value) for _, value in poison(count))
    # The publisher's own bad events are never of these kinds.
    for reason in ("not_an_object", "missing_field", "too_large"):
        assert by_reason[reason] == expected[reason]
    assert peak < memory + 200
    await _until_letters(it, count)
    await it.compare()


async def _until_letters(it: Field, count: int) -> None:
    reader = Reader(it.kafka.bootstrap, it.names, [it.names.dead_letters])
    await reader.start()

    async def enough() -> bool:
        return sum((await reader.ends()).values()) >= count

    await it.eventually(enough, "a letter for each poison event")
    await reader.stop()


async def test_a_flood_of_queues_keeps_series_and_memory_bounded(it: Field) -> None:
    await it.compare()
    memory = peak_memory(it)
    began = now()
    topic = it.names.topic("contact-started")

    def started() -> Iterator[tuple[bytes, bytes]]:
        for number in range(QUEUES):
            customer = f"flood-{number}"
            value = {
                "contact_id": f"flood-{number}",
                "customer_id": customer,
                "started_at": utc(began),
                "channel": "chat",
                "queue": f"queue-{number}",
            }
            yield customer.encode(), json.dumps(value).encode()

    await flood(it.kafka.bootstrap, topic, started())
    longest = list(it.settings.windows)[-1]

    async def all_counted() -> bool:
        counts = await counted(it, "cx_window_contacts_started")
        return sum(n for (*_, window), n in counts.items() if window == longest) >= QUEUES

    await it.eventually(all_counted, "all contacts counted")
    queues = {labels[2] for labels in await counted(it, "cx_window_contacts_started")}
    series = len(await answered(it))
    peak = peak_memory(it)
    sys.stdout.write(
        f"\n{QUEUES} queues: {len(queues)} shown, {series} series that are not 0;"
        f" {memory} MiB before, {peak} at most\n"
    )
    # All partitions keep the same ones.
    assert "other" in queues
    assert len(queues - {"other", "none"}) <= 100
    assert peak < memory + 400


async def test_a_publisher_a_year_ahead_changes_nothing(it: Field) -> None:
    await it.compare()
    before = await refused(it)
    topics = [it.names.topic("contact-started"), it.names.topic("contact-responded")]
    ahead = utc(now() + 365 * 86_400 * 1_000_000)
    value = {"contact_id": "c", "customer_id": "k", "channel": "chat"}
    for topic, own in zip(topics, ("started_at", "responded_at"), strict=True):
        event = json.dumps({**value, own: ahead}).encode()
        # Enough for every partition to have some.
        await flood(it.kafka.bootstrap, topic, ((b"k", event) for _ in range(20_000)), BAD)

    async def all_refused() -> bool:
        return await refused(it) >= before + 40_000

    await it.eventually(all_refused, "all refused")
    assert max((await it.clocks()).values(), default=0) <= now()
    await it.compare()


async def test_a_contact_of_which_megabytes_are_said_outlives_its_worker(it: Field) -> None:
    """As where a publisher gives all one id; the broker takes a megabyte a record."""
    ids = {"contact_id": "undefined", "customer_id": "undefined"}
    began = now()
    started = {**ids, "started_at": utc(began), "channel": "chat"}
    topic = it.names.topic("contact-started")
    await flood(it.kafka.bootstrap, topic, [(b"undefined", json.dumps(started).encode())])

    def answered() -> Iterator[tuple[bytes, bytes]]:
        for number in range(SURVEYS):
            value = {
                **ids,
                "answered_at": utc(began + number),
                "survey": "csat",
                "score": number % 5 + 1,
                "survey_id": f"{number:06}" + 250 * "\N{HOT BEVERAGE}",
            }
            yield b"undefined", json.dumps(value, ensure_ascii=False).encode()

    await flood(it.kafka.bootstrap, it.names.topic("survey-answered"), answered())
    await it.compare()
    assert await pieces_written(it) > PARTITIONS
    [worker] = it.workers
    worker.kill()
    worker.start()
    await it.calm()
    await it.compare()


async def pieces_written(it: Field) -> int:
    """Records in the contacts' changelog that are pieces of larger ones."""
    changelog, _ = it.names.changelogs
    reader = Reader(it.kafka.bootstrap, it.names, [changelog])
    await reader.start()
    records = [record for batch in (await reader.more()).values() for record in batch]
    await reader.stop()
    return sum(record.key.startswith(PIECE) for record in records)
