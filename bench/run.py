"""All benchmarks in turn, and what they say: tables on the terminal, a JSON file beside them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
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
from bench.machine import busy_elsewhere, keep_to_our_core, on_all_cores, versions
from bench.measures import Measure, Standing, measures_table, standings_table
from bench.obstacles.changelog import changelog_obstacle
from bench.obstacles.growth import growth_obstacle
from bench.obstacles.latency import latency_obstacle
from bench.obstacles.obstacle import Obstacle
from bench.obstacles.replay import replay_obstacle
from bench.obstacles.restore import restore_obstacle
from bench.obstacles.scaling import scaling_obstacle
from bench.obstacles.throughput import throughput_obstacle
from bench.publishing import create_topics, publish
from bench.workload import Record, past

RESULTS = Path(__file__).parents[1] / ".cache" / "bench" / "results"
GOALS = ("throughput", "scaling", "growth", "latency", "restore", "changelog", "replay")
_LIVE_SECONDS = 15.0
_NOT_ALONE = 0.5
#: Two workers need that many times the events, to be busy together for long enough; and each run
#: takes as much longer, so there are fewer of them.
_SCALING_EVENTS = 5
_SCALING_ROUNDS = 3

Say = Callable[[str], None]
Missed = Sequence[Measure]


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
        self._begun = time.monotonic()
        self._broker = ""
        self._standings: list[Standing] = []
        self._measures: list[Measure] = []
        self._obstacles: list[Obstacle] = []

    def run(self) -> bool:
        """Measure, show, and keep; whether every goal is met."""
        # The broker inherits this core; who is measured gets the other one.
        keep_to_our_core()
        begun, busy = time.strftime("%Y%m%d-%H%M%S"), busy_elsewhere()
        if busy > _NOT_ALONE:
            self._say(f"Something else runs here too (load {busy:.1f}): the figures will show it.")
        records = past(self._plan.events, time.time_ns() // 1000).records()
        for goal, measure in self._all(records).items():
            if goal in self._plan.goals:
                measure()
        self._show()
        self._keep(begun, busy)
        return all(measure.met is not False for measure in self._measures)

    def _all(self, records: list[Record]) -> dict[str, Callable[[], None]]:
        return {
            "throughput": lambda: self._with_broker(lambda broker: self._compete(broker, records)),
            "scaling": self._scale_on_all_cores,
            "latency": lambda: self._with_broker(self._live),
            "restore": lambda: self._with_broker(self._restore),
            "growth": self._grow,
            "changelog": self._changelog,
            "replay": lambda: self._replay(records),
        }

    def _with_broker(self, measure: Callable[[Broker], None]) -> None:
        # A fresh one for each: what one goal leaves there does not slow down the next one.
        with running_broker(kafka=self._plan.kafka) as broker:
            self._broker = broker.name
            measure(broker)

    def _compete(self, broker: Broker, records: list[Record]) -> None:
        asyncio.run(_publish(broker, records))
        size = sum(len(record.value) for record in records) / len(records)
        self._tell(f"throughput: {len(records):,} events of {size:.0f} bytes on {broker.name}")
        self._standings = compete(broker, ALL, len(records), self._plan.rounds, self._tell)
        self._take(
            "throughput",
            throughput(self._standings),
            lambda missed: throughput_obstacle(broker, len(records), self._standings, missed),
        )
        self._take("changelog", backlog(broker, len(records)), changelog_obstacle)

    def _scale_on_all_cores(self) -> None:
        # Each worker has a core: the broker runs on whichever leaves it the room.
        with on_all_cores():
            self._with_broker(self._scale)

    def _scale(self, broker: Broker) -> None:
        events = _SCALING_EVENTS * self._plan.events
        rounds = min(_SCALING_ROUNDS, self._plan.rounds)
        self._take(
            "scaling",
            scaling(broker, events, rounds, self._tell),
            lambda _: scaling_obstacle(broker, events),
        )

    def _live(self, broker: Broker) -> None:
        self._tell("latency: live load, about 10,000 events/s")
        self._take(
            "latency",
            latency(broker, _LIVE_SECONDS),
            lambda _: latency_obstacle(broker, _LIVE_SECONDS),
        )

    def _restore(self, broker: Broker) -> None:
        self._tell(
            f"restore: filling engines and a changelog with {self._plan.contacts:,} contacts"
        )
        self._take(
            "restore", restore(broker, self._plan.contacts), lambda _: restore_obstacle(broker)
        )

    def _grow(self) -> None:
        contacts = self._plan.contacts
        self._tell(f"growth: engines with up to {contacts:,} contacts")
        self._take("growth", growth(contacts), lambda missed: growth_obstacle(contacts, missed))

    def _changelog(self) -> None:
        self._tell("changelog: half an hour of live events")
        self._take("changelog", steady(), changelog_obstacle)

    def _replay(self, records: list[Record]) -> None:
        self._tell(f"replay: {len(records):,} lines")
        self._take("replay", replay(records, self._plan.rounds), lambda _: replay_obstacle(records))

    def _take(
        self, goal: str, measures: list[Measure], explain: Callable[[Missed], Obstacle]
    ) -> None:
        self._measures += measures
        for measure in measures:
            self._tell(f"{goal}: {measure.what}: {measure.value}")
        missed = [measure for measure in measures if measure.met is False]
        if not missed:
            return
        self._tell(f"{goal}: looking for what stands in the way")
        try:
            self._obstacles.append(explain(missed))
        except Exception as error:  # noqa: BLE001 - measurements are worth more than explanations
            self._obstacles.append(Obstacle(goal, [f"It could not be measured: {error!r}"]))

    def _tell(self, line: str) -> None:
        """Progress: with the minutes and seconds since the beginning."""
        minutes, seconds = divmod(int(time.monotonic() - self._begun), 60)
        self._say(f"{minutes:02}:{seconds:02} {line}")

    def _show(self) -> None:
        self._say("")
        if self._standings:
            self._say(standings_table(self._standings) + "\n")
        self._measures.sort(key=lambda measure: measure.goal)
        self._say(measures_table(self._measures) + "\n")
        for obstacle in self._obstacles:
            self._say(f"{obstacle}\n")
        found = [f"{name} {version}" for name, version in versions().items()]
        self._say(", ".join([self._broker or "no broker", *found]))

    def _keep(self, begun: str, busy: float) -> None:
        RESULTS.mkdir(parents=True, exist_ok=True)
        file = RESULTS / f"{begun}.json"
        found = {
            "begun": begun,
            "seconds": round(time.monotonic() - self._begun),
            "broker": self._broker,
            "load_before": busy,
            "plan": asdict(self._plan),
            "versions": versions(),
            "contenders": [standing.raw() for standing in self._standings],
            "measures": [asdict(measure) for measure in self._measures],
            "obstacles": [obstacle.raw() for obstacle in self._obstacles],
        }
        file.write_text(json.dumps(found, indent=2) + "\n")
        self._say(f"Also in {file}")


async def _publish(broker: Broker, records: list[Record]) -> None:
    await create_topics(broker.bootstrap)
    await create_topics(broker.bootstrap, ["by-hand-changelog"])
    await publish(broker.bootstrap, records)
