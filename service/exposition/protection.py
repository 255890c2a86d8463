"""Who may see the numbers, and what a browser may do with the page."""

from __future__ import annotations

import hmac
import ssl
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
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
    """The one user who may read the numbers."""

    user: str
    password: str = field(repr=False)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """On each response, errors too."""
    response.headers.update(_HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    if request.secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"


class TlsError(Exception):
    """The certificate or its key cannot be used; the message says which and why."""


def server_tls(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """Serves HTTPS with a PEM file of the certificate chain, and of the key unless that is in the
    same file. Raises TlsError."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        files = f"{certificate} and {key}" if key else str(certificate)
        raise TlsError(
            f"Cannot serve HTTPS with {files}: {error}. Both must be readable PEM files, and the "
            "key that of the certificate."
        ) from error
    return context


def require(credentials: Credentials, *, open_paths: frozenset[str]) -> Middleware:
    """Basic authentication for every path, also unknown ones, but `open_paths`."""
    expected = b64encode(f"{credentials.user}:{credentials.password}".encode())

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
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip().encode(errors="surrogateescape") if scheme.lower() == "basic" else b""
