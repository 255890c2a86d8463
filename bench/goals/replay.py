"""The offline run over a file of events: the whole command, with its start and its page."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.measures import Measure, Plan
from bench.processes import alone
from bench.workload import past


def replay(plan: Plan) -> list[Measure]:
    """Events a second, the median."""
    records = past(plan.events, time.time_ns() // 1000)
    with tempfile.TemporaryDirectory(prefix="bench-replay-") as directory:
        file = Path(directory) / "events.ndjson"
        with file.open("wb") as lines:
            for record in records:
                lines.write(b'{"topic":"%s","value":%s}\n' % (record.topic.encode(), record.value))
        rate = len(records) / median(alone(_seconds, file) for _ in range(plan.rounds))
    return [Measure(f"events/s of replay, {len(records):,} events", rate, least=100_000)]


def _seconds(file: Path) -> float:
    begun = time.monotonic()
    command = [sys.executable, "-m", "service", "replay", str(file)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun
