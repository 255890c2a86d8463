"""Prometheus' part: asking for /metrics again and again, in the form that it asks for."""

from __future__ import annotations

import gzip
import re
import threading
import time
from contextlib import closing
from http.client import HTTPConnection
from typing import NamedTuple, Self

from service.embedded_broker import LOOPBACK

_HEADERS = {
    "Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
    "Accept-Encoding": "gzip",
}
#: Contacts of the channel that only probes are on (`bench.live`).
_PROBES = re.compile(rb'\ncx_backlog_contacts\{channel="probe",.* (\S+)')


class Page(NamedTuple):
    """When it was asked for and when it was there, and how many series and probes it told of."""

    begun: float
    ended: float
    series: int
    probes: int


class Scraper:
    """Asks in a thread while its context lasts, every `interval` seconds, the first time soon."""

    def __init__(self, port: int, interval: float = 5.0) -> None:
        self._port = port
        self._interval = interval
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.pages: list[Page] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        wait = min(1.0, self._interval)
        while not self._stop.wait(wait):
            wait = self._interval
            begun = time.monotonic()
            try:
                with closing(HTTPConnection(LOOPBACK, self._port, timeout=10)) as connection:
                    connection.request("GET", "/metrics", headers=_HEADERS)
                    page = gzip.decompress(connection.getresponse().read())
            except OSError:
                continue  # it has not begun to serve, no longer does, or is too slow
            ended = time.monotonic()
            series = page.count(b"\n") - page.count(b"\n#") - page.startswith(b"#")
            probes = sum(int(float(number)) for number in _PROBES.findall(page))
            self.pages.append(Page(begun, ended, series, probes))
