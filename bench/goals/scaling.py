"""Two workers on two cores, beside one.

The events are published once, before anything is measured; every run reads them all with a group
of its own. What counts is the time in which all workers of a run are busy: from when the last one
has begun until the first one has nothing more to do.

Each worker keeps to a core of its own. The broker and the kernel's network work run on the same
two, on whichever leaves them room, so two workers cannot be twice as fast as one. What tells
whether a second worker costs anything by itself is how many events each CPU second of the workers
brings.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from statistics import median
from typing import NamedTuple

import numpy as np

from bench.broker import Broker, broker_with
from bench.machine import cores, on_all_cores
from bench.measures import Measure, Plan, Say
from bench.pages import Scraper
from bench.processes import FailedError, service
from bench.workload import past

#: Two workers need that many times the events of the others, to be busy together for long enough;
#: and each run takes as much longer, so there are fewer of them.
_TIMES_THE_EVENTS = 5
_MOST_ROUNDS = 3
#: As many as in the other measurements, so that an event costs the same.
_EVENTS_A_CUSTOMER = 10
#: A worker that has just begun still warms up.
_WARM_UP_SECONDS = 1.0
_LONGEST_SECONDS = 300.0
_LOOK_SECONDS = 0.1
#: Long enough for both workers to be there before the broker shares the partitions out.
_SETTINGS = {"CONTACT_METRICS_KAFKA__REBALANCE_TIMEOUT": "10s"}


class Race(NamedTuple):
    """What one run did while all of its workers were busy: per second, and CPU seconds an event."""

    seconds: float
    rate: float
    worker_cost: float
    broker_cost: float


class Readings:
    """Of a figure that only grows, by moment (of the monotonic clock)."""

    def __init__(self, readings: Iterable[tuple[float, float]]) -> None:
        self._moments, self._values = np.array([*readings]).T

    def grew(self) -> tuple[float, float]:
        """When it was first seen above 0, and when it first had its last value."""
        first, last = np.searchsorted(self._values, (1e-9, self._values[-1]))
        return float(self._moments[first]), float(self._moments[last])

    def between(self, since: float, until: float) -> float:
        """By how much it grew, evenly from reading to reading."""
        before, after = np.interp((since, until), self._moments, self._values)
        return float(after - before)


def scaling(plan: Plan, say: Say) -> list[Measure]:
    """Alternating; the broker is free to run on any core."""
    events = _TIMES_THE_EVENTS * plan.events
    customers = events // _EVENTS_A_CUSTOMER
    say(f"publishing {events:,} events")
    records = past(events, time.time_ns() // 1000, customers=customers)
    runs: dict[int, list[Race]] = {1: [], 2: []}
    with on_all_cores(), broker_with(records, kafka=plan.kafka) as broker:
        del records
        for number in range(1, min(_MOST_ROUNDS, plan.rounds) + 1):
            for workers, races in runs.items():
                races.append(race := _race(broker, events, workers, f"scaling-{workers}-{number}"))
                say(
                    f"round {number}: {workers} worker(s): {race.rate:,.0f} events/s in"
                    f" {race.seconds:.1f} s, {1e6 * race.worker_cost:.1f} us of CPU an event,"
                    f" the broker {1e6 * race.broker_cost:.1f}"
                )
    return verdict(runs[1], runs[2])


def verdict(ones: Sequence[Race], twos: Sequence[Race]) -> list[Measure]:
    """What the runs with one and with two workers say, medians."""
    one, two = (median(race.rate for race in races) for races in (ones, twos))
    cost = median(race.worker_cost for race in ones) + median(race.broker_cost for race in ones)
    of_workers = median(race.worker_cost * race.rate for race in twos)
    of_broker = median(race.broker_cost * race.rate for race in twos)
    return [
        Measure("events/s of one worker, the other core left to the broker", one),
        Measure("events/s of two workers, a core each, and the broker on both", two),
        Measure("two workers beside one, as it is", two / one, " x"),
        Measure("the most that two cores allow with the broker on them", 2 / cost / one, " x"),
        Measure("cores that two workers use", of_workers),
        Measure("cores that the broker uses meanwhile", of_broker),
        Measure(
            "two workers beside one, of 2 x that two cores allow with the broker",
            two * cost, " x", least=1.8,
        ),
    ]  # fmt: skip


def _race(broker: Broker, events: int, count: int, group: str) -> Race:
    """Workers, each on its core, until all published events are applied."""
    broker_cpu: list[tuple[float, float]] = []
    with ExitStack() as running:
        workers = [
            running.enter_context(
                service(broker.bootstrap, 1 << 60, group=group, core=core, settings=_SETTINGS)
            )
            for core in [*reversed(cores())][:count]
        ]
        for worker in workers:
            worker.says("ready")
            running.enter_context(Scraper(worker.port))
        deadline = time.monotonic() + _LONGEST_SECONDS
        while sum(worker.told[-1].get("events", 0) for worker in workers) < events:
            if time.monotonic() > deadline:
                raise FailedError(f"{events:,} events took more than {_LONGEST_SECONDS:.0f} s")
            for worker in workers:
                if not worker.runs:
                    worker.says("done")  # it has not: that tells why
            broker_cpu.append((time.monotonic(), broker.cpu_seconds()))
            time.sleep(_LOOK_SECONDS)
    progress = [[line for line in worker.told if "at" in line] for worker in workers]
    applied, used = (
        [Readings((line["at"], line[what]) for line in lines) for lines in progress]
        for what in ("events", "cpu_seconds")
    )
    begun, ended = zip(*(each.grew() for each in applied), strict=True)
    since, until = max(begun) + _WARM_UP_SECONDS, min(ended)
    if since >= until:
        raise FailedError(f"{events:,} events are too few: the workers were never all busy")
    done = sum(each.between(since, until) for each in applied)
    return Race(
        until - since,
        done / (until - since),
        sum(each.between(since, until) for each in used) / done,
        Readings(broker_cpu).between(since, until) / done,
    )
