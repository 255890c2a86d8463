"""What a worker takes of a core while next to nothing comes, scraped as Prometheus does."""

from __future__ import annotations

import time

from bench.broker import running_broker
from bench.live import live_load, until
from bench.machine import cpu_seconds
from bench.measures import Measure, Plan, say
from bench.pages import scraped
from bench.processes import Service

_PARTITIONS = 12
_SETTINGS = {"CONTACT_METRICS_KAFKA__PARTITIONS": str(_PARTITIONS)}
_RATE = 10
_SETTLED_SECONDS = 5.0
_IDLE_SECONDS = 30.0
_QUIET_SECONDS = 45.0
_SCRAPE_SECONDS = 15.0


def quiet(plan: Plan) -> list[Measure]:
    """Idle, and with a few events a second."""
    say(f"a worker with {_PARTITIONS} partitions, idle, then with {_RATE} events/s")
    with (
        running_broker(kafka=plan.kafka, partitions=_PARTITIONS) as broker,
        Service(broker, group="bench-quiet", settings=_SETTINGS) as worker,
        scraped(worker.port, _SCRAPE_SECONDS),
    ):
        time.sleep(_SETTLED_SECONDS)
        idle = _share(worker, _IDLE_SECONDS)
        with live_load(broker, _SETTLED_SECONDS + _QUIET_SECONDS, _RATE) as begins:
            until(begins + _SETTLED_SECONDS)
            busy = _share(worker, _QUIET_SECONDS)
    return [
        Measure(f"of a core, idle with {_PARTITIONS} partitions", idle, " %"),
        Measure(f"of a core, with {_RATE} events/s", busy, " %", most=2.0),
    ]


def _share(worker: Service, seconds: float) -> float:
    """Of a core, in percent, while so many pass."""
    before = cpu_seconds(worker.pid)
    time.sleep(seconds)
    return 100 * (cpu_seconds(worker.pid) - before) / seconds
