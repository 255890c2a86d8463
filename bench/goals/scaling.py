"""Goal 2: two workers on two cores, beside one."""

from __future__ import annotations

import asyncio
import threading
import time
from bisect import bisect_left
from collections.abc import Sequence
from contextlib import ExitStack
from statistics import median

from aiokafka import AIOKafkaProducer

from bench.brokers import Broker
from bench.machine import cores
from bench.measures import Measure, at_least, remark
from bench.processes import FailedError, Service, service
from bench.publishing import Prepared, create_topics
from bench.scraping import Scraper, scrape
from bench.workload import PARTITIONS, TOPICS, Record

_ASSIGNED_SECONDS = 60.0


class _Watched:
    """A worker, and how many events it had applied at which moment."""

    def __init__(self, worker: Service) -> None:
        self.worker = worker
        self.moments: list[float] = []
        self.counts: list[int] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def listen(self) -> None:
        self._thread.start()

    def _listen(self) -> None:
        for said in self.worker.lines():
            if "at" in said:
                self.counts.append(said["events"])
                self.moments.append(said["at"])

    @property
    def applied(self) -> int:
        return self.counts[-1] if self.counts else 0

    def first(self) -> float:
        return self.moments[bisect_left(self.counts, 1)]

    def last(self) -> float:
        return self.moments[bisect_left(self.counts, self.counts[-1])]

    def at(self, moment: float) -> int:
        return self.counts[min(bisect_left(self.moments, moment), len(self.counts) - 1)]


class _Outcome:
    """Events a second while all workers were busy, and the share of a core that the broker took."""

    def __init__(self, rate: float, broker_share: float) -> None:
        self.rate = rate
        self.broker_share = broker_share


def scaling(broker: Broker, records: Sequence[Record], rounds: int) -> list[Measure]:
    """Alternating; the second worker shares the broker's core."""
    ones, twos = [], []
    own, shared = cores()[1], cores()[0]
    for number in range(rounds):
        ones.append(_race(broker, records, f"one-{number}", [own]))
        twos.append(_race(broker, records, f"two-{number}", [own, shared]))
    one = median(outcome.rate for outcome in ones)
    two = median(outcome.rate for outcome in twos)
    broker_share = median(outcome.broker_share for outcome in twos)
    # What the broker used of the two cores was not there for the workers.
    speedup = 2 * (two / (2 - broker_share)) / one
    return [
        remark("2", "events/s of one worker, published meanwhile", one),
        remark("2", "events/s of two workers, one on the broker's core", two),
        remark("2", "cores taken by the broker meanwhile", broker_share),
        at_least("2", "two workers on two cores, broker's load taken out", speedup, 1.8, " x"),
    ]


def _race(broker: Broker, records: Sequence[Record], name: str, places: list[set[int]]) -> _Outcome:
    settings = {f"CONTACT_METRICS_TOPICS__{topic.upper().replace('-', '_')}": f"{name}-{topic}"
                for topic in TOPICS}  # fmt: skip
    asyncio.run(create_topics(broker.bootstrap, [f"{name}-{topic}" for topic in TOPICS]))
    with ExitStack() as running:
        watched = [
            _Watched(
                running.enter_context(
                    service(broker.bootstrap, 1 << 60, group=name, core=core, settings=settings)
                )
            )
            for core in places
        ]
        for each in watched:
            each.listen()
        _wait_for_assignment([each.worker.port for each in watched])
        for each in watched:
            running.enter_context(Scraper(each.worker.port))
        return asyncio.run(_publish_and_watch(broker, records, f"{name}-", watched))


async def _publish_and_watch(
    broker: Broker, records: Sequence[Record], prefix: str, watched: list[_Watched]
) -> _Outcome:
    async with AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap, max_batch_size=64 * 1024
    ) as producer:
        prepared = Prepared(producer, records, prefix)
        await prepared.send()
    begun, broker_before = time.monotonic(), broker.cpu_seconds()
    while sum(each.applied for each in watched) < len(records):  # noqa: ASYNC110 - a thread counts
        await asyncio.sleep(0.05)
    broker_share = (broker.cpu_seconds() - broker_before) / (time.monotonic() - begun)
    since = max(begun, *(each.first() for each in watched))
    until = min(each.last() for each in watched)
    applied = sum(each.at(until) - each.at(since) for each in watched)
    return _Outcome(applied / (until - since), broker_share)


def _wait_for_assignment(ports: list[int]) -> None:
    """Until the partitions are shared out evenly."""
    each = PARTITIONS // len(ports)
    deadline = time.monotonic() + _ASSIGNED_SECONDS
    while time.monotonic() < deadline:
        if all(_partitions(port) == each for port in ports):
            return
        time.sleep(0.2)
    raise FailedError("the workers did not share the partitions out")


def _partitions(port: int) -> int:
    try:
        page = scrape(port)
    except OSError:
        return 0
    return sum(line.startswith(b"cx_pipeline_live_contacts{") for line in page.splitlines())
