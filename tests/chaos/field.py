"""One run: a publisher, workers, someone who watches them, and the truth to compare with."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from service.embedded_broker import LOOPBACK
from service.streaming.fetching.unreadable import Unreadable
from tests.chaos.configuration import (
    COPARTITIONS,
    Copartition,
    Names,
    Tables,
    config_file,
    reference,
)
from tests.chaos.ledger import FETCH_MAY_TAKE, Ledger
from tests.chaos.log import Log
from tests.chaos.outcomes import LastTold, false
from tests.chaos.pages import Judged, Onlooker, judge
from tests.chaos.proxy import Proxy
from tests.chaos.publisher import Publisher, now
from tests.chaos.scraping import Watcher, scrape_all
from tests.chaos.topics import Reader, create_event_topics
from tests.chaos.truth import Findings, Part, Reckoned, examine
from tests.chaos.worker import Worker
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.reference.events import AGENTS, EVENT_TIME
from tests.reference.writing import EPOCH, MICROSECOND

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence
    from pathlib import Path

    from tests.brokers.apache_kafka import ApacheKafka
    from tests.chaos.scraping import Round

#: Topic, partition and offset of a record.
Place = tuple[str, int, int]
#: Of the lateness, the centre needs a third itself.
_PUBLISHER_MAY_TAKE: Final = 2 / 3
#: Seconds of lateness, and how often a broker may be started within it: what is published while one
#: is away comes in time, however slow the machine is.
_LATENESS, _STARTS = 60, 12
#: Seconds without a heartbeat, and their share of a broker's start: as short as the machine allows,
#: since a killed worker's partitions wait for so long.
_SESSION, _OF_A_START = 3.0, 2 / 3


class Field:
    """What the faults strike, and the account of them."""

    def __init__(
        self,
        kafka: ApacheKafka,
        directory: Path,
        run: str,
        *,
        seed: int = 1,
        lateness: int | None = None,
        workers: int = 3,
        session_timeout: float | None = None,
        proxy_ports: Sequence[int] = (),
        bootstrap: str | None = None,
        extra: Tables | None = None,
    ) -> None:
        """A worker for each of the proxies that `kafka` is told of, or `workers` without any.

        Those reach it at `bootstrap`, and have `extra` keys in the tables of their configuration.
        Without a `lateness` and a `session_timeout` they are what this machine takes.
        """
        session = session_timeout or max(_SESSION, _OF_A_START * kafka.start_seconds)
        self.kafka = kafka
        self.names = Names(run)
        self._extra: Tables = {
            "kafka": {"session_timeout": session, "rebalance_timeout": 2 * session},
            **(extra or {}),
        }
        self.settings = reference(lateness or max(_LATENESS, round(_STARTS * kafka.start_seconds)))
        self.publisher = Publisher(kafka.bootstrap, self.names, self.settings, seed)
        self.proxies = [Proxy(*both) for both in zip(proxy_ports, kafka.proxied, strict=True)]
        reached_at = [f"{LOOPBACK}:{port}" for port in proxy_ports] or workers * [
            bootstrap or kafka.bootstrap
        ]
        self.workers = [
            self._worker(directory, f"{run}-{number}", bootstrap, self._extra)
            for number, bootstrap in enumerate(reached_at)
        ]
        others = {**self._extra, "kafka": {**self._extra["kafka"], "group": f"others-{run}"}}
        self.stranger = self._worker(directory, f"{run}-stranger", kafka.bootstrap, others)
        """Of another group, with the same topics: not one of the workers."""
        self.http: aiohttp.ClientSession
        self.watcher: Watcher
        self.struck: Counter[str] = Counter()
        """Faults, by name."""
        self.findings: list[Findings] = []
        self.onlooker: Onlooker | None = None
        """Looks at all pages, if anybody does: a third of the workers' answers."""
        self.pages = Judged()
        self.outcomes = 0
        """Contacts whose last outcome was compared."""
        self.tells_outcomes = bool(self._extra.get("", {}).get("outcomes"))
        self._told = LastTold(kafka.bootstrap, self.names)
        self._ledger = Ledger(self.settings)
        self.transactions: list[tuple[int, int]] = []
        """When one was open that could hold back what followed it, in microseconds."""
        self.consumed_again = 0
        self._reader = Reader(kafka.bootstrap, self.names, self.names.events)
        self._log = Log(self.settings)
        self._settled: list[Part] = []
        self._refused: set[Place] = set()
        self._letters: set[Place] = set()
        self._given_up: set[Place] = set()
        self._letter_reader = Reader(kafka.bootstrap, self.names, [self.names.dead_letters])
        self._seen: set[tuple[str, bytes]] = set()
        self._live_since = 0
        self._slowest = 0.0
        # One for each of two cores.
        self._pool = ProcessPoolExecutor(2, multiprocessing.get_context("spawn"))

    def _worker(self, directory: Path, name: str, bootstrap: str, extra: Tables) -> Worker:
        port = free_port()
        config = config_file(bootstrap, self.names, self.settings, port, extra)
        return Worker(name, directory, config, port)

    async def start(self, history_seconds: float) -> None:
        await create_event_topics(self.kafka.bootstrap, self.names)
        await self.publisher.start(history_seconds)
        self._live_since = now()
        await self._reader.start()
        await asyncio.gather(*(proxy.start() for proxy in self.proxies))
        self.http = aiohttp.ClientSession()
        self.watcher = Watcher(self.http, self.workers)

    def look_at_pages(self, directory: Path) -> None:
        """From now on, all along."""
        self.onlooker = Onlooker(self.workers, directory)

    async def stop(self) -> None:
        if self.onlooker is not None:
            self.onlooker.stop()
        await self.watcher.stop()
        await self.publisher.stop()
        await self._reader.stop()
        await self._letter_reader.stop()
        await self._told.stop()
        await asyncio.gather(*(worker.stop() for worker in (*self.workers, self.stranger)))
        await asyncio.gather(*(proxy.stop() for proxy in self.proxies))
        await self.http.close()
        self._pool.shutdown(cancel_futures=True)

    # Striking

    def strike(self, what: str) -> None:
        """Account for a fault; one that comes after the last event proves nothing."""
        assert self.publisher.running(), f"nothing was published any more when it struck: {what}"
        self.struck[what] += 1

    @property
    def kills(self) -> int:
        return sum(worker.kills for worker in self.workers)

    async def calm(self) -> None:
        """Start whoever is down, and wait until all are ready."""
        for worker in self.workers:
            if worker.paused:
                worker.resume()
            if not worker.alive:
                worker.start()
        await self.eventually(self._all_ready, "all workers ready")

    async def _all_ready(self) -> bool:
        for worker in self.workers:
            assert worker.alive, f"{worker.name} ended by itself: {worker.last_words()}"
        answers = await asyncio.gather(*(it.readiness(self.http) for it in self.workers))
        return all(answer.get("ready") for answer in answers)

    async def eventually(self, holds: Callable[[], Any], what: str) -> None:
        """Wait until it does; an AssertionError with the workers' last words if it does not."""
        deadline = time.monotonic() + PATIENCE_S
        while not await holds():
            if time.monotonic() > deadline:
                words = "\n".join(f"{it.name}:\n{it.last_words()}" for it in self.workers)
                raise AssertionError(f"not within {PATIENCE_S:.0f} s: {what}\n{words}")
            await asyncio.sleep(0.2)

    async def owns_something(self, worker: Worker) -> bool:
        """Whether a scrape of it shows a partition."""
        answer = await scrape_all(self.http, [worker])
        return bool(answer and answer[0].clocks)

    async def an_owner(self, rng: random.Random) -> Worker:
        """One that owns something, drawn from all that do."""
        owners: list[Worker] = []

        async def are_some() -> bool:
            owners[:] = [it for it in self.workers if await self.owns_something(it)]
            return bool(owners)

        await self.eventually(are_some, "a worker that owns partitions")
        return rng.choice(owners)

    async def until_owned_by_others(self, worker: Worker) -> None:
        """Until the other workers' scrapes show every partition."""
        others = [it for it in self.workers if it is not worker]

        async def all_there() -> bool:
            answers = await scrape_all(self.http, others)
            return {of for it in answers for of in it.clocks} == COPARTITIONS

        await self.eventually(all_there, f"all partitions of {worker.name} at others")

    async def clocks(self) -> dict[Copartition, int]:
        """As the workers tell them now."""
        answers = await scrape_all(self.http, self.workers)
        return {of: at for answer in answers for of, at in answer.clocks.items()}

    async def letters(self) -> set[Place]:
        """The records of which there is a dead letter."""
        if not self._letters:
            await self._letter_reader.start()
        for records in (await self._letter_reader.more()).values():
            for record in records:
                headers = dict(record.headers)
                place = (
                    headers[f"error.{name}"].decode() for name in ("topic", "partition", "offset")
                )
                topic, partition, offset = place
                self._letters.add((topic, int(partition), int(offset)))
        return self._letters

    async def excuse_letters_given_up(self) -> None:
        """Those of now, if it was said: a broker may have been away for longer than they wait."""
        if any("the dead-letter topic takes no records" in worker.log for worker in self.workers):
            self._given_up = self._refused - await self.letters()

    async def until_all_refused_have_letters(self) -> None:
        """Of what has been read back so far."""

        async def all_there() -> bool:
            return await self.letters() >= self._refused - self._given_up

        await self.eventually(all_there, "a letter for each refused event")
        await self._read_back()
        assert self._letters <= self._refused, "there are letters of what was no bad event"

    # Comparing

    async def compare(self) -> None:
        """Hold the publisher, compare everything, go on. Fails on any difference."""
        await self.calm()
        moment = await self.publisher.pause()
        try:
            frozen = await self._frozen(moment)
            if self.onlooker is not None:
                await self.eventually(self._all_pages_whole(moment), "every page whole")
            rounds = self.watcher.take(frozen)
            await self._read_back()
            looks = [] if self.onlooker is None else self.onlooker.take()
            if self.tells_outcomes:
                await self._told.read_on()
        finally:
            self.publisher.resume()
        clocks = {of: clock for scrape in frozen for of, clock in scrape.clocks.items()}
        self._settled += await self._reckoned(self._log.settle(clocks), clocks)
        lively = [(of, self._log.lively(of)) for of in clocks]
        reckoned = [*self._settled, *await self._reckoned(lively, clocks)]
        found = await self._elsewhere(examine, reckoned, rounds, frozen)
        self.findings.append(found)
        consumed = self.watcher.consumed
        self.consumed_again = consumed["duplicate"] - self.publisher.again
        allowed = self.settings.allowed_lateness * _PUBLISHER_MAY_TAKE
        assert self._slowest < allowed, (
            f"an event was published {self._slowest:.1f} s late, {allowed:.1f} s were allowed:"
            " the machine is too slow for this test's lateness, nothing can be said of the service"
        )
        assert not found.differences, f"{found}\n{self.report()}"
        if self.tells_outcomes:
            await self._compare_outcomes(clocks)
        if self.onlooker is not None:
            self.pages += await self._elsewhere(judge, looks, frozen, self._ledger)
            assert not self.pages.wrong, "\n".join(self.pages.wrong[:15])

    async def _reckoned(
        self, parts: Iterable[tuple[Copartition, list[bytes]]], clocks: dict[Copartition, int]
    ) -> list[Part]:
        parts = list(parts)
        each = (self._elsewhere(Reckoned, lines, clocks[of], self.settings) for of, lines in parts)
        return list(zip((of for of, _ in parts), await asyncio.gather(*each), strict=True))

    async def _elsewhere(self, work: Callable[..., Any], *of: Any) -> Any:
        """In a process of its own: scraping and publishing go on."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *of)

    async def _compare_outcomes(self, clocks: dict[Copartition, int]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            lasts, lines = self._told.last(clocks), dict(self._log.lines)
            compared, wrong = await self._elsewhere(false, lasts, lines, clocks, self.settings)
            if not wrong or time.monotonic() > deadline:
                break
            # What a former owner tells late is told again with the owner's next outcomes, which
            # may come after the clock that pages showed.
            clocks = await self._told_since()
        assert compared, "no outcome was compared"
        self.outcomes += compared
        assert not wrong, "\n".join(map(str, wrong[:3]))

    async def _told_since(self) -> dict[Copartition, int]:
        """The clocks, once all that has been published is consumed and read back."""
        moment = await self.publisher.pause()
        try:
            frozen = await self._frozen(moment)
            await self._read_back()
            await self._told.read_on()
        finally:
            self.publisher.resume()
        return {of: clock for scrape in frozen for of, clock in scrape.clocks.items()}

    async def _frozen(self, moment: int) -> Round:
        """A scrape in which each partition is once, its clock past the moment: all is consumed."""
        frozen: Round = []

        async def all_there() -> bool:
            frozen[:] = await scrape_all(self.http, self.workers)
            clocks = [it for answer in frozen for it in answer.clocks.items()]
            return (
                sorted(of for of, _ in clocks) == sorted(COPARTITIONS)
                and min(at for _, at in clocks) > moment + FETCH_MAY_TAKE
            )

        await self.eventually(all_there, "everything consumed")
        return list(frozen)

    def _all_pages_whole(self, moment: int) -> Callable[[], Any]:
        async def all_whole() -> bool:
            return self.onlooker is None or self.onlooker.all_whole_since(moment)

        return all_whole

    async def _read_back(self) -> None:
        for (topic, number), records in (await self._reader.more()).items():
            type_, of = self.names.events[topic], self.names.copartition(topic, number)
            for record in records:
                if isinstance(record, Unreadable):
                    self._refused.add((topic, number, record.first_offset))
                elif record.headers:
                    self._refused.add((topic, number, record.offset))
                else:
                    value = json.loads(record.value)
                    event = {"topic": type_, "value": value}
                    appended_at = record.timestamp * 1000
                    handed_out_at = self._handed_out_at(appended_at)
                    self._ledger.note(of, type_, value, appended_at, handed_out_at)
                    owner = value["agent_id"] if type_ in AGENTS else value["customer_id"]
                    self._log.note(of, owner, json.dumps(event).encode(), appended_at)
                    self._note_delay(topic, record)

    def _handed_out_at(self, appended_at: int) -> int:
        during = (ended for began, ended in self.transactions if began <= appended_at <= ended)
        return max(during, default=appended_at)

    def _note_delay(self, topic: str, record: Any) -> None:
        """How late an event was published, the first time that it was."""
        if (topic, record.value) in self._seen:
            return
        self._seen.add((topic, record.value))
        at = _event_time(record.value)
        if at is not None and self._live_since <= at <= record.timestamp * 1000:
            self._slowest = max(self._slowest, record.timestamp / 1e3 - at / 1e6)

    # What is emitted

    async def emitted(self) -> dict[str, str]:
        """Everything that the workers say to the outside, by where they say it."""
        told = {f"log of {worker.name}": worker.log for worker in self.workers}
        for worker in self.workers:
            for path in ("/metrics", "/", "/api/summary", "/healthz", "/readyz"):
                async with self.http.get(worker.url + path) as answer:
                    text = told[f"{path} of {worker.name}"] = await answer.text()
                    is_well = answer.status == 200 or path == "/readyz"
                    assert is_well, f"{path}: status {answer.status}, {text[:500]}"
        return told

    # Reporting

    def report(self) -> str:
        """The figures."""
        restores = [it for worker in self.workers for it in worker.logged("state restored")]
        consumed = self.watcher.consumed
        faults = ", ".join(f"{count} {what}" for what, count in sorted(self.struck.items()))
        return (
            f"{faults or 'no fault'}; {self.kills} kills, {len(restores)} restores of"
            f" {sum(it['records'] for it in restores)} records, {self.watcher.moves} partitions"
            f" moved; {self.publisher.events} events published ({self.publisher.again} duplicates,"
            f" {self.publisher.bad} bad), {sum(consumed.values())} consumed (at least"
            f" {max(0, self.consumed_again)} again), {self._slowest:.1f} s late at most;"
            f" {self.watcher.scrapes} scrapes, {sum(it.compared for it in self.findings)} values"
            f" compared, {sum(it.twice_in_one_scrape for it in self.findings)} partitions twice in"
            f" one scrape; {sum(it.differences for it in self.findings)} differences"
            f"{f'; {self.outcomes} last outcomes compared' if self.outcomes else ''}"
            f"{'' if self.onlooker is None else f'; {self.pages}'}"
        )


def _event_time(value: bytes) -> int | None:
    """Microseconds of the event's own time; None: it is a plan."""
    event = json.loads(value)
    own = next((event[name] for name in EVENT_TIME.values() if name in event), None)
    return None if own is None else (datetime.fromisoformat(own) - EPOCH) // MICROSECOND


@asynccontextmanager
async def field(
    kafka: ApacheKafka, directory: Path, run: str, *, history_seconds: float = 120.0, **options: Any
) -> AsyncIterator[Field]:
    """A field with its history published and its workers starting; figures at the end."""
    it = Field(kafka, directory, run, **options)
    await it.start(history_seconds)
    try:
        yield it
        sys.stdout.write(f"\n{run}: {it.report()}\n")
    finally:
        await it.stop()
