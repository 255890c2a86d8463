"""What `contact-metrics bench` calls."""

from __future__ import annotations

import signal
import sys

from bench.brokers import NoKafkaError
from bench.guard import guard
from bench.peers.environment import NoPeersError
from bench.processes import FailedError
from bench.profiling.command import profile as show_profile
from bench.profiling.sampling import CannotLookError
from bench.run import GOALS, Plan, Session
from service.embedded_broker import EmbeddedBrokerError

__all__ = ["GOALS", "Plan", "run_bench"]


def run_bench(plan: Plan, *, quick: bool, record: bool, profile: bool) -> bool:
    """Whether everything is as it should be."""
    # Whoever ends the bench early ends its broker and its workers with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        if quick:
            return guard(_say, record=record)
        if profile:
            return show_profile(plan.events, _say)
        return Session(plan, _say).run()
    except (EmbeddedBrokerError, FailedError, NoKafkaError, NoPeersError, CannotLookError) as error:
        print(f"contact-metrics: {error}", file=sys.stderr)
        return False


def _say(line: str) -> None:
    print(line, flush=True)
