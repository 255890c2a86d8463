"""So many live contacts: their memory, and their changelog written to a topic.

Arguments: BOOTSTRAP TOPIC CONTACTS. Four engines, one a partition, as one worker has them; closed
and open contacts of the last seven days; all ids are UUIDs. The topic gets what the engines would
have written, without what is outdated.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from itertools import chain, islice

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from bench.peers.progress import rss
from bench.programs.feeding import Change, decoded, feed, new_engine
from bench.publishing import partition_of
from bench.workload import PARTITIONS, Record, Workload
from service.definitions import DAY
from service.streaming.config import KafkaConfig, TopicCreation
from service.streaming.epochs import CLAIM_KEY, epoch_headers
from service.streaming.producer import MAX_BATCH_BYTES
from service.streaming.topics import prepare_topics

#: Their events take up memory too, which is not counted: it was there before.
_CHUNK_CONTACTS = 2_000
_PER_CUSTOMER = 4


class _Changelog:
    """Of each key the last value, in batches as the first owner of the partitions writes them."""

    def __init__(self, producer: AIOKafkaProducer, topic: str) -> None:
        self._producer = producer
        self._topic = topic
        self.written = 0

    async def write(self, partition: int, changes: list[Change]) -> None:
        batch: BatchBuilder = self._producer.create_batch()
        for key, value in changes:
            content = {"timestamp": None, "key": key, "value": value, "headers": epoch_headers(1)}
            if batch.append(**content) is None:
                await self._send(batch, partition)
                batch = self._producer.create_batch()
                batch.append(**content)
        await self._send(batch, partition)
        self.written += len(changes)

    async def _send(self, batch: BatchBuilder, partition: int) -> None:
        await (await self._producer.send_batch(batch, self._topic, partition=partition))


async def _main(bootstrap: str, topic: str, contacts: int) -> None:
    await prepare_topics(
        KafkaConfig(bootstrap, changelog_topic=topic, creation=TopicCreation(PARTITIONS))
    )
    async with AIOKafkaProducer(
        bootstrap_servers=bootstrap, max_batch_size=MAX_BATCH_BYTES
    ) as producer:
        changelog = _Changelog(producer, topic)
        for partition in range(PARTITIONS):
            await changelog.write(partition, [(CLAIM_KEY, b"")])
        print(json.dumps(await _fill(changelog, contacts)))


async def _fill(changelog: _Changelog, contacts: int) -> dict[str, float]:
    engines = [new_engine() for _ in range(PARTITIONS)]
    workload = Workload(0, time.time_ns() // 1000 - 8 * DAY, contacts // _PER_CUSTOMER)
    made = workload.contacts(7 * DAY // contacts)
    decoded(sorted(chain.from_iterable(islice(made, _CHUNK_CONTACTS))))
    gc.collect()
    before = rss()
    for start in range(0, contacts, _CHUNK_CONTACTS):
        chunk = islice(made, min(_CHUNK_CONTACTS, contacts - start))
        by_partition: list[list[Record]] = [[] for _ in engines]
        for record in sorted(chain.from_iterable(chunk)):
            by_partition[partition_of(record.key)].append(record)
        for partition, (engine, records) in enumerate(zip(engines, by_partition, strict=True)):
            changes = dict(feed(engine, decoded(records)))
            await changelog.write(partition, list(changes.items()))
    gc.collect()
    live = sum(engine.live_contacts for engine in engines)
    return {"live": live, "bytes_each": (rss() - before) / live, "records": changelog.written}


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
