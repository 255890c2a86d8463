"""What `contact-metrics bench` calls: the goals in turn, a table, and a JSON file of it."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

from bench.broker import broker_name
from bench.goals.agents import agents
from bench.goals.changelog import changelog
from bench.goals.growth import growth
from bench.goals.latency import latency
from bench.goals.replay import replay
from bench.goals.restore import restore
from bench.goals.scaling import scaling
from bench.goals.throughput import throughput
from bench.guard import guard
from bench.machine import keep_to_our_core, versions
from bench.measures import Measure, Plan, Say, table
from bench.processes import FailedError
from bench.profile import profile_alone
from service.embedded_broker import EmbeddedBrokerError

GOALS: Final[dict[str, Callable[[Plan, Say], list[Measure]]]] = {
    "throughput": throughput,
    "scaling": scaling,
    "growth": growth,
    "latency": latency,
    "restore": restore,
    "changelog": changelog,
    "replay": replay,
    "agents": agents,
}
_RESULTS: Final = Path(__file__).parents[1] / ".cache" / "bench" / "results"
#: Processes that want to run on average; with nothing else going on, near zero.
_ALONE: Final = 0.5


def run_bench(plan: Plan, *, quick: bool, record: bool, profile: bool) -> bool:
    """Whether everything is as it should be."""
    # Whoever ends the bench early ends its broker and its workers with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    # The broker inherits this core; who is measured gets the other one.
    keep_to_our_core()
    try:
        if quick:
            return guard(_say, record=record)
        if profile:
            _say(profile_alone(plan))
            return True
        return _measure(plan)
    except (EmbeddedBrokerError, FailedError) as error:
        print(f"contact-metrics: {error}", file=sys.stderr)
        return False


def _measure(plan: Plan) -> bool:
    name, begun, busy = time.strftime("%Y%m%d-%H%M%S"), time.monotonic(), os.getloadavg()[0]
    said: list[str] = []

    def say(line: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - begun), 60)
        said.append(f"{minutes:02}:{seconds:02} {line}")
        _say(said[-1])

    if busy > _ALONE:
        say(f"Something else runs here too (load {busy:.1f}): the figures will show it.")
    found: dict[str, list[Measure]] = {}
    for goal, measure in GOALS.items():
        if goal in plan.goals:
            say(goal)
            found[goal] = measure(plan, say)
    rows = [[goal, *measure.row()] for goal, measures in found.items() for measure in measures]
    _say("\n" + table(["goal", "measured", "value", "wanted", ""], rows, numbers_from=2))
    of = {"broker": broker_name(kafka=plan.kafka), **versions()}
    _say("\n" + ", ".join(f"{what} {version}" for what, version in of.items()))
    _RESULTS.mkdir(parents=True, exist_ok=True)
    file = _RESULTS / f"{name}.json"
    measures = {goal: [asdict(measure) for measure in found[goal]] for goal in found}
    kept = {"plan": asdict(plan), "versions": of, "measures": measures, "said": said}
    file.write_text(json.dumps(kept, indent=2) + "\n")
    _say(f"Also in {file}")
    return all(measure.met is not False for measures in found.values() for measure in measures)


def _say(line: str) -> None:
    print(line, flush=True)
