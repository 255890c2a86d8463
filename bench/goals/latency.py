"""Goal 3: how soon /metrics tells of an event, and how little a scrape delays.

Under live load; the service is asked for its page all the time for the first figure, once a second
for the others.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

from bench.brokers import Broker
from bench.live import LiveLoad, live_service, until
from bench.measures import Measure, at_most, remark
from bench.polling import Poller
from bench.processes import Service
from bench.scraping import Scraper

WARM_UP_SECONDS = 10.0
_NAME = "live"


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

    def between(self, since: float, end: float) -> list[float]:
        return sorted(late for at, late in list(self._told) if since < at <= end)


def latency(broker: Broker, seconds: float) -> list[Measure]:
    """So long for each of three parts: no scrape, a scrape a second, scrapes all the time."""
    with live_service(broker, _NAME, "bench.watched_service") as worker:
        return asyncio.run(_measure(broker, worker, seconds))


async def _measure(broker: Broker, worker: Service, seconds: float) -> list[Measure]:
    late = _Late(worker)
    load = LiveLoad(broker, _NAME, WARM_UP_SECONDS + 3 * seconds)
    publishing = asyncio.create_task(load.publish())
    quiet = load.begins + WARM_UP_SECONDS
    scraped = quiet + seconds
    await until(scraped)
    scraper = Scraper(worker.port, interval=1.0, first=0.0)
    with scraper:
        await until(scraped + seconds)
    poller = Poller(worker.port)
    poller.start()
    sent = await load.send_probes(scraped + 2 * seconds)
    await publishing
    await asyncio.to_thread(poller.wait_for, len(sent))
    told = poller.told_of(sent)
    shown = sorted(scrape.ended - at for scrape, at in zip(told, sent, strict=True))
    alone = late.between(quiet, scraped)
    beside = late.between(scraped, scraped + seconds)
    return [
        remark("3", "events/s meanwhile", load.rate(WARM_UP_SECONDS)),
        remark("3", f"append to changed value, p50 of {len(sent)}", 1e3 * part(shown, 0.5), " ms"),
        at_most(
            "3",
            f"append to changed value, p99 of {len(sent)}",
            1e3 * part(shown, 0.99),
            250,
            " ms",
        ),
        at_most(
            "3",
            f"scrape of {scraper.series:,} series, median",
            1e3 * part(sorted(scraper.seconds), 0.5),
            100,
            " ms",
        ),
        remark("3", "slowest scrape", 1e3 * max(scraper.seconds), " ms"),
        remark("3", "event loop late without scrapes, worst", 1e3 * alone[-1], " ms"),
        at_most("3", "event loop late with a scrape a second, worst", 1e3 * beside[-1], 50, " ms"),
    ]


def part(ordered: Sequence[float], share: float) -> float:
    """The value that so large a share is not above."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
