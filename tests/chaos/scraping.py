"""What every worker says of itself, about twice a second, all along."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.chaos.configuration import Copartition
    from tests.chaos.worker import Worker
    from tests.reference.page import Page, Series

INTERVAL: Final = 0.5
_TIMEOUT = aiohttp.ClientTimeout(total=4.0)
_CLOCK: Final = "cx_pipeline_clock_timestamp_seconds"


@dataclass(frozen=True)
class Scrape:
    """One answer: the numbers, and the partitions that they are of with their clocks (µs)."""

    worker: str
    incarnation: str
    at: float
    page: Page
    clocks: dict[Copartition, int]


#: One scrape of all workers.
Round = list[Scrape]

_parsed: dict[str, Series] = {}


def parse(text: str) -> Page:
    """Every sample but those of 0; each series' name is parsed once for all scrapes."""
    page: Page = {}
    for line in text.splitlines():
        written, _, value = line.rpartition(" ")
        if not written or line.startswith("#") or value == "0.0":
            continue
        series = _parsed.get(written)
        if series is None:
            family = next(iter(text_string_to_metric_families(line + "\n")))
            sample = family.samples[0]
            series = _parsed[written] = (sample.name, frozenset(sample.labels.items()))
        page[series] = float(value)
    return page


def clocks(page: Page) -> dict[Copartition, int]:
    """Partition to its clock in microseconds."""
    told = [(dict(labels), value) for (name, labels), value in page.items() if name == _CLOCK]
    return {(of["group"], int(of["partition"])): round(value * 1e6) for of, value in told}


async def scrape(http: aiohttp.ClientSession, worker: Worker) -> Scrape | None:
    """None: it did not answer."""
    incarnation = worker.incarnation
    try:
        async with http.get(f"{worker.url}/metrics", timeout=_TIMEOUT) as response:
            page = parse(await response.text())
    except (OSError, TimeoutError, aiohttp.ClientError):
        return None
    return Scrape(worker.name, incarnation, time.time(), page, clocks(page))


async def scrape_all(http: aiohttp.ClientSession, workers: Sequence[Worker]) -> Round:
    """Those that answer; a process that stands still is not asked, as no scraper would wait."""
    asked = [worker for worker in workers if worker.alive and not worker.paused]
    answers = await asyncio.gather(*(scrape(http, worker) for worker in asked))
    return [answer for answer in answers if answer is not None]


class Watcher:
    """Scrapes until stopped; keeps what has not been examined yet."""

    def __init__(self, http: aiohttp.ClientSession, workers: Sequence[Worker]) -> None:
        self.rounds: list[Round] = []
        self.scrapes = 0
        self.moves = 0
        """How often a partition was seen at another process than before."""
        self._http = http
        self._workers = workers
        self._owners: dict[Copartition, str] = {}
        self._consumed: dict[str, Counter[str]] = {}
        self._task = asyncio.create_task(self._run(), name="watcher")

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    def take(self, until: Round) -> list[Round]:
        """What has come in since the last time, and tells nothing later than `until` does."""
        if self._task.done():
            self._task.result()
        at = {of: clock for answer in until for of, clock in answer.clocks.items()}

        def is_later(answers: Round) -> bool:
            told = [it for answer in answers for it in answer.clocks.items()]
            return any(clock > at.get(of, clock) for of, clock in told)

        later = [answers for answers in self.rounds if is_later(answers)]
        taken = [answers for answers in self.rounds if not is_later(answers)]
        self.rounds = later
        return taken

    @property
    def consumed(self) -> Counter[str]:
        """Events by result, over all processes that ever ran, as far as a scrape has told."""
        return sum(self._consumed.values(), Counter())

    async def _run(self) -> None:
        while True:
            began = time.monotonic()
            self._note(await scrape_all(self._http, self._workers))
            await asyncio.sleep(max(0.05, INTERVAL - (time.monotonic() - began)))

    def _note(self, answers: Round) -> None:
        self.rounds.append(answers)
        self.scrapes += len(answers)
        for answer in answers:
            results: Counter[str] = Counter()
            for (name, labels), value in answer.page.items():
                if name == "cx_pipeline_events_total":
                    results[dict(labels)["result"]] += int(value)
            self._consumed[answer.incarnation] = results
            for partition in answer.clocks:
                former = self._owners.get(partition)
                self.moves += former not in (None, answer.incarnation)
                self._owners[partition] = answer.incarnation
