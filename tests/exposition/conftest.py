"""A server on a free port for each test, and a client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from service.exposition.server import ExpositionServer
from service.exposition.source import SnapshotSource
from tests.exposition.serving import serving

Serve = Callable[..., Awaitable[ExpositionServer]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """`await serve(source, ...)`: a server that has started, and is stopped after the test."""
    async with AsyncExitStack() as started:

        async def start(source: SnapshotSource, **options: Any) -> ExpositionServer:
            return await started.enter_async_context(serving(source, **options))

        yield start


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A client that takes bodies as they are on the wire and connects anew each time."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True),
        auto_decompress=False,
        headers={"Accept-Encoding": "identity"},
    ) as session:
        yield session
