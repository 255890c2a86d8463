"""Goal 2: what two workers do with their time, and what they wait for."""

from __future__ import annotations

from collections.abc import Iterable

from bench.brokers import Broker
from bench.goals.scaling import two_places, watch_race
from bench.obstacles.obstacle import Obstacle, Table
from bench.watching import Step, WatchedWorker


def scaling_obstacle(broker: Broker, events: int) -> Obstacle:
    """One more race of two, which tell when they do what."""
    workers, race = watch_race(
        broker, events, "scaling-traced", two_places(), "bench.traced_service"
    )
    heads = ["share of the time", *(f"worker {number}" for number in range(1, len(workers) + 1))]
    columns = [_shares(worker, race.since, race.until) for worker in workers]
    rows = [[what, *(f"{100 * column[what]:.0f} %" for column in columns)] for what in columns[0]]
    return Obstacle(
        "scaling",
        [
            "What two workers do while both are busy:",
            Table(heads, rows),
            (
                f"The broker used {race.broker_cpu / race.seconds:.2f} cores meanwhile, the workers"
                f" {race.worker_cpu / race.seconds:.2f}, all that ran here {race.busy:.2f} of 2:"
                " what is missing was waited for."
            ),
        ],
    )


def _shares(worker: WatchedWorker, since: float, until: float) -> dict[str, float]:
    def of(*names: str) -> float:
        return _time(worker.steps, names, since, until) / (until - since)

    working = of("consume", "settle")
    return {
        "decoding, upserting, differences": working,
        "giving way: the changelog's turn, or waiting until it has room": of("turn") - working,
        "waiting for what is fetched": 1 - of("turn"),
        "(a changelog batch under way, per partition held)": of("append") * 2 / 4,
        "(CPU used)": worker.cpu.between(since, until) / (until - since),
    }


def _time(steps: Iterable[Step], names: tuple[str, ...], since: float, until: float) -> float:
    return sum(
        max(0.0, min(step.ended, until) - max(step.begun, since))
        for step in steps
        if step.name in names
    )
