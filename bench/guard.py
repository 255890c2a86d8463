"""A quick look for CI: is the service as fast, beside aiokafka's drain, as it was?

The ratio of the two is nearly the same on any machine. The best run of each counts: it is the one
that was disturbed least.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

from bench.brokers import running_broker
from bench.contenders import DRAIN, SERVICE
from bench.goals.throughput import compete
from bench.machine import keep_to_our_core
from bench.publishing import create_topics, publish
from bench.workload import past

_BASELINE = Path(__file__).with_name("baseline.json")
_EVENTS = 100_000
_ROUNDS = 3
_LARGEST_FALL = 0.3
#: What disturbs the machine for a minute has not made the service slower.
_LOOKS = 3


def guard(say: Callable[[str], None], *, record: bool) -> bool:
    """Measure, and compare with the ratio in the repository, or put it there."""
    keep_to_our_core()
    if record:
        # The drain takes a third of a second: where it was disturbed, the ratio is too good.
        ratio = min(_ratio(say) for _ in range(_LOOKS))
        _BASELINE.write_text(json.dumps({"service_to_drain": round(ratio, 3)}, indent=2) + "\n")
        say(f"The service does {ratio:.3f} of the drain's events/s: recorded in {_BASELINE.name}")
        return True
    ratio = _ratio(say)
    usual = float(json.loads(_BASELINE.read_text())["service_to_drain"])
    least = (1 - _LARGEST_FALL) * usual
    for _ in range(_LOOKS - 1):
        if ratio >= least:
            break
        say(f"The service does {ratio:.3f} of the drain's events/s: looking again")
        ratio = max(ratio, _ratio(say))
    say(
        f"The service does {ratio:.3f} of the drain's events/s; it was {usual:.3f},"
        f" and may not fall below {least:.3f}"
    )
    if ratio < least:
        say(
            "It has become slower: see where with contact-metrics bench --profile. If that is"
            " meant to be, record the new ratio: contact-metrics bench --quick --record"
        )
    return ratio >= least


def _ratio(say: Callable[[str], None]) -> float:
    with running_broker(kafka=False) as broker:
        asyncio.run(create_topics(broker.bootstrap))
        asyncio.run(publish(broker.bootstrap, past(_EVENTS, time.time_ns() // 1000).records()))
        service, drain = compete(broker, (SERVICE, DRAIN), _EVENTS, _ROUNDS, say)
    return max(run.rate for run in service.runs) / max(run.rate for run in drain.runs)
