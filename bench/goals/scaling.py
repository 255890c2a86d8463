"""Goal 2: two workers on two cores, beside one.

The events are published once, before anything is measured; every run reads them all with a group
of its own. What counts is the time in which all workers of a run are busy: from when the last one
has begun until the first one has nothing more to do.

Each worker keeps to a core of its own. The broker and the kernel's network work run on the same
two, on whichever leaves them room, so two workers cannot be twice as fast as one. What tells
whether a second worker costs anything by itself is how many events each CPU second of the workers
brings.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from bench.brokers import Broker
from bench.machine import cores
from bench.measures import Measure, at_least, remark
from bench.processes import FailedError, service
from bench.publishing import create_topics, publish
from bench.scraping import Scraper
from bench.watching import CpuMeter, WatchedWorker
from bench.workload import Record, past

#: As many as in the other measurements, so that an event costs the same.
_EVENTS_A_CUSTOMER = 10
_PUBLISHED_AT_ONCE = 100_000
#: A worker that has just begun still warms up.
_WARM_UP_SECONDS = 1.0
_LONGEST_SECONDS = 300.0
#: Long enough for both workers to be there before the broker shares the partitions out.
_SETTINGS = {"CONTACT_METRICS_KAFKA__REBALANCE_TIMEOUT": "10s"}

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Race:
    """What one run did while all of its workers were busy."""

    since: float
    until: float
    events: float
    worker_cpu: float
    broker_cpu: float
    machine_cpu: float

    @property
    def seconds(self) -> float:
        """How long that was."""
        return self.until - self.since

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds

    @property
    def busy(self) -> float:
        """Cores busy with whatever ran."""
        return self.machine_cpu / self.seconds

    @property
    def worker_cost(self) -> float:
        """CPU seconds of the workers an event."""
        return self.worker_cpu / self.events

    @property
    def broker_cost(self) -> float:
        """CPU seconds of the broker an event."""
        return self.broker_cpu / self.events


def scaling(broker: Broker, events: int, rounds: int, say: Say) -> list[Measure]:
    """Alternating; the broker should be free to run on any core."""
    say(f"scaling: publishing {events:,} events")
    records = past(events, time.time_ns() // 1000, customers=events // _EVENTS_A_CUSTOMER).records()
    asyncio.run(_publish(broker, records))
    del records
    ones: list[Race] = []
    twos: list[Race] = []
    for number in range(1, rounds + 1):
        for races, places in ((ones, two_places()[:1]), (twos, two_places())):
            _, race = watch_race(broker, events, f"scaling-{len(places)}-{number}", places)
            races.append(race)
            say(
                f"round {number}: {len(places)} worker(s): {race.rate:,.0f} events/s in"
                f" {race.seconds:.1f} s, {1e6 * race.worker_cost:.1f} us of CPU an event,"
                f" the broker {1e6 * race.broker_cost:.1f}; {race.busy:.2f} cores busy"
            )
    return verdict(ones, twos)


def verdict(ones: Sequence[Race], twos: Sequence[Race]) -> list[Measure]:
    """What the runs with one and with two workers say, medians."""
    one, two = (median(race.rate for race in races) for races in (ones, twos))
    cost_of_one = median(race.worker_cost for race in ones)
    broker_cost = median(race.broker_cost for race in ones)
    broker_cores = median(race.broker_cpu / race.seconds for race in twos)
    worker_cores = median(race.worker_cpu / race.seconds for race in twos)
    return [
        remark("2", "events/s of one worker, the other core left to the broker", one),
        remark("2", "events/s of two workers, a core each, and the broker on both", two),
        remark("2", "two workers beside one, as it is", two / one, " x"),
        remark(
            "2",
            "the most that two cores allow with the broker on them",
            2 / (cost_of_one + broker_cost) / one,
            " x",
        ),
        remark("2", "cores that two workers use", worker_cores),
        remark("2", "cores that the broker uses meanwhile", broker_cores),
        at_least(
            "2",
            "two workers beside one, of 2 x that two cores allow with the broker",
            two * (cost_of_one + broker_cost),
            1.8,
            " x",
        ),
    ]


async def _publish(broker: Broker, records: Sequence[Record]) -> None:
    await create_topics(broker.bootstrap)
    for start in range(0, len(records), _PUBLISHED_AT_ONCE):
        await publish(broker.bootstrap, records[start : start + _PUBLISHED_AT_ONCE])


def two_places() -> list[set[int]]:
    """The cores of two workers; one alone has the first of these."""
    return [cores()[1], cores()[0]]


def watch_race(
    broker: Broker,
    events: int,
    group: str,
    places: Sequence[set[int]],
    program: str = "bench.watched_service",
) -> tuple[list[WatchedWorker], Race]:
    """A worker on each of these cores, until all published events are applied."""
    with ExitStack() as running:
        watched = [
            WatchedWorker(
                running.enter_context(
                    service(
                        broker.bootstrap,
                        1 << 60,
                        group=group,
                        core=core,
                        settings=_SETTINGS,
                        program=program,
                    )
                )
            )
            for core in places
        ]
        for each in watched:
            running.enter_context(Scraper(each.worker.port))
        meter = running.enter_context(CpuMeter(broker.pid))
        _wait_until_all_is_applied(watched, events)
        since = max(each.events.first_growth() for each in watched) + _WARM_UP_SECONDS
        until = min(each.events.last_growth() for each in watched)
        if since >= until:
            raise FailedError(f"{events:,} events are too few: the workers were never all busy")
        return watched, Race(
            since,
            until,
            sum(each.events.between(since, until) for each in watched),
            sum(each.cpu.between(since, until) for each in watched),
            meter.cpu.between(since, until),
            meter.machine.between(since, until),
        )


def _wait_until_all_is_applied(watched: Sequence[WatchedWorker], events: int) -> None:
    deadline = time.monotonic() + _LONGEST_SECONDS
    while sum(each.events.latest for each in watched) < events:
        if time.monotonic() > deadline:
            raise FailedError(f"{events:,} events took more than {_LONGEST_SECONDS:.0f} s")
        if any(each.worker.process.poll() is not None for each in watched):
            words = "; ".join(each.worker.last_words() for each in watched)
            raise FailedError(f"a worker ended while it was measured: {words}")
        time.sleep(0.1)
