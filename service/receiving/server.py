"""The HTTP server that vendors call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.client import responses
from ssl import SSLContext
from time import monotonic, time
from typing import Final

from aiohttp import ClientError, hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from service.exposition.connection import SPOKEN, begin
from service.exposition.http_server import HttpServer
from service.receiving.limits import Rate
from service.receiving.metrics import ACCEPTED, MALFORMED, NO_WEBHOOK, Counts
from service.receiving.proof import Sent, Verdict
from service.receiving.sink import NotTakenError, Sink, TooLargeError
from service.receiving.webhook import Webhook

#: A request is answered some 5 s after it is there, whatever Kafka does.
_STOP_SECONDS: Final = 8.0
#: Zendesk tries again only if it shall wait for less than a minute.
_RETRY_AFTER: Final = {HTTPStatus.SERVICE_UNAVAILABLE: "10", HTTPStatus.TOO_MANY_REQUESTS: "2"}
_LOGIN: Final = 'Basic realm="contact-metrics", charset="UTF-8"'


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is taken at a time."""

    body_bytes: int
    #: Of all requests that are being read or wait for Kafka.
    waiting_bytes: int
    #: Genuine requests of a webhook, and requests in all.
    webhook_rate: float
    total_rate: float
    connections: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request is answered, and counted as."""

    result: str
    status: HTTPStatus


_ACCEPTED: Final = Outcome(ACCEPTED, HTTPStatus.OK)
_EMPTY: Final = Outcome("empty", HTTPStatus.BAD_REQUEST)
_BROKEN_OFF: Final = Outcome("broken_off", HTTPStatus.BAD_REQUEST)
_ENCODED: Final = Outcome("encoded", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
_TOO_LARGE: Final = Outcome("too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_TOO_MANY: Final = Outcome("too_many", HTTPStatus.TOO_MANY_REQUESTS)
_UNAVAILABLE: Final = Outcome("unavailable", HTTPStatus.SERVICE_UNAVAILABLE)
_FAILED: Final = Outcome("failed", HTTPStatus.INTERNAL_SERVER_ERROR)


class RefusedError(Exception):
    """A request is not read to its end."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.result)
        self.outcome = outcome


