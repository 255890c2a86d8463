"""Asking for /metrics again and again, to see when a probe is on it."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from bench.background import Background
from bench.live import PROBES_SERIES
from bench.processes import FailedError
from bench.scraping import scrape

_POLL_SECONDS = 0.02
_PATIENCE_SECONDS = 30.0


class Scrape(NamedTuple):
    """When it was asked for and when it was there, and how many probes it told of."""

    begun: float
    ended: float
    probes: int


class Poller(Background):
    """Asks all the time."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port
        self.scrapes: list[Scrape] = []

    def wait_for(self, probes: int) -> None:
        """Until the page has told of so many, then stop. Raises FailedError if it does not."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self.scrapes or self.scrapes[-1].probes < probes:
            if time.monotonic() > deadline:
                told = max((scrape.probes for scrape in self.scrapes), default=0)
                raise FailedError(
                    f"/metrics tells of {told} of {probes} probes only:"
                    " the service cannot keep up with 10,000 events/s here"
                )
            time.sleep(_POLL_SECONDS)
        self.stop()

    def told_of(self, sent: Sequence[float]) -> list[Scrape]:
        """For each probe, the first page that told of it."""
        counts = [scrape.probes for scrape in self.scrapes]
        return [self.scrapes[bisect_left(counts, number)] for number in range(1, len(sent) + 1)]

    def _run(self) -> None:
        while not self._stop.wait(_POLL_SECONDS):
            begun = time.monotonic()
            try:
                page = scrape(self._port)
            except OSError:
                continue  # too slow: the next one tells
            self.scrapes.append(Scrape(begun, time.monotonic(), _probes_on(page)))


def _probes_on(page: bytes) -> int:
    return sum(
        int(float(line.rsplit(b" ", 1)[1]))
        for line in page.splitlines()
        if line.startswith(PROBES_SERIES)
    )
