"""An event about an agent costs no more than one of a contact, and agents' work little of a core.

Of engines alone, by turns in one process, on decoded events in batches as small as live ones; CPU
time. As a program it takes no arguments.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.agents_workload import days
from bench.engines import decoded, new_engine
from bench.measures import Measure, Plan, Say
from bench.processes import answer_of
from bench.workload import past
from service.agents.engine import AgentsEngine
from service.definitions import DAY, Definitions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.workload import Record

_AGENTS = 30
_DAYS = 9
_SECONDS = 900.0
_BACKLOG, _LIVE = 2_000, 50
#: So many events, and then so many others: whatever else runs slows down both.
_SAMPLES, _SAMPLE = 7, 500
_WORKING = 2_000
_SHIFT_HOURS = 8


def agents(_: Plan, say: Say) -> list[Measure]:
    """Of an engine of agents beside one of contacts."""
    say(f"{_AGENTS} agents for {_DAYS} days, and as many events of contacts")
    found = answer_of([sys.executable, "-m", "bench.goals.agents"], _SECONDS)
    agent, contact = found["agents"], found["contacts"]
    hourly = _WORKING * found["events"] / (_AGENTS * _DAYS * _SHIFT_HOURS)
    share = 100 * hourly * agent / 3.6e9
    return [
        Measure("cost of an event about an agent", agent, " us"),
        Measure("as much beside one of a contact", agent / contact, " x", most=1.0),
        Measure(f"an hour's work of {_WORKING:,} agents, of a core", share, " %", most=2.0),
        Measure("changelog bytes an event about an agent", found["bytes"], " B"),
    ]


def _main() -> None:
    now = time.time_ns() // 1000
    of_agents = days(_AGENTS, (now - (_DAYS + 1) * DAY) // DAY * DAY, _DAYS)
    told = {"agents": of_agents, "contacts": past(len(of_agents), now)}
    engines: dict[str, Any] = {
        "agents": AgentsEngine(Definitions(agents=True)),
        "contacts": new_engine(),
    }
    sampled = _SAMPLES * _SAMPLE
    for name, records in told.items():
        _feed(engines[name], records[:-sampled], _BACKLOG)
    costs: dict[str, list[float]] = {name: [] for name in told}
    size = 0
    for start in range(-sampled, 0, _SAMPLE):
        for name, records in told.items():
            sample = records[start : start + _SAMPLE or None]
            seconds, written = _feed(engines[name], sample, _LIVE)
            costs[name].append(1e6 * seconds / _SAMPLE)
            size += written if name == "agents" else 0
    found = {name: median(each) for name, each in costs.items()}
    print(json.dumps({**found, "bytes": size / sampled, "events": len(of_agents)}))


def _feed(engine: Any, records: Sequence[Record], size: int) -> tuple[float, int]:
    """CPU time, and bytes for the changelog."""
    events = decoded(records)
    gc.collect()
    written, begun = 0, time.process_time()
    for start in range(0, len(events), size):
        engine.apply(events[start : start + size])
        engine.advance()
        written += sum(len(key) + len(value or b"") for key, value in engine.changes())
    return time.process_time() - begun, written


if __name__ == "__main__":
    _main()
