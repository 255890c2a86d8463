"""The HTTP server: metrics, health, the summary and the live page."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from ssl import SSLContext
from time import time
from typing import TypeVar

import structlog
from aiohttp import web
from prometheus_client.exposition import choose_encoder

from service.definitions import Definitions
from service.exposition.assets import Asset, load_assets
from service.exposition.health import healthz, readiness
from service.exposition.history import STEP_SECONDS, History
from service.exposition.http_server import MOST_CONNECTIONS, HttpServer
from service.exposition.kept import Kept
from service.exposition.negotiation import accepts_gzip, since_when, whole_group
from service.exposition.outlook import Outlook
from service.exposition.parts import written
from service.exposition.peers import Peers
from service.exposition.protection import Credentials
from service.exposition.reports import Reports
from service.exposition.sharing import PATIENCE_SECONDS, Shared
from service.exposition.source import SnapshotSource
from service.exposition.whole import MAY_BE_OLD, of_group, of_worker
from service.settings.alerts import Alerts

Result = TypeVar("Result")

_log = structlog.get_logger(__name__)


class ExpositionServer(HttpServer):
    """Serves what `source` tells."""

    def __init__(
        self,
        host: str,
        port: int,
        source: SnapshotSource,
        definitions: Definitions,
        *,
        version: str,
        ces_high_is_easy: bool = True,
        alerts: Alerts | None = None,
        credentials: Credentials | None = None,
        tls: SSLContext | None = None,
        trust: SSLContext | None = None,
        allowed_hosts: Collection[str] = (),
        most_connections: int = MOST_CONNECTIONS,
    ) -> None:
        """The rest is as :class:`HttpServer` takes it; `trust`, as :class:`Peers` does."""
        super().__init__(
            host,
            port,
            credentials=credentials,
            tls=tls,
            allowed_hosts=allowed_hosts,
            most_connections=most_connections,
        )
        self._source = source
        self._version = version
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="exposition")
        self._shared = shared = Shared(lambda: source.snapshots(PATIENCE_SECONDS))
        self._parts = Shared(self._write_parts)
        self._peers = peers = Peers(version, self._in_thread, credentials, trust)

        def reports() -> Reports:
            return Reports(
                definitions, version, ces_high_is_easy=ces_high_is_easy, alerts=alerts or Alerts()
            )

        self._reports = reports()
        self._of_worker = Outlook(lambda: of_worker(source, shared), self._reports, self._in_thread)
        self._of_group = Outlook(
            lambda: of_group(source, shared, peers), reports(), self._in_thread
        )
        self._kept = Kept(source)
        self._assets = load_assets()
        self._sampler: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listens, and begins the page's charts. Raises ListenError."""
        await super().start()
        self._of_group.history = History(self._kept.samples(time()))
        self._sampler = asyncio.create_task(self._keep_history())

    async def stop(self) -> None:
        """Finishes the requests under way and closes the port."""
        if self._sampler is not None:
            self._sampler.cancel()
            with suppress(asyncio.CancelledError):
                await self._sampler
        await self._peers.close()
        await super().stop()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Numbers, health and the page."""
        return [
            web.get("/metrics", self._metrics),
            web.get("/healthz", healthz),
            web.get("/readyz", self._readyz),
            web.get("/api/summary", self._summary),
            web.get("/api/parts", self._tell_parts),
            web.get("/", self._page),
            web.get("/page/{name}", self._page),
        ]

    async def _metrics(self, request: web.Request) -> web.Response:
        _, content_type = choose_encoder(request.headers.get("Accept", ""))
        openmetrics = content_type.startswith("application/openmetrics-text")
        snapshots = await self._shared.take()
        pipeline = replace(
            self._source.pipeline(),
            silent_workers=self._peers.silent,
            malformed_requests=self.malformed_requests,
        )

        def write() -> bytes:
            return self._reports.metrics(snapshots, pipeline, openmetrics=openmetrics)

        return await self._answer(request, write, content_type)

    async def _summary(self, request: web.Request) -> web.Response:
        since = since_when(request)
        outlook = self._of_group if whole_group(request) else self._of_worker
        return await self._answer(request, await outlook.summary(since), "application/json")

    async def _tell_parts(self, _: web.Request) -> web.Response:
        parts = await self._parts.take(at_most_old=MAY_BE_OLD)
        return web.Response(body=parts, content_type="application/gzip")

    async def _write_parts(self) -> bytes:
        snapshots = await self._shared.take()
        pipeline, (ready, _) = self._source.pipeline(), self._source.ready()
        return await self._in_thread(
            lambda: written(snapshots, pipeline, self._version, ready=ready)
        )

    async def _readyz(self, _: web.Request) -> web.Response:
        return readiness(*self._source.ready())

    async def _page(self, request: web.Request) -> web.Response:
        asset = self._assets.get(request.match_info.get("name", "index.html"))
        if asset is None:
            raise web.HTTPNotFound
        headers = {
            "ETag": f'"{asset.etag}"',
            "Cache-Control": "no-cache",
            "Vary": "Accept-Encoding",
        }
        if any(known.value == asset.etag for known in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return _asset_response(asset, headers, zipped=accepts_gzip(request))

    async def _answer(
        self, request: web.Request, write: Callable[[], bytes], content_type: str
    ) -> web.Response:
        """What `write` writes in the exposition's thread, compressed there too where asked for."""
        zipped = accepts_gzip(request)

        def body() -> bytes:
            # The quickest level: a page of 10,000 series shrinks to a fifteenth in 2 ms.
            return gzip.compress(write(), 1) if zipped else write()

        headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
        if zipped:
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=await self._in_thread(body), headers=headers)

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _keep_history(self) -> None:
        while True:
            try:
                await self._of_worker.keep_sample()
                if (sample := await self._of_group.keep_sample()) is not None:
                    await self._kept.keep(sample)
            except Exception:  # noqa: BLE001 - a chart with a gap is better than one that stops
                _log.exception("no sample for the page's charts")
            # At whole steps, so that the samples of several workers fall on the same moments.
            await asyncio.sleep(STEP_SECONDS - time() % STEP_SECONDS)


def _asset_response(asset: Asset, headers: dict[str, str], *, zipped: bool) -> web.Response:
    if zipped:
        headers["Content-Encoding"] = "gzip"
    return web.Response(
        body=asset.zipped if zipped else asset.body,
        content_type=asset.content_type,
        charset="utf-8",
        headers=headers,
    )
