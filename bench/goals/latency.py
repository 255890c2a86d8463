"""Goal 3: how soon /metrics tells of an event, and how little a scrape delays.

Live load of 10,000 events a second; the service is asked for its page all the time for the first
figure, once a second for the others. A probe is a contact on a channel of its own: the backlog of
that channel tells how many probes have been seen.
"""

from __future__ import annotations

import asyncio
import threading
import time
from bisect import bisect_left
from collections.abc import Sequence
from itertools import chain

import orjson
from aiokafka import AIOKafkaProducer

from bench.brokers import Broker
from bench.changelog import changelog_cost
from bench.measures import Measure, at_most, remark
from bench.processes import Service, service
from bench.publishing import Prepared, create_topics, partition_of
from bench.scraping import Scraper, scrape
from bench.workload import STARTED, TOPICS, Record, Workload, customer_id, moment
from service.definitions import SECOND

_GROUP = "bench-latency"
RATE = 10_000
_TICK_SECONDS = 0.01
_PROBE_SECONDS = 0.1
_POLL_SECONDS = 0.02
_LEAD_SECONDS = 3.0
_PROBED = b'cx_backlog_contacts{channel="probe",'
#: Most contacts end while it lasts, but not so soon that start and end come in one batch.
_PACE = 60.0


class _Late:
    """By how much the service's event loop was late, by moment."""

    def __init__(self, worker: Service) -> None:
        self._told: list[tuple[float, float]] = []
        self._lines = worker.lines()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for said in self._lines:
            if "late" in said:
                self._told.append((said["at"], said["late"]))

    def between(self, since: float, until: float) -> list[float]:
        return sorted(late for at, late in list(self._told) if since < at <= until)


class _Poller:
    """Asks for the page again and again; when how many probes were on it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.counts: list[int] = []
        self.moments: list[float] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_POLL_SECONDS):
            page = scrape(self._port)
            self.moments.append(time.monotonic())
            self.counts.append(_probes_on(page))

    def seconds(self, sent: Sequence[float]) -> list[float]:
        """From the sending of each probe to the page that told of it; sorted."""
        return sorted(
            self.moments[place] - at
            for number, at in enumerate(sent, 1)
            if (place := bisect_left(self.counts, number)) < len(self.counts)
        )


def _probes_on(page: bytes) -> int:
    return sum(
        int(float(line.rsplit(b" ", 1)[1]))
        for line in page.splitlines()
        if line.startswith(_PROBED)
    )


def latency(broker: Broker, seconds: float) -> list[Measure]:
    """So long for each of three parts: no scrape, a scrape a second, scrapes all the time."""
    names = {topic: f"live-{topic}" for topic in TOPICS}
    asyncio.run(create_topics(broker.bootstrap, names.values()))
    settings = {
        f"CONTACT_METRICS_TOPICS__{topic.upper().replace('-', '_')}": name
        for topic, name in names.items()
    }
    with service(broker.bootstrap, 1 << 60, group=_GROUP, settings=settings) as worker:
        worker.says("ready")
        found = asyncio.run(_measure(broker, worker, seconds))
    cost = asyncio.run(changelog_cost(broker.bootstrap, f"changelog-{_GROUP}"))
    events = int(3 * seconds * RATE)
    return [
        *found,
        remark("4", "changelog records an event, live", cost.records / events),
        remark("4", "changelog bytes an event, live", cost.size / events, " B"),
    ]


async def _measure(broker: Broker, worker: Service, seconds: float) -> list[Measure]:
    late = _Late(worker)
    async with AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap, max_batch_size=64 * 1024
    ) as producer:
        begin = time.time() + _LEAD_SECONDS + 3 * seconds * RATE * 20e-6
        span = int(3 * seconds * SECOND)
        load = Workload(
            int(3 * seconds * RATE), int(begin * SECOND), span=span, pace=_PACE
        ).records()
        offset = time.monotonic() + begin - time.time()
        publishing = asyncio.create_task(_publish_live(producer, load, offset))
        quiet = offset + seconds
        await _until(quiet)
        scraper = Scraper(worker.port, interval=1.0, first=0.0)
        with scraper:
            await _until(quiet + seconds)
        poller = _Poller(worker.port)
        poller.start()
        sent = await _send_probes(producer, quiet + 2 * seconds)
        await publishing
        await asyncio.sleep(1.0)
        poller.stop()
    shown = poller.seconds(sent)
    without, scraped = late.between(offset, quiet), late.between(quiet, quiet + seconds)
    return [
        remark("3", f"probes of {len(sent)} told of", len(shown)),
        remark("3", "append to changed value, p50", 1e3 * _part(shown, 0.5), " ms"),
        at_most("3", "append to changed value, p99", 1e3 * _part(shown, 0.99), 250, " ms"),
        at_most(
            "3",
            f"scrape of {scraper.series:,} series at 10,000 events/s, median",
            1e3 * _part(sorted(scraper.seconds), 0.5),
            100,
            " ms",
        ),
        remark("3", "slowest scrape", 1e3 * max(scraper.seconds), " ms"),
        remark("3", "event loop late without scrapes, worst", 1e3 * without[-1], " ms"),
        at_most("3", "event loop late with a scrape a second, worst", 1e3 * scraped[-1], 50, " ms"),
    ]


async def _publish_live(producer: AIOKafkaProducer, load: Sequence[Record], offset: float) -> None:
    """Each event at its own time; `offset` is the monotonic clock's when the first is due."""
    first = load[0].at
    step = int(_TICK_SECONDS * SECOND)
    start = 0
    for end in chain(range(0, len(load), int(RATE * _TICK_SECONDS)), (len(load),)):
        if end == start:
            continue
        prepared = Prepared(producer, load[start:end], "live-")
        await _until(offset + (load[end - 1].at - first + step) / SECOND)
        await prepared.send()
        start = end


async def _send_probes(producer: AIOKafkaProducer, until: float) -> list[float]:
    sent: list[float] = []
    while time.monotonic() < until - 1.0:
        number = len(sent)
        customer = customer_id(1_000_000 + number)
        event = {
            "contact_id": f"probe-{number}",
            "customer_id": customer,
            "started_at": moment(time.time_ns() // 1000),
            "channel": "probe",
            "queue": "probe",
        }
        key = customer.encode()
        sent.append(time.monotonic())
        await producer.send_and_wait(
            f"live-{STARTED}", orjson.dumps(event), key=key, partition=partition_of(key)
        )
        await asyncio.sleep(_PROBE_SECONDS)
    return sent


async def _until(moment_: float) -> None:
    await asyncio.sleep(max(0.0, moment_ - time.monotonic()))


def _part(ordered: Sequence[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
