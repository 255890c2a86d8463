"""How soon /metrics tells of an event, what an event costs as it comes, how little a scrape delays.

Under live load; the service is asked for its page all the time for the first figure, once a second
or not at all for the others.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench.broker import running_broker
from bench.contenders import Run, as_run
from bench.live import live_load, send_probes, until
from bench.measures import Measure, Plan, say
from bench.pages import Page, scraped
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
        live_load(broker, _WARM_UP_SECONDS + 3 * _PART_SECONDS, _RATE) as begins,
    ):
        parts = [begins + _WARM_UP_SECONDS + part * _PART_SECONDS for part in range(4)]
        until(parts[1])
        with scraped(worker.port, 1.0) as asked:
            until(parts[2])
        with scraped(worker.port, _POLL_SECONDS) as pages:
            sent = send_probes(broker, parts[3])
            _wait_for_all(pages, len(sent))
    told = [_told(worker, since) for since in parts[:2]]
    ours = _run(told[0])
    of_another = [_another(plan.beside, kafka=plan.kafka)] if plan.beside else []
    # For each probe, the first page that told of it.
    counts = [page.probes for page in pages]
    seen = (pages[bisect_left(counts, number)] for number in range(1, len(sent) + 1))
    shown = [1e3 * (page.ended - at) for page, at in zip(seen, sent, strict=True)]
    most = quantiles(shown, n=100, method="inclusive")[-1]
    scrapes = [1e3 * (page.ended - page.begun) for page in asked]
    late = [1e3 * max(line["late"] for line in lines) for lines in told]
    return [
        Measure("events/s meanwhile", ours.rate),
        Measure("cost of an event at that rate", ours.cpu, " us"),
        *(
            Measure(f"beside that of {plan.beside}", ours.cpu / it.cpu, " x", most=0.4)
            for it in of_another
        ),
        Measure(f"append to changed value, p50 of {len(sent)}", median(shown), " ms"),
        Measure(f"append to changed value, p99 of {len(sent)}", most, " ms", most=100),
        Measure(f"scrape of {asked[-1].series:,} series, median", median(scrapes), " ms", most=100),
        Measure("event loop late without scrapes, worst", late[0], " ms"),
        Measure("event loop late with a scrape a second, worst", late[1], " ms", most=50),
    ]


def _another(checkout: Path, *, kafka: bool) -> Run:
    """The service of another checkout under the same load."""
    with (
        running_broker(kafka=kafka) as broker,
        Service(broker, 1 << 60, group="bench-latency", checkout=checkout) as worker,
        live_load(broker, _WARM_UP_SECONDS + _PART_SECONDS, _RATE) as begins,
    ):
        until(begins + _WARM_UP_SECONDS + _PART_SECONDS)
    return _run(_told(worker, begins + _WARM_UP_SECONDS))


def _told(worker: Service, since: float) -> list[dict[str, Any]]:
    """What a service has said in a part of its run."""
    lines = worker.told
    return [line for line in lines if since < line.get("at", 0) <= since + _PART_SECONDS]


def _run(told: Sequence[dict[str, Any]]) -> Run:
    return as_run(*(told[-1][of] - told[0][of] for of in ("events", "at", "cpu_seconds")))


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
