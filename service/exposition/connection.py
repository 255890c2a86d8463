"""One connection to the HTTP server: how long it may take, and what is said of its errors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from aiohttp import HttpVersion10, HttpVersion11, web
from aiohttp.typedefs import Handler
from aiohttp.web_request import BaseRequest

from service.exposition.protection import headers_for
from service.exposition.sparing import SparingLog

#: Looks of the listener, one a second, before a connection is closed: one on which a request has
#: begun and is not there as a whole, one whose answer is not taken, and one that is kept open.
REQUEST_LOOKS: Final = 10
ANSWER_LOOKS: Final = 60
IDLE_LOOKS: Final = 90
#: Seconds of reading the body of a request that is answered already: nothing here has a body.
_LINGERING_SECONDS: Final = 1.0

#: Versions of HTTP/1; aiohttp takes whatever number there is.
SPOKEN: Final = frozenset({HttpVersion10, HttpVersion11})


class Connection(web.RequestHandler):
    """aiohttp's, which by itself waits for the rest of a request for an hour.

    Time is counted in looks of the listener, not by a clock: while this process was busy nobody
    could be heard. `moved` is called when it begins to wait for something else, `malformed` when
    what it sent is no request, `gone` at its end.
    """

    def __init__(
        self,
        server: web.Server,
        log: SparingLog,
        *,
        moved: Callable[[Connection], None],
        malformed: Callable[[], None],
        gone: Callable[[Connection], None],
    ) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type] # as aiohttp's own runner takes it
            lingering_time=_LINGERING_SECONDS,
        )
        self.answering = False
        """Whether a whole request is there, and its answer is not with the client yet."""
        self._log = log
        self._moved = moved
        self._malformed = malformed
        self._gone = gone
        self._looks = REQUEST_LOOKS
        self._idle = False
        #: aiohttp forgets its own before all is sent.
        self._wire: asyncio.Transport | None = None
        self._connecting: asyncio.Task[Any] | None = None

    def connect(self, connecting: asyncio.Task[Any]) -> None:
        """`connecting` calls :meth:`connection_made`, or ends without (a TLS handshake failed)."""
        self._connecting = connecting
        connecting.add_done_callback(self._connected)

    def _connected(self, connecting: asyncio.Task[Any]) -> None:
        failed = connecting.cancelled() or connecting.exception() is not None
        if failed and self._wire is None:
            self._gone(self)

    def look(self) -> None:
        """Once a second: it is closed when it has waited for too long."""
        self._looks -= 1
        if self._looks < 0:
            if not self._idle:
                self._log.warning(
                    "a connection was closed: it neither sent a request nor took its answer in time"
                )
            self.abort()

    def abort(self) -> None:
        """Close it now, whatever is under way."""
        if self._wire is not None:
            self._wire.abort()
        elif self._connecting is not None:
            self._connecting.cancel()

    def begin(self) -> None:
        """A request is there as a whole, but for a body that nobody asked for."""
        self._wait(ANSWER_LOOKS, answering=True)

    def _wait(self, looks: int, *, answering: bool = False, idle: bool = False) -> None:
        self._looks, self.answering, self._idle = looks, answering, idle
        self._moved(self)

    # What aiohttp calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It begins, after the TLS handshake if there is one."""
        self._wire = transport  # type: ignore[assignment] # of a stream, here
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """It ended."""
        self._gone(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """More of a request, or the first of it."""
        if self._idle:
            self._wait(REQUEST_LOOKS)
        super().data_received(data)

    def log_access(self, *_: Any) -> None:
        """An answer was sent: that is what is noted of it."""
        self._wait(IDLE_LOOKS, idle=True)

    def log_exception(self, *_: Any, **kwargs: Any) -> None:
        """Something went wrong around a request: aiohttp would tell with all that is in it."""
        error = kwargs.get("exc_info")
        self._log.warning("a connection failed", error=type(error).__name__)

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - it quotes the request
    ) -> web.StreamResponse:
        """The answer to what is no request, and to one that failed; a line of log, without words
        of the request."""
        if isinstance(exc, UnicodeError):
            # A header that is no text, which aiohttp quotes in an answer of its own.
            status = HTTPStatus.BAD_REQUEST
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            self._malformed()
            self._log.warning("no valid request", remote=request.remote, fault=type(exc).__name__)
        else:
            self._log.warning("a request could not be answered", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("a part of another answer was sent already")
        answer = web.Response(
            status=status,
            text=f"{status} {HTTPStatus(status).phrase}\n",
            headers=headers_for(request),
        )
        answer.force_close()
        return answer


def begin(request: web.Request) -> None:
    """Tells the connection that its request is there. Raises HTTPVersionNotSupported."""
    if isinstance(request.protocol, Connection):
        request.protocol.begin()
        if request.version not in SPOKEN:
            # aiohttp would answer in a version that neither of them speaks.
            request.protocol.abort()
            raise web.HTTPVersionNotSupported


@web.middleware
async def timed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """For requests without a body: each is there once its headers are."""
    begin(request)
    return await handler(request)
