"""The HTTP server of a command that has no page: its metrics and its health."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from ssl import SSLContext

import numpy as np
from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from service.exposition.health import healthz, readiness
from service.exposition.http_server import MOST_CONNECTIONS, HttpServer
from service.exposition.pipeline import MALFORMED_REQUESTS
from service.exposition.protection import Credentials
from service.exposition.text import TextWriter
from service.view.catalogue import Metric
from service.view.snapshot import Family

Readiness = Callable[[], tuple[bool, Mapping[str, object]]]


class StatusServer(HttpServer):
    """Serves `metrics`, of which `families` tells the series by sample name, and `ready`.

    Beside them it tells of requests to itself that were none.
    """

    def __init__(
        self,
        host: str,
        port: int,
        metrics: Iterable[Metric],
        families: Callable[[], Mapping[str, Family]],
        ready: Readiness,
        *,
        credentials: Credentials | None = None,
        tls: SSLContext | None = None,
        allowed_hosts: Collection[str] = (),
        most_connections: int = MOST_CONNECTIONS,
    ) -> None:
        """The rest is as :class:`HttpServer` takes it."""
        super().__init__(
            host,
            port,
            credentials=credentials,
            tls=tls,
            allowed_hosts=allowed_hosts,
            most_connections=most_connections,
        )
        self._families = families
        self._ready = ready
        self._writer = TextWriter((*metrics, MALFORMED_REQUESTS))
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Metrics and health."""
        return [
            web.get("/metrics", self._metrics),
            web.get("/healthz", healthz),
            web.get("/readyz", self._readyz),
        ]

    async def _metrics(self, request: web.Request) -> web.Response:
        _, content_type = choose_encoder(request.headers.get("Accept", ""))
        openmetrics = content_type.startswith("application/openmetrics-text")
        malformed = Family([()], np.array([self.malformed_requests], dtype=np.float64))
        families = {**self._families(), MALFORMED_REQUESTS.name: malformed}
        text = self._writer.write(families, openmetrics=openmetrics)
        # In OpenMetrics this also writes the closing `# EOF`.
        process = (generate_openmetrics if openmetrics else generate_latest)(self._process)
        headers = {"Content-Type": content_type, "Vary": "Accept"}
        return web.Response(body=text.encode() + process, headers=headers)

    async def _readyz(self, _: web.Request) -> web.Response:
        return readiness(*self._ready())
