"""Memory for each live contact, and how quickly a new worker has them all back.

Four engines, one a partition, are filled as one worker has them: closed and open contacts of the
last seven days, all ids UUIDs. The changelog gets what the engines would have written, without
what is outdated, in the name of the worker that was there first.
"""

from __future__ import annotations

import gc
import os
import time
from itertools import chain, islice
from zlib import crc32

from bench.broker import producer, running_broker
from bench.engines import feed
from bench.machine import memory
from bench.measures import Measure, Plan, say
from bench.processes import Service, alone
from bench.workload import PARTITIONS, Record, contacts
from service.definitions import DAY, Definitions
from service.partition.engine import Engine
from service.streaming.epochs import epoch_headers
from service.streaming.producer import MAX_BATCH_BYTES

_GROUP = "bench-restore"
#: Their events take up memory too, which is not counted: it was there before.
_CHUNK_CONTACTS = 2_000
_PER_CUSTOMER = 4


def restore(plan: Plan) -> list[Measure]:
    """A service that finds so many contacts in its changelog."""
    with running_broker(kafka=plan.kafka) as broker:
        with Service(broker, group=_GROUP) as worker:
            empty = memory(worker.pid)
        say(f"filling engines and a changelog with {plan.contacts:,} contacts")
        live, held = alone(_fill, broker, f"changelog-{_GROUP}", plan.contacts)
        with Service(broker, group=_GROUP) as worker:
            restored = memory(worker.pid)
            seconds = worker.says("state restored")["seconds"]
    return [
        Measure(f"bytes a live contact, engines with {live:,}", held / live, most=500),
        Measure("bytes a live contact, service restored", (restored - empty) / live, most=500),
        Measure(f"to restore {live:,} contacts", seconds, " s", most=plan.contacts / 200_000),
    ]


def _fill(broker: str, topic: str, wanted: int) -> tuple[int, int]:
    """The live contacts, and the bytes that they take."""
    writer = producer(broker, MAX_BATCH_BYTES)
    owner: dict[str, str | bytes | None] = dict(epoch_headers(1))
    engines = [Engine(Definitions()) for _ in range(PARTITIONS)]
    made = contacts(time.time_ns() // 1000 - 8 * DAY, wanted // _PER_CUSTOMER, 7 * DAY // wanted)
    feed(Engine(Definitions()), sorted(chain.from_iterable(islice(made, _CHUNK_CONTACTS))))
    gc.collect()
    before = memory(os.getpid())
    for begun in range(0, wanted, _CHUNK_CONTACTS):
        by_partition: list[list[Record]] = [[] for _ in engines]
        chunk = islice(made, min(_CHUNK_CONTACTS, wanted - begun))
        for record in sorted(chain.from_iterable(chunk)):
            by_partition[crc32(record.key) % PARTITIONS].append(record)
        for partition, (engine, records) in enumerate(zip(engines, by_partition, strict=True)):
            for key, value in dict(feed(engine, records)[1]).items():
                writer.produce(topic, value, key, partition, headers=owner)
        writer.flush()
    gc.collect()
    return sum(engine.live_contacts for engine in engines), memory(os.getpid()) - before
