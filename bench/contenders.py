"""Who is measured on the same events, and how one run of each is made."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from bench.broker import Broker
from bench.measures import Say, table
from bench.pages import Scraper
from bench.processes import FailedError, answer_of, service

#: Part of the events that a peer has to take: some wait a while for more before they hand out the
#: last ones, which says nothing about their speed.
_PART_FOR_PEERS = 0.95
#: The slow ones are measured for so long; their rate does not change.
_PEER_SECONDS = 30.0
_START_SECONDS = 60.0
#: The peers whose pins exclude ours (pydantic, say) have an environment of their own.
_PEERS = Path(__file__).parents[1] / ".venv-peers"

_runs = count(1)


class Run(NamedTuple):
    """One run: events a second, CPU seconds for 100,000 events, and the most memory (bytes)."""

    rate: float
    cpu: float
    peak_rss: float


class Contender(NamedTuple):
    """One who does a job with the published events; the service has a goal beside some of them."""

    name: str
    job: str
    run: Callable[[Broker, int], Run]
    times: float | None = None


Runs = dict[Contender, list[Run]]


def compete(
    broker: Broker, contenders: Sequence[Contender], events: int, rounds: int, say: Say
) -> Runs:
    """All of them in turn, so that whatever slows the machine down slows all of them down."""
    runs: Runs = {contender: [] for contender in contenders}
    for number in range(1, rounds + 1):
        for contender, of in runs.items():
            of.append(run := contender.run(broker, events))
            say(f"round {number}: {contender.name}, {contender.job}: {run.rate:,.0f} events/s")
    return runs


def rate(runs: Sequence[Run]) -> float:
    """Events a second, the median."""
    return median(run.rate for run in runs)


def standings(runs: Runs) -> str:
    """Who did how well, medians; how many times as fast the service is, at full and equal work."""
    rows = []
    for contender, of in runs.items():
        rates, cpu, peaks = zip(*of, strict=True)
        full, equal = (f"{rate(runs[ours]) / rate(of):.2f}" for ours in (SERVICE, REDUCED))
        rows.append(
            [contender.name, contender.job, f"{median(rates):,.0f}",
             f"{min(rates):,.0f}-{max(rates):,.0f}", f"{median(cpu):.2f}",
             f"{max(peaks) / 1e6:,.0f}", full, equal]
        )  # fmt: skip
    heads = ["", "job", "events/s", "min-max", "CPU s/100,000", "peak MB", "full x", "equal x"]
    return table(heads, rows, numbers_from=2)


def peers_program(name: str) -> str:
    """A program of the peers' environment. Raises FailedError."""
    if not (_PEERS / ".installed").exists():
        raise FailedError("the peers and py-spy are not installed: run make bench, once")
    return str(_PEERS / "bin" / name)


def run_service(
    broker: Broker,
    events: int,
    group: str | None = None,
    settings: Mapping[str, str] | None = None,
) -> Run:
    """The service, by default as shipped; scraped as Prometheus does."""
    group = group or f"bench-{next(_runs)}"
    with service(broker.bootstrap, events, group=group, settings=settings) as worker:
        worker.says("ready")
        with Scraper(worker.port):
            done = worker.says("done")
    begun, seen = done["begun"]
    return as_run(done, events - seen, done["done"] - begun)


def _peer(module: str, *, own_environment: bool = False) -> Callable[[Broker, int], Run]:
    def run(broker: Broker, events: int) -> Run:
        python = peers_program("python") if own_environment else sys.executable
        wanted = str(int(events * _PART_FOR_PEERS))
        command = [
            python, "-m", f"bench.peers.{module}", broker.bootstrap, wanted, str(_PEER_SECONDS)
        ]  # fmt: skip
        found = answer_of(command, _PEER_SECONDS + _START_SECONDS)
        return as_run(found, found["events"], found["seconds"])

    return run


def as_run(found: dict[str, Any], events: int, seconds: float) -> Run:
    """From the figures of a process: what it took in so long, its CPU seconds and peak memory."""
    return Run(events / seconds, found["cpu_seconds"] / events * 100_000, found["peak_rss"])


#: All that can be left out of what peers do not do: one window, as there has to be one, and the one
#: repeat window of their job; no targets; one bound in each histogram but that of their job.
_REDUCED = {
    "CONTACT_METRICS_WINDOWS": "24h",
    "CONTACT_METRICS_REPEAT_WINDOWS": "24h",
    "CONTACT_METRICS_REPEAT_MATCH": "customer",
    "CONTACT_METRICS_SLA": "{}",
    "CONTACT_METRICS_FIRST_RESPONSE_BUCKETS": "1h",
    "CONTACT_METRICS_RESOLUTION_BUCKETS": "1m, 5m, 15m, 30m, 1h, 2h, 4h, 8h, 1d, 2d, 4d, 1w",
    "CONTACT_METRICS_BACKLOG_AGE_BUCKETS": "1d",
}

SERVICE = Contender("contact-metrics", "full contract, durable, scraped", run_service)
REDUCED = Contender(
    "contact-metrics", "set to the reduced job, durable", partial(run_service, settings=_REDUCED)
)
DRAIN = Contender("aiokafka + orjson", "decode only", _peer("aiokafka_drain"), 0.4)
ALL = (
    SERVICE,
    REDUCED,
    DRAIN,
    Contender("aiokafka + orjson", "reduced job, changelog", _peer("aiokafka_job")),
    Contender("faust-streaming", "reduced job, Table", _peer("faust_job"), 30.0),
    Contender("Quix Streams", "reduced job, state", _peer("quix_job", own_environment=True), 3.0),
)
