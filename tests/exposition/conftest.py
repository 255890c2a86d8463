"""A server on a free port for each test, and a client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from service.exposition import listener, peers
from service.exposition.server import ExpositionServer
from service.exposition.source import SnapshotSource
from tests.exposition.browsing import chromium
from tests.exposition.serving import serving
from tests.patience import PATIENCE_S

Serve = Callable[..., Awaitable[ExpositionServer]]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other workers and handshakes are awaited however slow the machine is."""
    monkeypatch.setattr(peers, "TIMEOUT_SECONDS", PATIENCE_S)
    monkeypatch.setattr(listener, "_HANDSHAKE_SECONDS", PATIENCE_S)


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


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started
