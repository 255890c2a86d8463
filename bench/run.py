"""All benchmarks in turn, and what they say: tables on the terminal, a JSON file beside them."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.brokers import Broker, running_broker
from bench.contenders import ALL
from bench.goals.changelog import backlog, steady
from bench.goals.growth import growth
from bench.goals.latency import latency
from bench.goals.replay import replay
from bench.goals.restore import restore
from bench.goals.scaling import scaling
from bench.goals.throughput import compete, throughput
from bench.machine import busy_elsewhere, cores, versions
from bench.measures import Measure, Standing, measures_table, standings_table
from bench.publishing import create_topics, publish
from bench.workload import Record, past

RESULTS = Path(__file__).parents[1] / ".cache" / "bench" / "results"
GOALS = ("throughput", "scaling", "growth", "latency", "restore", "changelog", "replay")
_LIVE_SECONDS = 15.0
_NOT_ALONE = 0.5

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured, and which of GOALS."""

    kafka: bool
    events: int
    rounds: int
    contacts: int
    goals: tuple[str, ...] = GOALS


class Session:
    """One run of the benchmarks."""

    def __init__(self, plan: Plan, say: Say) -> None:
        self._plan = plan
        self._say = say
        self._standings: list[Standing] = []
        self._measures: list[Measure] = []

    def run(self) -> bool:
        """Measure, show, and keep; whether every goal is met."""
        # The broker inherits this core; who is measured gets the other one.
        os.sched_setaffinity(0, cores()[0])
        begun, busy = time.strftime("%Y%m%d-%H%M%S"), busy_elsewhere()
        if busy > _NOT_ALONE:
            self._say(f"Something else runs here too (load {busy:.1f}): the figures will show it.")
        records = past(self._plan.events, time.time_ns() // 1000).records()
        # A fresh broker for each: what one leaves there does not slow down the next one.
        with running_broker(kafka=self._plan.kafka) as broker:
            name = broker.name
            self._compete(broker, records)
        for goal, measure in self._on_a_broker(records).items():
            if goal in self._plan.goals:
                with running_broker(kafka=self._plan.kafka) as broker:
                    self._take(goal, measure(broker))
        if "growth" in self._plan.goals:
            self._take("growth", growth(self._plan.contacts))
        if "changelog" in self._plan.goals:
            self._take("changelog", steady())
        if "replay" in self._plan.goals:
            self._take("replay", replay(records, self._plan.rounds))
        self._show(name)
        self._keep(name, begun, busy)
        return all(measure.met is not False for measure in self._measures)

    def _on_a_broker(self, records: list[Record]) -> dict[str, Callable[[Broker], list[Measure]]]:
        return {
            "scaling": lambda broker: scaling(broker, records, self._plan.rounds),
            "latency": lambda broker: latency(broker, _LIVE_SECONDS),
            "restore": lambda broker: restore(broker, self._plan.contacts),
        }

    def _compete(self, broker: Broker, records: list[Record]) -> None:
        if "throughput" not in self._plan.goals:
            return
        asyncio.run(_publish(broker, records))
        self._say(f"{len(records):,} events of {_mean_size(records):.0f} bytes on {broker.name}")
        self._standings = compete(broker, ALL, len(records), self._plan.rounds, self._say)
        self._measures += throughput(self._standings)
        self._measures += backlog(broker, len(records))

    def _take(self, goal: str, measures: list[Measure]) -> None:
        self._measures += measures
        for measure in measures:
            self._say(f"{goal}: {measure.what}: {measure.value}")

    def _show(self, broker: str) -> None:
        self._say("")
        if self._standings:
            self._say(standings_table(self._standings) + "\n")
        self._measures.sort(key=lambda measure: measure.goal)
        self._say(measures_table(self._measures) + "\n")
        self._say(", ".join([broker, *(f"{name} {found}" for name, found in versions().items())]))

    def _keep(self, broker: str, begun: str, busy: float) -> None:
        RESULTS.mkdir(parents=True, exist_ok=True)
        file = RESULTS / f"{begun}.json"
        found = {
            "begun": begun,
            "broker": broker,
            "load_before": busy,
            "plan": asdict(self._plan),
            "versions": versions(),
            "contenders": [standing.raw() for standing in self._standings],
            "measures": [asdict(measure) for measure in self._measures],
        }
        file.write_text(json.dumps(found, indent=2) + "\n")
        self._say(f"Also in {file}")


async def _publish(broker: Broker, records: list[Record]) -> None:
    await create_topics(broker.bootstrap)
    await create_topics(broker.bootstrap, ["by-hand-changelog"])
    await publish(broker.bootstrap, records)


def _mean_size(records: list[Record]) -> float:
    return sum(len(record.value) for record in records) / len(records)
