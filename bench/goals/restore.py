"""Goal 4: memory for each live contact, and how quickly a new worker has them all back."""

from __future__ import annotations

import sys
import time

from bench.brokers import Broker
from bench.measures import Measure, at_most, remark
from bench.processes import answer_of, service

_FILL_SECONDS = 1_800.0
GROUP = "bench-restore"
TOPIC = f"changelog-{GROUP}"


def restore(broker: Broker, contacts: int) -> list[Measure]:
    """A service that finds so many contacts in its changelog."""
    command = [
        sys.executable, "-m", "bench.programs.live_state", broker.bootstrap, TOPIC, str(contacts)
    ]  # fmt: skip
    filled = answer_of(command, _FILL_SECONDS)
    with service(broker.bootstrap, 1, group=f"{GROUP}-empty") as worker:
        empty = worker.says("ready")["rss"]
    begun = time.monotonic()
    with service(broker.bootstrap, 1, group=GROUP) as worker:
        ready = worker.says("ready")
        log = worker.log_lines()
    seconds = next(line["seconds"] for line in log if line["event"] == "state restored")
    live = filled["live"]
    most = 10.0 * contacts / 1_000_000
    return [
        at_most("4", f"bytes a live contact, engines with {live:,}", filled["bytes_each"], 500),
        at_most("4", "bytes a live contact, service restored", (ready["rss"] - empty) / live, 500),
        remark("4", "the service's most memory while restoring", ready["peak_rss"] / 1e6, " MB"),
        at_most("4", f"seconds to restore {live:,} contacts", seconds, most, " s"),
        remark("4", "seconds from the start to ready", ready["ready"] - begun, " s"),
    ]
