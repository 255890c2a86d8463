"""Whether the HTTP server can have its address."""

from __future__ import annotations

import asyncio
import errno

from service.cli.preflight.finding import Finding
from service.settings.http import Http


async def may_listen(http: Http) -> Finding:
    """Bind as the server does, and let go at once."""
    address = f"http {http.host}:{http.port}"
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_server(asyncio.Protocol, http.host, http.port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return Finding(
                False,
                f"{address}: another program listens there",
                "Choose another http.port, or stop it; it may be contact-metrics itself.",
            )
        return Finding(
            False,
            f"{address}: cannot be listened on ({error.strerror})",
            "Choose another http.host or http.port.",
        )
    server.close()
    await server.wait_closed()
    return Finding(True, f"{address}: can be listened on")
