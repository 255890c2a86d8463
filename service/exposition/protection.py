"""Who may see the numbers, and what a browser may do with the page."""

from __future__ import annotations

import asyncio
import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from aiohttp.web_request import BaseRequest

from service.exposition.guesses import Guesses

_HEADERS = {
    # Everything the page needs comes from here; nothing may be embedded, framed or sent elsewhere.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    # Not which versions of Python and aiohttp are to be attacked.
    "Server": "contact-metrics",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """The one user who may read the numbers."""

    user: str
    password: str = field(repr=False)


def headers_for(request: BaseRequest) -> Mapping[str, str]:
    """What every response to it has."""
    if request.secure:
        return {**_HEADERS, "Strict-Transport-Security": "max-age=31536000"}
    return _HEADERS


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """On each response to a request that was understood, errors too."""
    kept = response.headers.get("Cache-Control", _HEADERS["Cache-Control"])
    response.headers.update(headers_for(request))
    response.headers["Cache-Control"] = kept


def require(
    credentials: Credentials, guesses: Guesses, *, open_paths: frozenset[str]
) -> Middleware:
    """Basic authentication for every path, also unknown ones, but `open_paths`."""
    expected = b64encode(f"{credentials.user}:{credentials.password}".encode())

    @web.middleware
    async def authenticate(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization")
        if request.path in open_paths or hmac.compare_digest(_token(given), expected):
            return await handler(request)
        # A browser asks without one first.
        if given is not None:
            await asyncio.sleep(guesses.seconds_to_wait(request.remote))
        raise web.HTTPUnauthorized(
            headers={"WWW-Authenticate": 'Basic realm="contact-metrics", charset="UTF-8"'},
            text="Name and password are needed, by HTTP basic authentication.\n",
        )

    return authenticate


def _token(authorization: str | None) -> bytes:
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip().encode(errors="surrogateescape") if scheme.lower() == "basic" else b""
