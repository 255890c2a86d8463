"""The offline run over a file of events: the whole command, with its start and its page."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.measures import Measure, Plan
from bench.processes import output_of
from bench.workload import past

_SECONDS = 600.0


def replay(plan: Plan) -> list[Measure]:
    """Events a second, the median."""
    records = past(plan.events, time.time_ns() // 1000)
    with tempfile.TemporaryDirectory(prefix="bench-replay-") as directory:
        file = Path(directory) / "events.ndjson"
        with file.open("wb") as lines:
            for record in records:
                lines.write(b'{"topic":"%s","value":%s}\n' % (record.topic.encode(), record.value))
        rate = len(records) / median(_seconds(file) for _ in range(plan.rounds))
    return [Measure(f"events/s of replay, {len(records):,} events", rate, least=100_000)]


def _seconds(file: Path) -> float:
    begun = time.monotonic()
    output_of([sys.executable, "-m", "service", "replay", str(file)], _SECONDS)
    return time.monotonic() - begun
