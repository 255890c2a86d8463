"""What each step of an event costs the service, and the least that it can cost."""

from __future__ import annotations

import sys

from bench.brokers import Broker
from bench.processes import answer_of, service
from bench.profiling.sampling import Profile, Sampling, profile_of
from bench.profiling.steps import EVENT
from bench.scraping import Scraper

_FLOOR_EVENTS = 50_000
_FLOOR_SECONDS = 300.0
_MARKS = ("service/streaming", "service/exposition", "aiokafka")


def profile_events(broker: Broker, events: int) -> Profile:
    """Of one run over the published events, in microseconds of CPU time an event.

    Raises NoPeersError and CannotLookError.
    """
    with service(broker.bootstrap, events, group="bench-profile") as worker:
        worker.says("ready")
        sampling = Sampling(worker.process.pid)
        with Scraper(worker.port):
            done = worker.says("done")
        worker.stop()
        cost = 1e6 * done["cpu_seconds"] / (events - done["begun"][1])
        return profile_of(sampling.stacks(), EVENT, cost, _MARKS)


def event_floors(broker: Broker, events: int) -> dict[str, float]:
    """Microseconds an event, by step: the client alone, msgspec alone, numpy alone."""
    command = [sys.executable, "-m", "bench.peers.aiokafka_fetch"]
    fetched = answer_of([*command, broker.bootstrap, str(events), "60"], _FLOOR_SECONDS)
    floors = answer_of(
        [sys.executable, "-m", "bench.profiling.floors", str(_FLOOR_EVENTS)], _FLOOR_SECONDS
    )
    return {"fetch": 1e6 * fetched["cpu_seconds"] / fetched["events"], **floors}
