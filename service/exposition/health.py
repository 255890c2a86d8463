"""What an orchestrator asks."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from aiohttp import web


async def healthz(_: web.Request) -> web.Response:
    """The process lives."""
    return web.Response(text="alive\n")


def readiness(ready: bool, reason: Mapping[str, object]) -> web.Response:
    """The answer of /readyz."""
    return web.Response(
        status=200 if ready else 503,
        body=msgspec.json.encode({"ready": ready, **reason}),
        content_type="application/json",
    )
