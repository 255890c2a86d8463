"""Who may see the numbers, and what a browser may do with the page."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import BasicAuth, web

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler, Middleware

_HEADERS = {
    # Everything the page needs comes from here; nothing may be embedded, framed or sent elsewhere.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Not which versions of Python and aiohttp are to be attacked.
    "Server": "contact-metrics",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """The one user who may read everything but `/healthz`."""

    user: str
    password: str = field(repr=False)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """On each response, errors too."""
    response.headers.update(_HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    if request.secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"


def require(credentials: Credentials, *, open_paths: frozenset[str]) -> Middleware:
    """Basic authentication for every path, also unknown ones, but `open_paths`."""
    expected = _bytes(credentials.user, credentials.password)

    @web.middleware
    async def authenticate(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in open_paths or hmac.compare_digest(_given(request), expected):
            return await handler(request)
        raise web.HTTPUnauthorized(
            headers={"WWW-Authenticate": 'Basic realm="contact-metrics", charset="UTF-8"'},
            text="Name and password are needed, by HTTP basic authentication.\n",
        )

    return authenticate


def _given(request: web.Request) -> bytes:
    try:
        given = BasicAuth.decode(request.headers.get("Authorization", ""), encoding="utf-8")
    except ValueError:
        return b""
    return _bytes(given.login, given.password)


def _bytes(user: str, password: str) -> bytes:
    # A user name holds no colon, so no two pairs look alike.
    return f"{user}:{password}".encode()
