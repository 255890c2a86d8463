"""How every peer is measured: from the first event handed to it to the last."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import NoReturn


class Progress:
    """Counts events; ends the process once there were enough, or for long enough.

    Connecting and joining a group is not counted: it takes as long however much there is to do.
    """

    def __init__(self, events: int, seconds: float) -> None:
        self._events = events
        self._seconds = seconds
        self._seen = 0
        self._begun = 0.0
        self._cpu = 0.0

    def begin(self) -> None:
        """The first fetch can begin, or where a framework hides that: the first event is there."""
        if not self._begun:
            self._begun = time.monotonic()
            self._cpu = time.process_time()

    def add(self, events: int) -> bool:
        """So many more are done; whether that is enough."""
        self._seen += events
        return self._seen >= self._events or time.monotonic() - self._begun > self._seconds

    def report(self) -> NoReturn:
        """Print the figures and end the process at once."""
        figures = {
            "events": self._seen,
            "seconds": time.monotonic() - self._begun,
            "cpu_seconds": time.process_time() - self._cpu,
            "peak_rss": peak_rss(),
        }
        print(json.dumps(figures), flush=True)
        os._exit(0)


def peak_rss() -> int:
    """The most memory this process has had, in bytes; it has nothing of its parent's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    return 0


def rss() -> int:
    """The memory this process has now, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def arguments() -> tuple[str, Progress]:
    """The bootstrap server, and the progress of this process."""
    bootstrap, events, seconds = sys.argv[1:4]
    return bootstrap, Progress(int(events), float(seconds))
