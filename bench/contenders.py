"""Who is measured on the same events, and how one run of each is made."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any, NamedTuple

from bench.measures import say, show
from bench.pages import scraped
from bench.processes import ROOT, FailedError, Service, answer_of

#: Part of the events that a peer has to take: some wait a while for more before they hand out the
#: last ones, which says nothing about their speed.
_PART_FOR_PEERS = 0.95
#: The slow ones are measured for so long; their rate does not change.
_PEER_SECONDS = 30.0
_START_SECONDS = 60.0
#: The peers whose pins exclude ours (pydantic, say) have an environment of their own.
_PEERS = ROOT / ".venv-peers"


class Run(NamedTuple):
    """One run: events a second, and microseconds of CPU an event."""

    rate: float
    cpu: float


class Contender(NamedTuple):
    """One who does a job with the published events; the service has a goal beside some of them."""

    name: str
    job: str
    run: Callable[[str, int], Run]
    times: float | None = None


Runs = dict[Contender, list[Run]]


def compete(broker: str, contenders: Sequence[Contender], events: int, rounds: int) -> Runs:
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


def show_standings(runs: Runs) -> None:
    """Who did how well, medians; how many times as fast the service is, at full and equal work;
    and how much of the CPU an event takes it, at full work."""
    rows = []
    for contender, of in runs.items():
        rates, cpu = [run.rate for run in of], median(run.cpu for run in of)
        figures = [f"{median(rates):,.0f}", f"{min(rates):,.0f}-{max(rates):,.0f}", f"{cpu:.1f}"]
        times = [f"{rate(runs[ours]) / rate(of):.2f}" for ours in (SERVICE, REDUCED)]
        spent = median(run.cpu for run in runs[SERVICE]) / cpu
        rows.append([contender.name, contender.job, *figures, *times, f"{spent:.2f}"])
    heads = ["", "job", "events/s", "min-max", "CPU us", "full x", "equal x", "CPU, full x"]
    show(heads, rows)


def peers_program(name: str) -> str:
    """A program of the peers' environment. Raises FailedError."""
    if not (_PEERS / ".installed").exists():
        raise FailedError("the peers and py-spy are not installed: run make bench, once")
    return str(_PEERS / "bin" / name)


def own(job: str, times: float | None = None, **how: Any) -> Contender:
    """The service, scraped as Prometheus does: as shipped, but for `how` it is started."""

    def run(broker: str, events: int) -> Run:
        group = f"bench-{time.monotonic_ns()}"
        with Service(broker, events, group=group, **how) as worker, scraped(worker.port):
            return run_of(worker, events)

    return Contender("contact-metrics", job, run, times)


def run_of(worker: Service, events: int) -> Run:
    """Of a service that is watched until so many are done; from its first ones on."""
    done, first = worker.says("done"), worker.says("events")
    cpu = done["cpu_seconds"] - first["cpu_seconds"]
    return as_run(events - first["events"], done["done"] - first["at"], cpu)


def _peer(
    name: str, job: str, module: str, times: float, *, own_environment: bool = False
) -> Contender:
    def run(broker: str, events: int) -> Run:
        python = peers_program("python") if own_environment else sys.executable
        wanted = [str(int(events * _PART_FOR_PEERS)), str(_PEER_SECONDS)]
        command = [python, "-m", f"bench.peers.{module}", broker, *wanted]
        return as_run(**answer_of(command, _PEER_SECONDS + _START_SECONDS))

    return Contender(name, job, run, times)


def as_run(events: int, seconds: float, cpu_seconds: float) -> Run:
    """From the figures of a process: what it took in so long, and its CPU time."""
    if events <= 0:
        raise FailedError("too few events: they were all taken at once")
    return Run(events / seconds, 1e6 * cpu_seconds / events)


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

SERVICE = own("full contract, durable, scraped")
REDUCED = own("set to the reduced job, durable", settings=_REDUCED)
DRAIN = _peer("aiokafka + orjson", "decode only", "aiokafka_drain", 0.4)
ALL = (
    SERVICE,
    REDUCED,
    DRAIN,
    _peer("faust-streaming", "reduced job, Table", "faust_job", 30.0),
    _peer("Quix Streams", "reduced job, state", "quix_job", 2.5, own_environment=True),
)
