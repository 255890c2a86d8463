"""Memory for each live contact, and how quickly a new worker has them all back.

As a program, BOOTSTRAP TOPIC CONTACTS, it fills four engines, one a partition, as one worker has
them: closed and open contacts of the last seven days, all ids UUIDs. The topic gets what the
engines would have written, without what is outdated.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from itertools import chain, islice

from aiokafka import AIOKafkaProducer

from bench.broker import partition_of, running_broker
from bench.engines import Change, decoded, feed, new_engine
from bench.measures import Measure, Plan, Say
from bench.peers.progress import rss
from bench.processes import answer_of, service
from bench.workload import PARTITIONS, Record, contacts
from service.definitions import DAY
from service.streaming.config import KafkaConfig, TopicCreation
from service.streaming.epochs import CLAIM_KEY, epoch_headers
from service.streaming.producer import MAX_BATCH_BYTES
from service.streaming.topics import prepare_topics

_FILL_SECONDS = 1_800.0
_GROUP = "bench-restore"
#: Their events take up memory too, which is not counted: it was there before.
_CHUNK_CONTACTS = 2_000
_PER_CUSTOMER = 4


def restore(plan: Plan, say: Say) -> list[Measure]:
    """A service that finds so many contacts in its changelog."""
    say(f"filling engines and a changelog with {plan.contacts:,} contacts")
    command = [sys.executable, "-m", "bench.goals.restore"]
    with running_broker(kafka=plan.kafka) as broker:
        arguments = [broker.bootstrap, f"changelog-{_GROUP}", str(plan.contacts)]
        filled = answer_of([*command, *arguments], _FILL_SECONDS)
        with service(broker.bootstrap, 1, group=f"{_GROUP}-empty") as worker:
            empty = worker.says("ready")["rss"]
        begun = time.monotonic()
        with service(broker.bootstrap, 1, group=_GROUP) as worker:
            ready = worker.says("ready")
            seconds = worker.logged("state restored")["seconds"]
    live = filled["live"]
    most = 10.0 * plan.contacts / 1_000_000
    each = (ready["rss"] - empty) / live
    return [
        Measure(f"bytes a live contact, engines with {live:,}", filled["bytes_each"], most=500),
        Measure("bytes a live contact, service restored", each, most=500),
        Measure("the service's most memory while restoring", ready["peak_rss"] / 1e6, " MB"),
        Measure(f"seconds to restore {live:,} contacts", seconds, " s", most=most),
        Measure("seconds from the start to ready", ready["ready"] - begun, " s"),
    ]


async def _main(bootstrap: str, topic: str, live: int) -> None:
    await prepare_topics(
        KafkaConfig(bootstrap, changelog_topic=topic, creation=TopicCreation(PARTITIONS))
    )
    async with AIOKafkaProducer(
        bootstrap_servers=bootstrap, max_batch_size=MAX_BATCH_BYTES
    ) as producer:
        for partition in range(PARTITIONS):
            await _write(producer, topic, partition, {CLAIM_KEY: b""})
        print(json.dumps(await _fill(producer, topic, live)))


async def _fill(producer: AIOKafkaProducer, topic: str, live: int) -> dict[str, float]:
    engines = [new_engine() for _ in range(PARTITIONS)]
    start = time.time_ns() // 1000 - 8 * DAY
    made = contacts(start, live // _PER_CUSTOMER, 7 * DAY // live)
    decoded(sorted(chain.from_iterable(islice(made, _CHUNK_CONTACTS))))
    gc.collect()
    before = rss()
    for begun in range(0, live, _CHUNK_CONTACTS):
        chunk = islice(made, min(_CHUNK_CONTACTS, live - begun))
        by_partition: list[list[Record]] = [[] for _ in engines]
        for record in sorted(chain.from_iterable(chunk)):
            by_partition[partition_of(record.key)].append(record)
        for partition, (engine, records) in enumerate(zip(engines, by_partition, strict=True)):
            await _write(producer, topic, partition, dict(feed(engine, decoded(records))))
    gc.collect()
    held = sum(engine.live_contacts for engine in engines)
    return {"live": held, "bytes_each": (rss() - before) / held}


async def _write(
    producer: AIOKafkaProducer, topic: str, partition: int, newest: dict[bytes, bytes | None]
) -> None:
    """In batches, as the first owner of the partition writes them."""
    left: list[Change] = [*newest.items()][::-1]
    while left:
        batch = producer.create_batch()
        while left and batch.append(
            timestamp=None, key=left[-1][0], value=left[-1][1], headers=epoch_headers(1)
        ):
            left.pop()
        await (await producer.send_batch(batch, topic, partition=partition))


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
