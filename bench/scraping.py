"""Prometheus' part: it asks for /metrics every few seconds, in the form it asks for."""

from __future__ import annotations

import gzip
import http.client
import time

from bench.background import Background
from service.embedded_broker import LOOPBACK

INTERVAL_SECONDS = 5.0
_HEADERS = {
    "Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
    "Accept-Encoding": "gzip",
}


def scrape(port: int) -> bytes:
    """The page."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    try:
        connection.request("GET", "/metrics", headers=_HEADERS)
        response = connection.getresponse()
        body = response.read()
        zipped = response.headers.get("Content-Encoding") == "gzip"
        return gzip.decompress(body) if zipped else body
    finally:
        connection.close()


class Scraper(Background):
    """Scrapes in a thread; a context manager. `seconds` are those of each scrape."""

    def __init__(self, port: int, interval: float = INTERVAL_SECONDS, first: float = 1.0) -> None:
        super().__init__()
        self._port = port
        self._interval = interval
        self._first = first
        self.seconds: list[float] = []
        self.series = 0

    def _run(self) -> None:
        wait = self._first
        while not self._stop.wait(wait):
            wait = self._interval
            begun = time.monotonic()
            try:
                page = scrape(self._port)
            except OSError:
                continue  # it has not begun to serve, or no longer does
            self.seconds.append(time.monotonic() - begun)
            self.series = sum(not line.startswith(b"#") for line in page.splitlines())
