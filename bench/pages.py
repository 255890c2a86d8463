"""Prometheus' part: asking for /metrics again and again, in the form that it asks for."""

from __future__ import annotations

import gzip
import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import NamedTuple

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


@contextmanager
def scraped(port: int, interval: float = 5.0) -> Iterator[list[Page]]:
    """Meanwhile, every `interval` seconds; the pages, as they come."""
    pages: list[Page] = []
    ended = threading.Event()

    def scrape() -> None:
        while not ended.wait(interval if pages else min(1.0, interval)):
            begun = time.monotonic()
            try:
                with closing(HTTPConnection(LOOPBACK, port, timeout=10)) as connection:
                    connection.request("GET", "/metrics", headers=_HEADERS)
                    page = gzip.decompress(connection.getresponse().read())
            except OSError:
                continue  # it no longer serves, or is too slow
            at, series = time.monotonic(), page.count(b"\n") - page.count(b"\n#")
            probes = sum(int(float(number)) for number in _PROBES.findall(page))
            pages.append(Page(begun, at, series, probes))

    thread = threading.Thread(target=scrape, daemon=True)
    thread.start()
    try:
        yield pages
    finally:
        ended.set()
        thread.join()
