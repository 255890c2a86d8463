"""A server for as long as a test needs it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from service.definitions import Definitions
from service.exposition.server import ExpositionServer
from service.exposition.source import SnapshotSource

_DEFAULTS = Definitions()


@asynccontextmanager
async def serving(
    source: SnapshotSource,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    definitions: Definitions = _DEFAULTS,
    **options: Any,
) -> AsyncIterator[ExpositionServer]:
    """Serves `source` on this machine, by default on any free port."""
    server = ExpositionServer(host, port, source, definitions, version="1.2.3", **options)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
