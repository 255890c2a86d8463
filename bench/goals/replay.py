"""The offline run over a file of events: the whole command, with its start and its page."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.measures import Measure, Plan
from bench.processes import ROOT, alone
from bench.workload import past


def replay(plan: Plan) -> list[Measure]:
    """Events a second, the median; by turns with that of another checkout."""
    records = past(plan.events, time.time_ns() // 1000)
    with tempfile.TemporaryDirectory(prefix="bench-replay-") as directory:
        file = Path(directory) / "events.ndjson"
        with file.open("wb") as lines:
            for record in records:
                lines.write(b'{"topic":"%s","value":%s}\n' % (record.topic.encode(), record.value))
        checkouts = [ROOT, *([plan.beside] if plan.beside else [])]
        rounds = [
            [alone(_seconds, checkout, file) for checkout in checkouts] for _ in range(plan.rounds)
        ]
    ours, *of_another = map(median, zip(*rounds, strict=True))
    rate = len(records) / ours
    return [
        Measure(f"events/s of replay, {len(records):,} events", rate, least=100_000),
        *(Measure(f"beside that of {plan.beside}", it / ours, " x", 1.8) for it in of_another),
    ]


def _seconds(checkout: Path, file: Path) -> float:
    begun = time.monotonic()
    command = [sys.executable, "-m", "service", "replay", str(file)]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment, cwd=checkout)
    return time.monotonic() - begun
