"""How soon /metrics tells of an event, and how little a scrape delays.

Under live load; the service is asked for its page all the time for the first figure, once a second
for the others.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections.abc import Sequence

from bench.broker import Broker, running_broker
from bench.live import LiveLoad, live_service, until
from bench.measures import Measure, Plan, Say
from bench.pages import Page, Scraper
from bench.processes import FailedError, Service

_WARM_UP_SECONDS = 10.0
#: Each of three parts: no scrape, a scrape a second, scrapes all the time.
_PART_SECONDS = 15.0
_POLL_SECONDS = 0.02
_PATIENCE_SECONDS = 30.0


def latency(plan: Plan, say: Say) -> list[Measure]:
    """Append to page, scrapes, and the event loop beside them."""
    say("live load, about 10,000 events/s")
    with running_broker(kafka=plan.kafka) as broker, live_service(broker) as worker:
        return asyncio.run(_measure(broker, worker))


async def _measure(broker: Broker, worker: Service) -> list[Measure]:
    load = LiveLoad(broker, _WARM_UP_SECONDS + 3 * _PART_SECONDS)
    publishing = asyncio.create_task(load.publish())
    quiet = load.begins + _WARM_UP_SECONDS
    scraped, polled = quiet + _PART_SECONDS, quiet + 2 * _PART_SECONDS
    await until(scraped)
    with Scraper(worker.port, interval=1.0, first=0.0) as scraper:
        await until(polled)
    with Scraper(worker.port, interval=_POLL_SECONDS, first=0.0) as poller:
        sent = await load.send_probes(polled + _PART_SECONDS)
        await publishing
        await _all_on(poller.pages, len(sent))

    def late(since: float, end: float) -> float:
        return max(
            1e3 * float(line["late"]) for line in worker.told if since < line.get("at", 0) <= end
        )

    # For each probe, the first page that told of it.
    counts = [page.probes for page in poller.pages]
    first = (poller.pages[bisect_left(counts, number)] for number in range(1, len(sent) + 1))
    shown = [1e3 * (page.ended - at) for page, at in zip(first, sent, strict=True)]
    scrapes = [1e3 * (page.ended - page.begun) for page in scraper.pages]
    series = scraper.pages[-1].series
    return [
        Measure("events/s meanwhile", load.rate(_WARM_UP_SECONDS)),
        Measure(f"append to changed value, p50 of {len(sent)}", part(shown, 0.5), " ms"),
        Measure(f"append to changed value, p99 of {len(sent)}", part(shown, 0.99), " ms", most=250),
        Measure(f"scrape of {series:,} series, median", part(scrapes, 0.5), " ms", most=100),
        Measure("slowest scrape", max(scrapes), " ms"),
        Measure("event loop late without scrapes, worst", late(quiet, scraped), " ms"),
        Measure(
            "event loop late with a scrape a second, worst", late(scraped, polled), " ms", most=50
        ),
    ]


async def _all_on(pages: Sequence[Page], probes: int) -> None:
    """Until a page tells of so many. Raises FailedError if none does."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not pages or pages[-1].probes < probes:
        if time.monotonic() > deadline:
            told = max((page.probes for page in pages), default=0)
            raise FailedError(
                f"/metrics tells of {told} of {probes} probes only:"
                " the service cannot keep up with 10,000 events/s here"
            )
        await asyncio.sleep(_POLL_SECONDS)


def part(values: Sequence[float], share: float) -> float:
    """The value that so large a share is not above."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
