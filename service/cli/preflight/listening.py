"""Whether the HTTP server can have its address, and others can reach it there."""

from __future__ import annotations

import asyncio
import errno

from service.cli.advertising import only_here
from service.cli.preflight.finding import Finding


async def may_listen(section: str, host: str, port: int) -> Finding:
    """Bind as the server of this section does, and let go at once."""
    address = f"{section} {host}:{port}"
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_server(asyncio.Protocol, host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return Finding(
                False,
                f"{address}: another program listens there",
                f"Choose another {section}.port, or stop it; it may be contact-metrics itself.",
            )
        return Finding(
            False,
            f"{address}: cannot be listened on ({error.strerror})",
            f"Choose another {section}.host or {section}.port.",
        )
    server.close()
    await server.wait_closed()
    return Finding(True, f"{address}: can be listened on")


def reachable_by_others(url: str) -> Finding:
    """Whether `url` can be one at which workers on other machines reach this one."""
    if only_here(url):
        return Finding(
            True,
            f"http: workers of this group on other machines cannot reach this one at {url}",
            "If there are any, set http.host, or http.advertised_url, to what they can reach;"
            " otherwise their pages say that its partitions are missing.",
            certain=False,
        )
    return Finding(True, f"http: the group's other workers reach this one at {url}")
