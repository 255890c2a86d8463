"""How soon /metrics tells of an event, what an event costs as it comes, how little a scrape delays.

Under live load; the service is asked for its page all the time for the first figure, once a second
or not at all for the others.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Sequence
from statistics import median, quantiles
from typing import Any

from bench.broker import running_broker
from bench.live import LiveLoad, until
from bench.measures import Measure, Plan, say
from bench.pages import Page, Scraper
from bench.processes import FailedError, Service

_RATE = 10_000
_WARM_UP_SECONDS = 10.0
#: Each of three parts: no scrape, a scrape a second, scrapes all the time.
_PART_SECONDS = 15.0
_POLL_SECONDS = 0.02
_PATIENCE_SECONDS = 30.0


def latency(plan: Plan) -> list[Measure]:
    """Append to page, scrapes, and the event loop beside them."""
    say(f"live load, about {_RATE:,} events/s")
    with (
        running_broker(kafka=plan.kafka) as broker,
        Service(broker, 1 << 60, group="bench-latency") as worker,
    ):
        return _measure(broker, worker)


def _measure(broker: str, worker: Service) -> list[Measure]:
    load = LiveLoad(broker, _WARM_UP_SECONDS + 3 * _PART_SECONDS, _RATE)
    quiet = load.begins + _WARM_UP_SECONDS
    scraped, polled = quiet + _PART_SECONDS, quiet + 2 * _PART_SECONDS
    with load.published():
        until(scraped)
        with Scraper(worker.port, 1.0) as scraper:
            until(polled)
        with Scraper(worker.port, _POLL_SECONDS) as poller:
            sent = load.send_probes(polled + _PART_SECONDS)
            _wait_for_all(poller.pages, len(sent))
    alone, asked = (
        [line for line in worker.told if since < line.get("at", 0) <= since + _PART_SECONDS]
        for since in (quiet, scraped)
    )
    seconds, events, cpu = (alone[-1][of] - alone[0][of] for of in ("at", "events", "cpu_seconds"))
    # For each probe, the first page that told of it.
    counts = [page.probes for page in poller.pages]
    first = (poller.pages[bisect_left(counts, number)] for number in range(1, len(sent) + 1))
    shown = [1e3 * (page.ended - at) for page, at in zip(first, sent, strict=True)]
    most = quantiles(shown, n=100, method="inclusive")[-1]
    scrapes = [1e3 * (page.ended - page.begun) for page in scraper.pages]
    series = scraper.pages[-1].series
    return [
        Measure("events/s meanwhile", events / seconds),
        Measure("cost of an event at that rate", 1e6 * cpu / events, " us"),
        Measure(f"append to changed value, p50 of {len(sent)}", median(shown), " ms"),
        Measure(f"append to changed value, p99 of {len(sent)}", most, " ms", most=250),
        Measure(f"scrape of {series:,} series, median", median(scrapes), " ms", most=100),
        Measure("slowest scrape", max(scrapes), " ms"),
        Measure("event loop late without scrapes, worst", _latest(alone), " ms"),
        Measure("event loop late with a scrape a second, worst", _latest(asked), " ms", most=50),
    ]


def _latest(told: Sequence[dict[str, Any]]) -> float:
    return max(1e3 * float(line["late"]) for line in told)


def _wait_for_all(pages: Sequence[Page], probes: int) -> None:
    """Until a page tells of so many. Raises FailedError if none does."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not pages or pages[-1].probes < probes:
        if time.monotonic() > deadline:
            told = max((page.probes for page in pages), default=0)
            raise FailedError(
                f"/metrics tells of {told} of {probes} probes only:"
                f" the service cannot keep up with {_RATE:,} events/s here"
            )
        time.sleep(_POLL_SECONDS)
