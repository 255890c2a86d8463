from __future__ import annotations

import aiohttp
import pytest

from tests.exposition.conftest import Serve
from tests.exposition.fakes import FakeSource, snapshot

PATHS = ["/metrics", "/", "/api/summary", "/healthz", "/readyz", "/nothing"]


async def status(http: aiohttp.ClientSession, port: int, path: str, host: str) -> int:
    async with http.get(f"http://127.0.0.1:{port}{path}", headers={"Host": host}) as response:
        assert "Content-Security-Policy" in response.headers
        return response.status


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "notlocalhost",
        "127.0.0.1@evil.example",
        "[::1].evil.example:80",
        "evil.example.",
        "evil.example#.localhost",
        "evil.example?.localhost",
        "evil.example\\.localhost",
        "evil.example/.localhost:80",
        "user:.localhost@evil.example",
        "evil.example .localhost",
        "evil.example%23.localhost",
        "evil.example,localhost",
        "[::1%evil.example]",
        "[localhost]",
        "localhost:80:80",
        "localhost:8\u0662",
        ".localhost",
        "evil.example..localhost",
        "",
        ":8000",
        "1",
    ],
)
async def test_on_loopback_a_request_to_another_host_is_refused(
    serve: Serve, http: aiohttp.ClientSession, host: str
) -> None:
    server = await serve(FakeSource(snapshot()))
    for path in PATHS:
        assert await status(http, server.port, path, host) == 421, path


OURS = [
    *("localhost", "LocalHost:8000", "localhost.", "127.0.0.1", "127.9.9.9:80", "[::1]:8000"),
    *("[::1]", "192.0.2.7:8000", "metrics.localhost:1", "stats.example", "Stats.Example.:443"),
]


@pytest.mark.parametrize("host", OURS)
async def test_on_loopback_this_machine_is_answered_under_all_its_names(
    serve: Serve, http: aiohttp.ClientSession, host: str
) -> None:
    server = await serve(FakeSource(snapshot()), allowed_hosts=["stats.example"])
    for path in PATHS:
        assert await status(http, server.port, path, host) != 421, path


async def test_on_all_interfaces_any_host_is_answered(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    server = await serve(FakeSource(snapshot()), host="0.0.0.0")
    assert await status(http, server.port, "/metrics", "metrics.example") == 200


async def test_a_name_that_was_configured_for_loopback_is_its_name(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    server = await serve(FakeSource(snapshot()), host="localhost")
    assert await status(http, server.port, "/metrics", "localhost:80") == 200
    assert await status(http, server.port, "/metrics", "metrics.example") == 421
