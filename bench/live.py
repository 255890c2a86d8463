"""Live load, about 10,000 events a second, and among it probes that tell when they are seen.

A probe is a contact on a channel of its own: the backlog of that channel tells how many probes
have been seen.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, groupby, takewhile

import orjson
from aiokafka import AIOKafkaProducer

from bench.broker import BATCH_BYTES, Broker, Prepared, partition_of
from bench.processes import FailedError, Service, service
from bench.workload import STARTED, TOPICS, Record, contacts, customer_id, moment
from service.definitions import SECOND

_PREFIX = "live-"
_TICK_SECONDS = 0.01
_PROBE_SECONDS = 0.1
#: The last probes are given so long to be seen while the load still goes on.
_LAST_SECONDS = 1.0
#: Seconds to prepare a second of load.
_PREPARATION = 0.3
#: With their ends and answers, about 10,000 events.
_CONTACTS_PER_SECOND = 5_400
#: With fewer, each would come back every few seconds, and all of them be repeats of the others.
_CUSTOMERS = 200_000
#: Most contacts end while it lasts, but not so soon that start and end come in one batch.
_PACE = 60.0


@contextmanager
def live_service(broker: Broker) -> Iterator[Service]:
    """A worker, ready, that listens to the topics of the load."""
    names = {topic: f"{_PREFIX}{topic}" for topic in TOPICS}
    broker.create_topics(names.values())
    settings = {
        f"CONTACT_METRICS_TOPICS__{topic.upper().replace('-', '_')}": name
        for topic, name in names.items()
    }
    with service(broker.bootstrap, 1 << 60, group="bench-live", settings=settings) as worker:
        worker.says("ready")
        yield worker


class LiveLoad:
    """So many seconds of events, each to be published when it happens, and the probes.

    `begins` is the monotonic clock's moment of the first one.
    """

    def __init__(self, broker: Broker, seconds: float) -> None:
        self._bootstrap = broker.bootstrap
        begin = time.time() + _PREPARATION * seconds
        self._records = _records(int(begin * SECOND), seconds)
        self.begins = time.monotonic() + begin - time.time()
        if self.begins < time.monotonic():
            raise FailedError("the live load was not ready in time: too much else runs here")

    async def publish(self) -> None:
        """All of it; returns at its end."""
        tick = int(_TICK_SECONDS * SECOND)
        first = self._records[0].at
        async with AIOKafkaProducer(
            bootstrap_servers=self._bootstrap, max_batch_size=BATCH_BYTES
        ) as producer:
            for number, due in groupby(self._records, lambda record: (record.at - first) // tick):
                prepared = Prepared(producer, due, _PREFIX)
                await until(self.begins + (number + 1) * _TICK_SECONDS)
                await prepared.send()

    async def send_probes(self, end: float) -> list[float]:
        """Sends them one after the other until shortly before `end`; when each was sent."""
        sent: list[float] = []
        # By a connection of their own: waiting behind the load is not the service's doing.
        async with AIOKafkaProducer(bootstrap_servers=self._bootstrap) as producer:
            while time.monotonic() < end - _LAST_SECONDS:
                key = customer_id(1_000_000 + len(sent)).encode()
                value = _probe(len(sent), key.decode())
                sent.append(time.monotonic())
                await producer.send_and_wait(
                    f"{_PREFIX}{STARTED}", value, key=key, partition=partition_of(key)
                )
                await asyncio.sleep(_PROBE_SECONDS)
        return sent

    def rate(self, after: float) -> float:
        """Events a second from so many seconds after the beginning until the end."""
        first, last = self._records[0].at + after * SECOND, self._records[-1].at
        return sum(record.at >= first for record in self._records) / ((last - first) / SECOND)


async def until(moment_: float) -> None:
    """Of the monotonic clock."""
    await asyncio.sleep(max(0.0, moment_ - time.monotonic()))


def _records(start: int, seconds: float) -> list[Record]:
    """About 10,000 events a second, once the first contacts end."""
    end = start + int(seconds * SECOND)
    made = contacts(start, _CUSTOMERS, SECOND // _CONTACTS_PER_SECOND, _PACE)
    events = takewhile(lambda events: events[0].at < end, made)
    return sorted(record for record in chain.from_iterable(events) if record.at < end)


def _probe(number: int, customer: str) -> bytes:
    return orjson.dumps(
        {
            "contact_id": f"probe-{number}",
            "customer_id": customer,
            "started_at": moment(time.time_ns() // 1000),
            "channel": "probe",
            "queue": "probe",
        }
    )
