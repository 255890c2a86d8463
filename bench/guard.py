"""A quick look for CI: is the service as fast, beside aiokafka's drain, as it was?

The ratio of the two is nearly the same on any machine. The best run of each counts: it is the one
that was disturbed least.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from bench.broker import running_broker
from bench.contenders import DRAIN, SERVICE, compete
from bench.measures import say
from bench.workload import past

_BASELINE = Path(__file__).with_name("baseline.json")
_EVENTS = 100_000
_ROUNDS = 3
_LARGEST_FALL = 0.3
#: What disturbs the machine for a minute has not made the service slower.
_LOOKS = 3


def guard(*, record: bool) -> bool:
    """Measure, and compare with the ratio in the repository, or put it there."""
    if record:
        # The drain takes a third of a second: where it was disturbed, the ratio is too good.
        ratio = round(min(_ratio() for _ in range(_LOOKS)), 3)
        _BASELINE.write_text(json.dumps({"service_to_drain": ratio}, indent=2) + "\n")
        say(f"Recorded in {_BASELINE.name}")
        return True
    usual = float(json.loads(_BASELINE.read_text())["service_to_drain"])
    least = (1 - _LARGEST_FALL) * usual
    say(f"It was {usual:.3f} of the drain's events/s, and may not fall below {least:.3f}")
    if any(_ratio() >= least for _ in range(_LOOKS)):
        return True
    say(
        "It has become slower: see where with contact-metrics bench --only profile. If that is"
        " meant to be, record the new ratio: contact-metrics bench --quick --record"
    )
    return False


def _ratio() -> float:
    records = past(_EVENTS, time.time_ns() // 1000)
    with running_broker(records, kafka=False) as broker:
        runs = compete(broker, (SERVICE, DRAIN), _EVENTS, _ROUNDS)
    service, drain = (max(run.rate for run in of) for of in runs.values())
    say(f"The service does {service / drain:.3f} of the drain's events/s")
    return service / drain
