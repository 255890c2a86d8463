"""By which names a server of this machine alone may be called.

A page on the internet can make its own name stand for 127.0.0.1 (DNS rebinding); a browser then
lets it read whatever listens here. Such a request names the page's host, which is none of ours.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from ipaddress import ip_address
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from service.settings.http import HOST_NAME

#: An IPv6 address in brackets, or a name or IPv4 address; and the port. To whoever takes it apart
#: otherwise the host of `evil.example#.localhost` is another one.
_GIVEN: Final = re.compile(rf"(?:\[([0-9A-Fa-f:.]+)\]|({HOST_NAME}))(?::[0-9]*)?")


def only_loopback(addresses: Iterable[str]) -> bool:
    """Whether nobody but this machine reaches any of these IP addresses."""
    return all(ip_address(address.partition("%")[0]).is_loopback for address in addresses)


def called_by(names: Collection[str]) -> Middleware:
    """Refuses requests to other hosts than localhost, an IP address, or one of `names`."""
    allowed = frozenset(_folded(name) for name in names)

    def may(given: str) -> bool:
        host = _host(given)
        return (
            host in allowed
            or host == "localhost"
            or host.endswith(".localhost")
            or _is_address(host)
        )

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        # Without one (HTTP/1.0) it is no browser.
        if all(may(given) for given in request.headers.getall("Host", [])):
            return await handler(request)
        raise web.HTTPMisdirectedRequest(
            text="This server listens on the loopback interface and answers to localhost only. "
            "A proxy in front of it has to ask for localhost, or its name belongs into "
            "http.allowed_hosts.\n"
        )

    return check


def _host(given: str) -> str:
    """Without the port; empty where it is no host at all."""
    match = _GIVEN.fullmatch(given)
    return _folded(match[1] or match[2]) if match else ""


def _folded(name: str) -> str:
    return name.lower().removesuffix(".")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
