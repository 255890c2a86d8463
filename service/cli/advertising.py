"""Where the group's other workers reach this one's numbers."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address

from service.settings import Settings


async def advertised_url(settings: Settings, port: int) -> str:
    """As configured, or the address that is listened on, or from which a broker is reached.

    This host's name where there is no way to any.
    """
    http = settings.http
    if http.advertised_url is not None:
        return http.advertised_url
    host = http.host
    if host in {"0.0.0.0", "::", "*"}:  # noqa: S104 - compared, not listened on
        ways = [await _address_towards(it) for it in settings.kafka.bootstrap_servers]
        host = next(filter(None, ways), socket.gethostname())
    scheme = "http" if http.tls_cert_file is None else "https"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def only_here(url: str) -> bool:
    """Whether no other machine can reach it: it names the loopback interface."""
    host = url.partition("://")[2].rpartition(":")[0].strip("[]")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _address_towards(server: str) -> str | None:
    """This host's own address on the way to `host:port`; None where there is no way."""
    host, _, port = server.rpartition(":")
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_DGRAM)
        family, kind, _, _, address = found[0]
        with socket.socket(family, kind) as way:
            # Sends nothing: only the route is looked up.
            way.connect(address)
            return str(way.getsockname()[0])
    except OSError:
        return None
