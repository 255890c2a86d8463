"""How every peer is measured: from the first event handed to it to the last."""

from __future__ import annotations

import json
import os
import sys
import time


class Progress:
    """Counts events; ends the process once there were enough, or for long enough.

    Connecting and joining a group is not counted: it takes as long however much there is to do.
    """

    def __init__(self) -> None:
        self.bootstrap = sys.argv[1]
        self._events, self._seconds = int(sys.argv[2]), float(sys.argv[3])
        self._seen = 0
        self._begun = self._cpu = 0.0

    def begin(self) -> None:
        """The first fetch can begin, or where a framework hides that: the first event is there."""
        if not self._begun:
            self._begun = time.monotonic()
            self._cpu = time.process_time()

    def add(self, events: int) -> None:
        """So many more are done; prints the figures and ends at once where that is enough."""
        self._seen += events
        seconds = time.monotonic() - self._begun
        if self._seen >= self._events or seconds > self._seconds:
            cpu = time.process_time() - self._cpu
            figures = {"events": self._seen, "seconds": seconds, "cpu_seconds": cpu}
            print(json.dumps(figures), flush=True)
            os._exit(0)
