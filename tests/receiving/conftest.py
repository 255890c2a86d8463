"""A server of webhooks on a free port for each test, and what it gives on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from service.cli.webhooks import webhooks
from service.receiving.metrics import Counts
from service.receiving.server import Limits, ReceivingServer
from service.settings.receive import Receive
from tests.receiving.vendors import SECRET, Signing

HMAC: dict[str, Any] = {"topic": "desk", "signature": "zendesk", "secret": SECRET}
UNSIGNED: dict[str, Any] = {"topic": "open", "signature": "none"}
GENEROUS = Limits(100_000, 10_000_000, 1e6, 1e6, 256)


class FakeSink:
    """Keeps what it is given, and fails as a test says."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, bytes, list[tuple[str, bytes]]]] = []
        self.error: Exception | None = None
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.waiting_bytes = 0

    async def deliver(self, topic: str, value: bytes, headers: Sequence[tuple[str, bytes]]) -> None:
        await self.may_go_on.wait()
        if self.error is not None:
            raise self.error
        self.kept.append((topic, value, list(headers)))

    def ready(self) -> tuple[bool, Mapping[str, object]]:
        return True, {}


class Receiving:
    """A running server, its sink and its counts."""

    def __init__(self, server: ReceivingServer, sink: FakeSink, counts: Counts) -> None:
        self.server = server
        self.sink = sink
        self.counts = counts

    @property
    def port(self) -> int:
        return self.server.port

    async def post(
        self, path: str, signing: Signing, session: aiohttp.ClientSession
    ) -> tuple[int, Mapping[str, str], str]:
        """Status, headers and body of the answer."""
        url = f"http://127.0.0.1:{self.port}{path}"
        async with session.post(
            f"{url}?{signing.query}" if signing.query else url,
            data=signing.body,
            headers={"Content-Type": "application/json", **signing.headers},
        ) as answer:
            return answer.status, answer.headers, await answer.text()


Receive_ = Callable[..., Awaitable[Receiving]]


@pytest.fixture
async def receive() -> AsyncIterator[Receive_]:
    """`await receive({name: settings}, ...)`: a server that is stopped after the test."""
    async with AsyncExitStack() as started:

        async def start(
            hooks: dict[str, dict[str, Any]],
            *,
            sink: FakeSink | None = None,
            limits: Limits = GENEROUS,
            clock: Callable[[], float] = time.time,
            tls: Any = None,
        ) -> Receiving:
            section = Receive.model_validate({"webhooks": hooks})
            made = webhooks(section)
            counts = Counts(hook.name for hook in made)
            to = sink or FakeSink()
            server = ReceivingServer("127.0.0.1", 0, made, to, counts, limits, tls=tls, clock=clock)
            await server.start()
            started.push_async_callback(server.stop)
            return Receiving(server, to, counts)

        yield start


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as client:
        yield client
