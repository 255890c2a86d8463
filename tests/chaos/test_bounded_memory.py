"""A worker that begins with a backlog made to burst it stays within the Deployment's memory."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import aiohttp
import pytest
import yaml

from tests.brokers.apache_kafka import ApacheKafka
from tests.chaos.configuration import PARTITIONS, Names, config_file, reference
from tests.chaos.publisher import now
from tests.chaos.scraping import scrape_all
from tests.chaos.topics import create_event_topics
from tests.chaos.worker import ROOT, Worker
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.reference.writing import utc
from tests.streaming.raw_batches import Raw, RawProducer, batch

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

_MIB: Final = 1024 * 1024
#: Records of blanks, each larger than all that an event may be; batches that hold several of them;
#: records of which the header's name is no text; and events nearly as large as they may be.
LARGE, BOMBS, UNREADABLE = 100, 10, 20
_BLANKS: Final = b" " * 16 * _MIB
_PER_BOMB: Final = 8
_EVENT_BYTES: Final = 60_000
_AT_ONCE: Final = 100
#: A machine that stands still costs no membership, heartbeats that are held up do.
_SESSION: Final = {"kafka": {"session_timeout": 60, "rebalance_timeout": 60}}


def memory_limit() -> int:
    """Bytes that the Deployment gives to a worker."""
    path = ROOT / "deploy" / "kubernetes" / "base" / "deployment.yaml"
    [container] = yaml.safe_load(path.read_text())["spec"]["template"]["spec"]["containers"]
    limit = container["resources"]["limits"]["memory"]
    assert limit.endswith("Gi")
    return int(limit[:-2]) * 1024 * _MIB


def hostile() -> Iterator[bytes]:
    """Batches, a few kilobytes each."""
    large = batch([Raw(b"k", _BLANKS)], codec="zstd")
    bomb = batch([Raw(b"k", _BLANKS)] * _PER_BOMB, codec="zstd")
    unreadable = batch([Raw(b"k", b"{}", [(b"\xff\xfe", b"")])])
    yield from [large] * LARGE
    yield from [bomb] * BOMBS
    yield from [unreadable] * UNREADABLE


def events(count: int) -> Iterator[bytes]:
    """Batches of valid events."""
    at = utc(now())
    for first in range(0, count, _AT_ONCE):
        records = []
        for number in range(first, first + _AT_ONCE):
            customer = f"customer-{number}"
            event = {
                "contact_id": f"c-{number}",
                "customer_id": customer,
                "started_at": at,
                "channel": "chat",
                "note": "x" * _EVENT_BYTES,
            }
            records.append(Raw(customer.encode(), json.dumps(event).encode()))
        yield batch(records, codec="zstd")


@pytest.mark.parametrize("count", [12_000, pytest.param(42_000, marks=pytest.mark.chaos)])
async def test_a_backlog_of_bombs_and_of_large_events_is_consumed_in_bounded_memory(
    own_kafka: ApacheKafka, tmp_path: Path, count: int
) -> None:
    names, port = Names("bounded"), free_port()
    await create_event_topics(own_kafka.bootstrap, names)
    topic = names.topic("contact-started")
    async with RawProducer(own_kafka.bootstrap) as producer:
        for number, raw in enumerate((*hostile(), *events(count))):
            await producer.append(topic, number % PARTITIONS, raw)
    worker = Worker(
        "bounded",
        tmp_path,
        config_file(own_kafka.bootstrap, names, reference(), port, _SESSION),
        port,
    )
    worker.start()
    limit = memory_limit()
    worker.limit_memory(limit)
    began = time.monotonic()
    refused = LARGE + BOMBS * _PER_BOMB + UNREADABLE
    async with aiohttp.ClientSession() as http:
        while await _consumed(http, worker, topic) != (count, refused):
            assert worker.alive, worker.last_words()
            assert time.monotonic() - began < PATIENCE_S, worker.last_words()
            await asyncio.sleep(0.5)
    peak = int(worker.process_status()["VmHWM"].split()[0]) * 1024
    sys.stdout.write(
        f"\n{count} events of {_EVENT_BYTES} bytes and {refused} hostile records in"
        f" {time.monotonic() - began:.0f} s; {peak // _MIB} MiB at most\n"
    )
    # Its heartbeats went on: the group gave it the partitions once.
    assert len(worker.logged("partitions ready")) == 1
    assert await worker.stop() == 0
    # Half of it is for the state.
    assert peak < limit / 2


async def _consumed(http: aiohttp.ClientSession, worker: Worker, topic: str) -> tuple[int, int]:
    """Events accepted, and records refused."""
    counts = {"accepted": 0, "invalid": 0}
    for answer in await scrape_all(http, [worker]):
        for (name, labels), value in answer.page.items():
            told = dict(labels)
            if name == "cx_pipeline_events_total" and told["topic"] == topic:
                counts[told["result"]] = int(value)
    return counts["accepted"], counts["invalid"]
