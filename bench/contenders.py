"""Who is measured on the same events, and how one run of each is made."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from bench.brokers import Broker
from bench.peers.environment import peers_python
from bench.processes import answer_of, service
from bench.scraping import Scraper

#: Part of the events that a peer has to take: some wait a while for more before they hand out the
#: last ones, which says nothing about their speed.
_PART_FOR_PEERS = 0.95
#: The slow ones are measured for so long; their rate does not change.
_PEER_SECONDS = 30.0
_START_SECONDS = 60.0

_runs = count(1)


@dataclass(frozen=True, slots=True)
class Run:
    """One run: events a second, CPU seconds for 100,000 events, and the most memory (bytes)."""

    rate: float
    cpu: float
    peak_rss: float


@dataclass(frozen=True, slots=True)
class Contender:
    """One who does a job with the published events."""

    name: str
    job: str
    run: Callable[[Broker, int], Run]


def _peer(module: str, *, own_environment: bool = False) -> Callable[[Broker, int], Run]:
    def run(broker: Broker, events: int) -> Run:
        python = peers_python() if own_environment else sys.executable
        wanted = str(int(events * _PART_FOR_PEERS))
        command = [
            python, "-m", f"bench.peers.{module}", broker.bootstrap, wanted, str(_PEER_SECONDS)
        ]  # fmt: skip
        found = answer_of(command, _PEER_SECONDS + _START_SECONDS)
        return _as_run(found, found["events"], found["seconds"])

    return run


def run_service(broker: Broker, events: int, group: str | None = None) -> Run:
    """The service as shipped, scraped as Prometheus does."""
    group = group or f"bench-{next(_runs)}"
    with service(broker.bootstrap, events, group=group) as worker:
        worker.says("ready")
        with Scraper(worker.port):
            done = worker.says("done")
    begun, seen = done["begun"]
    return _as_run(done, events - seen, done["done"] - begun)


def _as_run(found: dict[str, Any], events: int, seconds: float) -> Run:
    return Run(events / seconds, found["cpu_seconds"] / events * 100_000, found["peak_rss"])


SERVICE = Contender("contact-metrics", "full contract, durable, scraped", run_service)
DRAIN = Contender("aiokafka + orjson", "decode only", _peer("aiokafka_drain"))
FAUST = Contender("faust-streaming", "reduced job, Table", _peer("faust_job"))
QUIX = Contender("Quix Streams", "reduced job, state", _peer("quix_job", own_environment=True))
ALL = (
    SERVICE,
    DRAIN,
    Contender("aiokafka + orjson", "reduced job, changelog", _peer("aiokafka_job")),
    FAUST,
    QUIX,
    Contender("Bytewax", "reduced job, recovery", _peer("bytewax_job", own_environment=True)),
    Contender(
        "confluent-kafka + orjson", "decode only", _peer("confluent_drain", own_environment=True)
    ),
)
