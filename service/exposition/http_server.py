"""What every HTTP server here has in common: how it listens, whom it answers, how it ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from ssl import SSLContext
from typing import Final, cast

from aiohttp import web
from aiohttp.typedefs import Middleware

from service.exposition.connection import timed
from service.exposition.guesses import Guesses
from service.exposition.hosts import called_by, only_loopback
from service.exposition.listener import Listener
from service.exposition.protection import Credentials, add_headers, require
from service.exposition.sparing import SparingLog

#: How long a stopping server lets requests finish: a scrape takes far less.
_STOP_SECONDS: Final = 2.0
#: Connections at a time, unless told otherwise: a few scrapers, and a page for everybody.
MOST_CONNECTIONS: Final = 512
#: What an orchestrator asks, without a password; neither tells a number.
_PROBES: Final = frozenset({"/healthz", "/readyz"})


class ListenError(Exception):
    """The address cannot be had; the message says why and what to change."""


class HttpServer:
    """Serves its `routes` on `host:port` (port 0: any free one), until it is stopped."""

    #: How long :meth:`stop` waits for requests under way.
    stop_seconds = _STOP_SECONDS
    #: Whether requests of clients that have gone are given up.
    gives_up = True

    def __init__(
        self,
        host: str,
        port: int,
        *,
        credentials: Credentials | None = None,
        tls: SSLContext | None = None,
        allowed_hosts: Collection[str] = (),
        most_connections: int = MOST_CONNECTIONS,
    ) -> None:
        """`allowed_hosts` are names, beside localhost and `host`, of a loopback interface."""
        self._host, self._port = host, port
        self._allowed_hosts = {host, *allowed_hosts}
        self._credentials = credentials
        self._log = SparingLog()
        self._listener = Listener(most_connections, tls, self._log, self.count_malformed)
        self.malformed_requests = 0
        """How many were none by the rules of HTTP, such as TLS on a plain port."""
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """The port that is listened on; known once the server has started."""
        return self._listener.port

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """What is served."""
        raise NotImplementedError

    def middlewares(self) -> Sequence[Middleware]:
        """What each request passes, the first one first."""
        protect: list[Middleware] = [timed]
        if only_loopback(self._listener.addresses):
            protect.append(called_by(self._allowed_hosts))
        if self._credentials is not None:
            guesses = Guesses(self._log)
            protect.append(require(self._credentials, guesses, open_paths=_PROBES))
        return protect

    def count_malformed(self) -> None:
        """One more of :attr:`malformed_requests` came."""
        self.malformed_requests += 1

    async def bind(self) -> None:
        """Takes the port; who connects is answered once the server starts. Raises ListenError.

        For whoever has much to begin: a port that is taken is told before.
        """
        try:
            await self._listener.open(self._host, self._port)
        except OSError as error:
            await self.stop()
            raise ListenError(
                f"Cannot serve HTTP on {self._host}:{self._port}: {error.strerror}. "
                "Choose another address or port in the configuration, or stop who uses it."
            ) from error

    async def start(self) -> None:
        """Listens. Raises ListenError."""
        if not self._listener.addresses:
            await self.bind()
        application = web.Application(middlewares=self.middlewares())
        application.on_response_prepare.append(add_headers)
        application.add_routes(self.routes())
        self._runner = web.AppRunner(
            application,
            handler_cancellation=self.gives_up,
            access_log=None,
            shutdown_timeout=self.stop_seconds,
        )
        await self._runner.setup()
        # There since the set-up.
        self._listener.serve(cast(web.Server, self._runner.server))

    async def stop(self) -> None:
        """Finishes the requests under way and closes the port."""
        await self._listener.close()
        if self._runner is not None:
            await self._runner.cleanup()
        self._listener.abort()
