"""Whether the HTTP server can have its address."""

from __future__ import annotations

import asyncio
import errno

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
