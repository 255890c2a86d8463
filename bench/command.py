"""What `contact-metrics bench` calls: the goals in turn, a table, and a file of it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
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
from bench.machine import OURS, versions
from bench.measures import CONSOLE, RESULTS, Measure, Plan, say, show
from bench.processes import FailedError
from service.embedded_broker import EmbeddedBrokerError

_GOALS = (throughput, growth, latency, quiet, restore, changelog, replay, optional, profile)
GOALS: Final[dict[str, Callable[[Plan], list[Measure]]]] = {goal.__name__: goal for goal in _GOALS}


def run_bench(plan: Plan, *, quick: bool, record: bool) -> bool:
    """Whether everything is as it should be."""
    # Whoever ends the bench early ends its broker and its workers with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    # The broker inherits this core; who is measured gets the other one.
    os.sched_setaffinity(0, {OURS})
    try:
        return guard(record=record) if quick else _measure(plan)
    except (EmbeddedBrokerError, FailedError) as error:
        print(f"contact-metrics: {error}", file=sys.stderr)
        return False


def _measure(plan: Plan) -> bool:
    RESULTS.mkdir(parents=True, exist_ok=True)
    # With nothing else going on, the load is near zero; what else runs shows in the figures.
    broker, load = "Apache Kafka" if plan.kafka else "embedded broker", os.getloadavg()[0]
    say(f"{broker}, {versions()}, load {load:.1f}")
    found: list[tuple[str, Measure]] = []
    failed = False
    for goal in plan.goals:
        say(goal)
        try:
            found += [(goal, measure) for measure in GOALS[goal](plan)]
        except (FailedError, SubprocessError) as error:
            say(f"NOT MEASURED: {error}")
            failed = True
    heads = ["goal", "measured", "value", "wanted", ""]
    show(heads, ([goal, *measure.row()] for goal, measure in found))
    file = RESULTS / time.strftime("%Y%m%d-%H%M%S.txt")
    CONSOLE.save_text(str(file))
    print(f"Also in {file}")
    return not failed and all(measure.met is not False for _, measure in found)