class ReceivingServer(HttpServer):
    """Gives `sink` what it is sent, and answers 2xx when that has it."""

    stop_seconds = _STOP_SECONDS
    # A record that is on its way arrives, whether its sender waits for it or not.
    gives_up = False

    def __init__(
        self,
        host: str,
        port: int,
        webhooks: Sequence[Webhook],
        sink: Sink,
        counts: Counts,
        limits: Limits,
        *,
        tls: SSLContext | None = None,
        clock: Callable[[], float] = time,
    ) -> None:
        """`clock` tells seconds since 1970."""
        super().__init__(host, port, tls=tls, most_connections=limits.connections)
        self._webhooks = webhooks
        self._sink = sink
        self._counts = counts
        self._limits = limits
        self._clock = clock
        self._total = Rate(limits.total_rate)
        self._reading_bytes = 0

    @property
    def waiting_bytes(self) -> int:
        """Of requests that are being read or wait for Kafka."""
        return self._reading_bytes + self._sink.waiting_bytes

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The webhooks; HEAD is how Intercom looks whether there is something."""
        for webhook in self._webhooks:
            intake = _Intake(webhook, Rate(self._limits.webhook_rate))
            yield web.post(webhook.path, self._handler(intake))
            yield web.head(webhook.path, _here)

    def middlewares(self) -> Sequence[Middleware]:
        """Nobody is asked for a name: each webhook has its own proof."""
        return [self._admitted]

    def count_malformed(self) -> None:
        """Among the requests to no webhook."""
        self._counts.add(NO_WEBHOOK, MALFORMED)

    @web.middleware
    async def _admitted(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        error = request.match_info.http_exception
        if request.version not in SPOKEN:
            self._counts.add(NO_WEBHOOK, "not_allowed")
            begin(request)
        if error is not None or request.method != hdrs.METH_POST:
            begin(request)
        if not self._total.allows():
            begin(request)
            self._counts.add(NO_WEBHOOK, _TOO_MANY.result)
            self._log.warning("too many requests in all", limit=self._limits.total_rate)
            return _answer(_TOO_MANY)
        if error is not None:
            result = "not_allowed" if error.status == web.HTTPMethodNotAllowed.status_code else ""
            self._counts.add(NO_WEBHOOK, result or "not_found")
        return await handler(request)

    def _handler(self, intake: _Intake) -> Handler:
        async def take(request: web.Request) -> web.StreamResponse:
            name = intake.webhook.name
            outcome = _FAILED
            try:
                outcome = await self._take(request, intake)
            finally:
                self._counts.add(name, outcome.result)
            if outcome is not _ACCEPTED:
                self._log.warning(
                    f"a request was refused: {outcome.result.replace('_', ' ')}",
                    webhook=name,
                    status=outcome.status.value,
                    remote=request.remote,
                )
            return _answer(outcome, login=intake.webhook.asks_for_login)

        return take

    async def _take(self, request: web.Request, intake: _Intake) -> Outcome:
        came = monotonic()
        try:
            body = await self._read(request)
        except RefusedError as refused:
            begin(request)
            return refused.outcome
        begin(request)
        query = request.raw_path.partition("?")[2]
        sent = Sent(query, _headers(request), body, self._clock())
        verdict = intake.webhook.proof.judge(sent)
        if verdict is not Verdict.GENUINE:
            return _refusal(verdict, login=intake.webhook.asks_for_login)
        if not body:
            return _EMPTY
        if not intake.rate.allows():
            return _TOO_MANY
        return await self._deliver(intake.webhook, sent, came)

    async def _deliver(self, webhook: Webhook, sent: Sent, came: float) -> Outcome:
        try:
            await self._sink.deliver(webhook.topic, sent.body, webhook.record_headers(sent))
        except NotTakenError:
            return _UNAVAILABLE
        except TooLargeError:
            return _TOO_LARGE
        self._counts.add_delivery(webhook.name, monotonic() - came, self._clock())
        return _ACCEPTED

    async def _read(self, request: web.Request) -> bytes:
        """The body as it was sent. Raises RefusedError."""
        if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
            # What is signed are the bytes that come, and a few of them can become very many.
            raise RefusedError(_ENCODED)
        if (request.content_length or 0) > self._limits.body_bytes:
            raise RefusedError(_TOO_LARGE)
        body = bytearray()
        try:
            while chunk := await request.content.readany():
                if len(body) + len(chunk) > self._limits.body_bytes:
                    raise RefusedError(_TOO_LARGE)
                if self.waiting_bytes + len(chunk) > self._limits.waiting_bytes:
                    raise RefusedError(_UNAVAILABLE)
                body += chunk
                self._reading_bytes += len(chunk)
        except (OSError, ClientError, HttpProcessingError, web.RequestPayloadError):
            raise RefusedError(_BROKEN_OFF) from None
        finally:
            self._reading_bytes -= len(body)
        return bytes(body)


@dataclass(slots=True)
class _Intake:
    webhook: Webhook
    rate: Rate


async def _here(_: web.Request) -> web.Response:
    return web.Response()


def _refusal(verdict: Verdict, *, login: bool) -> Outcome:
    status = HTTPStatus.UNAUTHORIZED if login else HTTPStatus.FORBIDDEN
    return Outcome(verdict.value, status)


def _answer(outcome: Outcome, *, login: bool = False) -> web.Response:
    status = outcome.status
    answer = web.Response(status=status, text=f"{status.value} {responses[status]}\n")
    if status in _RETRY_AFTER:
        answer.headers[hdrs.RETRY_AFTER] = _RETRY_AFTER[status]
    if status is HTTPStatus.UNAUTHORIZED and login:
        answer.headers[hdrs.WWW_AUTHENTICATE] = _LOGIN
    return answer


def _headers(request: web.Request) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for name, value in request.headers.items():
        headers.setdefault(name.lower(), []).append(value)
    return headers
