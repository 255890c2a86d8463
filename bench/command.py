"""What `contact-metrics bench` calls: the goals in turn, a table, and a JSON file of it."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from subprocess import SubprocessError
from typing import Final

from bench.goals.changelog import changelog
from bench.goals.growth import growth
from bench.goals.latency import latency
from bench.goals.optional import optional
from bench.goals.profile import profile
from bench.goals.quiet import quiet
from bench.goals.replay import replay
from bench.goals.restore import restore
from bench.goals.throughput import throughput
from bench.guard import guard
from bench.machine import OURS, keep_to, versions
from bench.measures import CONSOLE, RESULTS, Measure, Plan, say, show
from bench.processes import FailedError
from service.embedded_broker import EmbeddedBrokerError

GOALS: Final[dict[str, Callable[[Plan], list[Measure]]]] = {
    goal.__name__: goal
    for goal in (
        throughput, growth, latency, quiet, restore, changelog, replay, optional, profile
    )
}  # fmt: skip
#: Processes that want to run on average; with nothing else going on, near zero.
_ALONE: Final = 0.5


def run_bench(plan: Plan, *, quick: bool, record: bool) -> bool:
    """Whether everything is as it should be."""
    # Whoever ends the bench early ends its broker and its workers with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    # The broker inherits this core; who is measured gets the other one.
    keep_to(OURS)
    try:
        return guard(record=record) if quick else _measure(plan)
    except (EmbeddedBrokerError, FailedError) as error:
        print(f"contact-metrics: {error}", file=sys.stderr)
        return False


def _measure(plan: Plan) -> bool:
    RESULTS.mkdir(parents=True, exist_ok=True)
    file, busy = RESULTS / time.strftime("%Y%m%d-%H%M%S.json"), os.getloadavg()[0]
    if busy > _ALONE:
        say(f"Something else runs here too (load {busy:.1f}): the figures will show it.")
    found: dict[str, list[Measure]] = {}
    failed = False
    for goal in plan.goals:
        say(goal)
        try:
            found[goal] = GOALS[goal](plan)
        except (FailedError, SubprocessError) as error:
            say(f"NOT MEASURED: {error}")
            failed = True
    rows = ([goal, *measure.row()] for goal, measures in found.items() for measure in measures)
    show(["goal", "measured", "value", "wanted", ""], rows, numbers_from=2)
    of = {"broker": "Apache Kafka" if plan.kafka else "embedded", **versions()}
    say(", ".join(f"{what} {version}" for what, version in of.items()))
    measures = {goal: [asdict(measure) for measure in found[goal]] for goal in found}
    said = CONSOLE.export_text().splitlines()
    kept = {"plan": asdict(plan), "versions": of, "measures": measures, "said": said}
    file.write_text(json.dumps(kept, indent=2, default=str) + "\n")
    print(f"Also in {file}")
    missed = any(measure.met is False for measures in found.values() for measure in measures)
    return not failed and not missed
