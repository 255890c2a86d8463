"""What Prometheus records of a service whose partitions move, and of one to which news comes."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import time
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from os import kill
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer

from service.alerting.sla_alerts import JUDGED, MISSED
from service.alerting.totals import CLOSED
from tests.chaos.worker import Worker
from tests.deploy.prometheus import Prometheus, quick, recording
from tests.patience import PATIENCE_S
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

    from tests.brokers.apache_kafka import ApacheKafka

    Fault = Callable[["Service", ApacheKafka], Awaitable[None]]

pytestmark = pytest.mark.prometheus

OPEN, CLOSED_CONTACTS = 60, 90
_REFERENCE = Path(__file__).parents[2] / "docs" / "metrics.md"


def _advised(total: str, pace: int) -> str:
    """The query that the metric reference gives for totals, for another total than its example."""
    text = _REFERENCE.read_text("utf-8")
    query = re.findall(r"```promql\n(.*?)```", text, re.DOTALL)[0]
    example = "sum by (channel) (cx_backlog_contacts)"
    assert query.count(example) == 1
    return quick(query.replace(example, total), pace)


_SHOWN = "sum(cx_backlog_contacts)"
_SOMEBODY_ANSWERS = "max(up)"
#: How often a fault strikes at most.
_TIMES = 20
#: Of a broker, on a machine that answers scrapes within a second.
_START_SECONDS = 5


class Service:
    """Workers of one group, and the Prometheus that scrapes them."""

    def __init__(self, workers: list[Worker], http: aiohttp.ClientSession) -> None:
        self.workers = workers
        self.http = http
        self.prometheus: Prometheus

    async def ready(self, worker: Worker) -> None:
        assert await worker.until(self.http, _is_ready, PATIENCE_S), worker.last_words()

    async def until(self, expr: str, wanted: float) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while [float(row["value"][1]) for row in self.prometheus.answer(expr)] != [wanted]:
            assert time.monotonic() < deadline, (expr, self.prometheus.answer(expr))
            await asyncio.sleep(0.5)


def _is_ready(readiness: dict[str, Any]) -> bool:
    return bool(readiness.get("ready"))


@asynccontextmanager
async def _serving(
    folder: Path, bootstrap: str, unique: Callable[[str], str], count: int, pace: int = 1
) -> AsyncIterator[tuple[Service, str]]:
    """The service, with no event yet, and the name that its topics end with."""
    run = unique("handover")
    types = ("contact-started", "contact-resolved", "survey-answered")
    own = ("changelog", "group_register", "dead_letters")
    workers = []
    for number in range(count):
        port = free_port()
        lines = [
            'repeat_windows = ["2h"]',
            "[topics]",
            *(f'{type_.replace("-", "_")} = "{type_}-{run}"' for type_ in types),
            *(f'{name} = "{name.replace("_", "-")}-{run}"' for name in own),
            "[kafka]",
            f'bootstrap_servers = ["{bootstrap}"]',
            f'group = "{run}"',
            f"partitions = {2 * count}",
            "create_topics = true",
            'session_timeout = "6s"',
            'rebalance_timeout = "6s"',
            "[http]",
            'host = "127.0.0.1"',
            f"port = {port}",
            "[log]",
            'format = "json"',
        ]
        workers.append(Worker(f"worker-{number}", folder, "\n".join(lines), port))
    async with aiohttp.ClientSession() as http:
        service = Service(workers, http)
        try:
            for worker in workers:
                worker.start()
            for worker in workers:
                await service.ready(worker)
            targets = [f"127.0.0.1:{worker.port}" for worker in workers]
            with _prometheus(folder, *targets, pace=pace) as service.prometheus:
                yield service, run
        finally:
            for worker in workers:
                await worker.stop()


@contextmanager
def _prometheus(folder: Path, *targets: str, pace: int) -> Iterator[Prometheus]:
    own = folder / "prometheus"
    own.mkdir()
    with recording(own, *targets, every=pace, pace=pace) as running:
        yield running


async def _publish(bootstrap: str, run: str, events: list[tuple[str, dict[str, str]]]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        for type_, event in events:
            await producer.send_and_wait(
                f"{type_}-{run}", json.dumps(event).encode(), event["customer_id"].encode()
            )
    finally:
        await producer.stop()


def _contacts(
    count: int, channel: str, started: float, closed: float | None
) -> list[tuple[str, dict[str, str]]]:
    """Each of a customer of its own; times in seconds before now."""
    now, events = time.time(), []
    for number in range(count):
        ids = {"contact_id": f"{channel}-{closed}-{number}", "customer_id": f"k{channel}{number}"}
        begun = {"started_at": _utc(now - started), "channel": channel, "queue": "billing"}
        events.append(("contact-started", {**ids, **begun}))
        if closed is not None:
            events.append(("contact-resolved", {**ids, "resolved_at": _utc(now - closed)}))
    return events


def _utc(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


@pytest.mark.broker
async def test_what_a_new_channel_begins_with_is_counted_in_every_span(
    tmp_path: Path, bootstrap: str, unique: Callable[[str], str]
) -> None:
    """40 contacts at once, all judged long after their target: final as soon as they are known."""
    async with _serving(tmp_path, bootstrap, unique, 1) as (service, run):
        await _publish(bootstrap, run, _contacts(25, "voice", 40_000, 39_000))
        await service.until(f"{CLOSED.steady_record}", 25)
        await _publish(bootstrap, run, _contacts(40, "whatsapp", 200_000, 50_000))
        for span in ("30m", "2h", "6h", "3d", "30d"):
            labels = f'channel="whatsapp",target="resolution",window="{span}"'
            await service.until(f"{JUDGED}{{{labels}}}", 40)
            await service.until(f"{MISSED}{{{labels}}}", 40)


async def _struck(
    service: Service, kafka: ApacheKafka, fault: Fault, steady: Mapping[str, float]
) -> tuple[float, float, dict[str, list[list[float]]]]:
    """From when to when there was a fault, and what was recorded meanwhile, second by second.

    Where nobody answered a scrape in time, or all was over before the next one, it proves nothing.
    """
    asked = (*steady, _SHOWN, _SOMEBODY_ANSWERS)
    for _ in range(_TIMES):
        for expr, value in steady.items():
            await service.until(expr, value)
        since = time.time()
        await fault(service, kafka)
        await service.until(_SHOWN, OPEN)
        until = time.time()
        told = {it: service.prometheus.over(it, since, until, 1) for it in asked}
        answered = {number for _, number in told[_SOMEBODY_ANSWERS]} == {1}
        if answered and {number for _, number in told[_SHOWN]} != {OPEN}:
            return since, until, told
    raise AssertionError(f"Prometheus did not see it strike, {_TIMES} times")


@pytest.mark.kafka
@pytest.mark.slow
async def test_no_total_shows_that_partitions_change_hands(
    tmp_path: Path, own_kafka: ApacheKafka, unique: Callable[[str], str]
) -> None:
    """One of two workers is killed, both are restarted in turn, the broker is away for half a
    minute: what is recorded, and what the reference advises to ask, stays what it is."""
    bootstrap = own_kafka.bootstrap
    # A scrape has as long as there is until the next one, which is a second where that is enough.
    pace = max(1, round(own_kafka.start_seconds / _START_SECONDS))
    async with _serving(tmp_path, bootstrap, unique, 2, pace) as (service, run):
        await _publish(bootstrap, run, _contacts(OPEN, "voice", 3000, None))
        await _publish(bootstrap, run, _contacts(CLOSED_CONTACTS, "chat", 2000, 1000))
        steady = {
            _advised("sum(cx_backlog_contacts)", pace): OPEN,
            _advised("sum(cx_contacts_closed_total)", pace): CLOSED_CONTACTS,
            _advised('sum(cx_window_contacts_started{window="24h"})', pace): (
                OPEN + CLOSED_CONTACTS
            ),
            CLOSED.steady_record: CLOSED_CONTACTS,
            'all:cx_backlog:growth{window="24h"}': OPEN,
            'all:cx_answered:ratio{window="24h"}': 1,
        }
        for fault in (_kill_one, _restart_in_turn, _stop_the_broker):
            since, until, told = await _struck(service, own_kafka, fault, steady)
            steps = int(until - since) + 1
            for expr, value in steady.items():
                assert [number for _, number in told[expr]] == [value] * steps, (fault, expr)
            # What is not held is absent, never 0.
            least = service.prometheus.over(
                f'min(min_over_time(cx_contacts_closed_total{{outcome="resolved"}}[{2 * pace}s]))',
                *(since, until, 1),
            )
            assert min(value for _, value in least) > 0


async def _kill_one(service: Service, _: ApacheKafka) -> None:
    service.workers[0].kill()
    await service.until("sum(cx_backlog_contacts)", OPEN)
    service.workers[0].start()
    await service.ready(service.workers[0])


async def _restart_in_turn(service: Service, _: ApacheKafka) -> None:
    for worker in service.workers:
        assert await worker.stop() == 0
        worker.start()
        await service.ready(worker)
        await service.until("sum(cx_backlog_contacts)", OPEN)


async def _stop_the_broker(service: Service, kafka: ApacheKafka) -> None:
    """Silent for longer than the session time-out: the workers tell nothing in the end."""
    kill(kafka.pid, signal.SIGSTOP)
    try:
        await service.until("count(cx_backlog_contacts) or vector(0)", 0)
        await asyncio.sleep(10)
    finally:
        kill(kafka.pid, signal.SIGCONT)
    for worker in service.workers:
        await service.ready(worker)
