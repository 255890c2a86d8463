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
from itertools import chain, groupby, takewhile

import orjson
from aiokafka import AIOKafkaProducer

from bench.brokers import Broker
from bench.measures import Measure, at_most, remark
from bench.processes import FailedError, Service, service
from bench.publishing import Prepared, create_topics, partition_of
from bench.scraping import Scraper, scrape
from bench.workload import STARTED, TOPICS, Record, Workload, customer_id, moment
from service.definitions import SECOND

_GROUP = "bench-latency"
_PREFIX = "live-"
_TICK_SECONDS = 0.01
_PROBE_SECONDS = 0.1
_POLL_SECONDS = 0.02
_PATIENCE_SECONDS = 30.0
_WARM_UP_SECONDS = 10.0
#: Seconds to prepare a second of load.
_PREPARATION = 0.3
#: With their ends and answers, about 10,000 events.
_CONTACTS_PER_SECOND = 5_400
_PROBED = b'cx_backlog_contacts{channel="probe",'
#: With fewer, each would come back every few seconds, and all of them be repeats of the others.
_CUSTOMERS = 200_000
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

    def wait_for(self, probes: int) -> None:
        """Until the page has told of so many; raises FailedError if it does not."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self.counts or self.counts[-1] < probes:
            if time.monotonic() > deadline:
                raise FailedError(
                    f"/metrics tells of {max(self.counts, default=0)} of {probes} probes only:"
                    " the service cannot keep up with 10,000 events/s here"
                )
            time.sleep(_POLL_SECONDS)
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_POLL_SECONDS):
            try:
                page = scrape(self._port)
            except OSError:
                continue  # too slow: the next one tells
            self.moments.append(time.monotonic())
            self.counts.append(_probes_on(page))

    def seconds(self, sent: Sequence[float]) -> list[float]:
        """From the sending of each probe to the page that told of it; sorted."""
        return sorted(
            self.moments[bisect_left(self.counts, number)] - at for number, at in enumerate(sent, 1)
        )


def _probes_on(page: bytes) -> int:
    return sum(
        int(float(line.rsplit(b" ", 1)[1]))
        for line in page.splitlines()
        if line.startswith(_PROBED)
    )


def latency(broker: Broker, seconds: float) -> list[Measure]:
    """So long for each of three parts: no scrape, a scrape a second, scrapes all the time."""
    names = {topic: f"{_PREFIX}{topic}" for topic in TOPICS}
    asyncio.run(create_topics(broker.bootstrap, names.values()))
    settings = {
        f"CONTACT_METRICS_TOPICS__{topic.upper().replace('-', '_')}": name
        for topic, name in names.items()
    }
    with service(broker.bootstrap, 1 << 60, group=_GROUP, settings=settings) as worker:
        worker.says("ready")
        return asyncio.run(_measure(broker, worker, seconds))


async def _measure(broker: Broker, worker: Service, seconds: float) -> list[Measure]:
    late = _Late(worker)
    lasting = _WARM_UP_SECONDS + 3 * seconds
    async with AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap, max_batch_size=64 * 1024
    ) as producer:
        begin = time.time() + _PREPARATION * lasting
        load = _load(int(begin * SECOND), lasting)
        first = time.monotonic() + begin - time.time()
        publishing = asyncio.create_task(_publish_live(producer, load, first))
        quiet, scraped = first + _WARM_UP_SECONDS, first + _WARM_UP_SECONDS + seconds
        await _until(scraped)
        scraper = Scraper(worker.port, interval=1.0, first=0.0)
        with scraper:
            await _until(scraped + seconds)
        poller = _Poller(worker.port)
        poller.start()
        # By a connection of their own: waiting behind the load is not the service's doing.
        async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap) as prober:
            sent = await _send_probes(prober, scraped + 2 * seconds)
        await publishing
        await asyncio.to_thread(poller.wait_for, len(sent))
    shown = poller.seconds(sent)
    alone = late.between(quiet, scraped)
    beside = late.between(scraped, scraped + seconds)
    rate = sum(record.at >= (begin + _WARM_UP_SECONDS) * SECOND for record in load) / (3 * seconds)
    return [
        remark("3", "events/s meanwhile", rate),
        remark("3", f"append to changed value, p50 of {len(sent)}", 1e3 * _part(shown, 0.5), " ms"),
        at_most(
            "3",
            f"append to changed value, p99 of {len(sent)}",
            1e3 * _part(shown, 0.99),
            250,
            " ms",
        ),
        at_most(
            "3",
            f"scrape of {scraper.series:,} series, median",
            1e3 * _part(sorted(scraper.seconds), 0.5),
            100,
            " ms",
        ),
        remark("3", "slowest scrape", 1e3 * max(scraper.seconds), " ms"),
        remark("3", "event loop late without scrapes, worst", 1e3 * alone[-1], " ms"),
        at_most("3", "event loop late with a scrape a second, worst", 1e3 * beside[-1], 50, " ms"),
    ]


def _load(start: int, seconds: float) -> list[Record]:
    """About 10,000 events a second, once the first contacts end."""
    until = start + int(seconds * SECOND)
    contacts = Workload(0, start, _CUSTOMERS, pace=_PACE).contacts(SECOND // _CONTACTS_PER_SECOND)
    events = takewhile(lambda events: events[0].at < until, contacts)
    return sorted(record for record in chain.from_iterable(events) if record.at < until)


async def _publish_live(producer: AIOKafkaProducer, load: Sequence[Record], first: float) -> None:
    """Each event when it happens; `first` is the monotonic clock's moment of the first one."""
    tick = int(_TICK_SECONDS * SECOND)
    for number, due in groupby(load, lambda record: (record.at - load[0].at) // tick):
        prepared = Prepared(producer, due, _PREFIX)
        await _until(first + (number + 1) * _TICK_SECONDS)
        await prepared.send()


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
            f"{_PREFIX}{STARTED}", orjson.dumps(event), key=key, partition=partition_of(key)
        )
        await asyncio.sleep(_PROBE_SECONDS)
    return sent


async def _until(moment_: float) -> None:
    await asyncio.sleep(max(0.0, moment_ - time.monotonic()))


def _part(ordered: Sequence[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
