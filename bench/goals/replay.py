"""Goal 5: the offline run over a file of events."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench.measures import Measure, at_least
from bench.processes import FailedError, start
from bench.workload import Record

_SECONDS = 600.0


def replay(records: Sequence[Record], rounds: int) -> list[Measure]:
    """The whole command, with its start and its page."""
    with tempfile.TemporaryDirectory(prefix="bench-replay-") as directory:
        file = Path(directory) / "events.ndjson"
        write_lines(file, records)
        rate = len(records) / median(_replay(file) for _ in range(rounds))
    return [at_least("5", f"events/s of replay, {len(records):,} events", rate, 100_000)]


def write_lines(file: Path, records: Sequence[Record]) -> None:
    """As `contact-metrics replay` reads them."""
    with file.open("wb") as lines:
        for record in records:
            lines.write(b'{"topic":"%s","value":%s}\n' % (record.topic.encode(), record.value))


def _replay(file: Path) -> float:
    begun = time.monotonic()
    process = start([sys.executable, "-m", "service", "replay", str(file)])
    page, _ = process.communicate(timeout=_SECONDS)
    if process.returncode or "cx_contacts_started_total" not in page:
        raise FailedError("contact-metrics replay failed")
    return time.monotonic() - begun
