"""Clients that begin and do not go on: they are let go, and nobody else waits for them."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from service.exposition import connection, listener
from service.exposition.server import ExpositionServer
from service.exposition.tls import server_context
from tests.exposition.conftest import Serve
from tests.exposition.fakes import FakeSource, random_snapshot, snapshot
from tests.exposition.raw import answers, converse
from tests.patience import PATIENCE_S

WHOLE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
CLOSING = WHOLE[:-2] + b"Connection: close\r\n\r\n"
#: What is sent first, and then again and again.
DRIPPING = {
    "nothing": (b"", b""),
    "a first line": (b"GET / HTTP/1.1", b"x"),
    "headers": (b"GET / HTTP/1.1\r\n", b"X-A: b\r\n"),
    "a body": (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n\r\n", b"x"),
    "chunks": (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"1\r\nx\r\n",
    ),
    "nothing after an answer": (WHOLE, b""),
    "headers after an answer": (WHOLE + b"GET / HTTP/1.1\r\n", b"X-A: b\r\n"),
}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "_LOOK_SECONDS", 0.02)


@asynccontextmanager
async def connected(
    port: int, context: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("kind", DRIPPING)
async def test_a_client_that_does_not_finish_is_let_go(serve: Serve, kind: str) -> None:
    server = await serve(FakeSource(snapshot()))
    first, then = DRIPPING[kind]
    async with asyncio.timeout(PATIENCE_S), connected(server.port) as (reader, writer):
        writer.write(first)

        async def drip() -> None:
            while True:
                writer.write(then)
                await asyncio.sleep(0.01)

        dripping = asyncio.create_task(drip())
        try:
            while await reader.read(65_536):
                pass
        except ConnectionError:
            pass
        finally:
            dripping.cancel()
    await until_none_is_left(server)


async def until_none_is_left(server: ExpositionServer) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while server._listener._connections:
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("quick")
async def test_a_client_that_does_not_take_its_answer_is_let_go(serve: Serve) -> None:
    server = await serve(FakeSource(*(random_snapshot(seed) for seed in range(20))))
    async with asyncio.timeout(PATIENCE_S), connected(server.port) as (_, writer):
        # Answers of some megabytes, of which the kernel keeps a part and the rest is not taken.
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
        while not server._listener._connections:
            await asyncio.sleep(0.01)
        await until_none_is_left(server)


async def test_a_slow_process_does_not_take_its_own_slowness_for_a_clients(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is heard while the event loop is busy, so that time does not count."""
    monkeypatch.setattr(listener, "_LOOK_SECONDS", 0.05)
    server = await serve(FakeSource(snapshot()))
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(CLOSING[:20])
    await asyncio.sleep(0.1)
    # As when an engine computes: far longer than all the looks together.
    time.sleep(0.05 * connection.REQUEST_LOOKS * 3)  # noqa: ASYNC251
    writer.write(CLOSING[20:])
    assert answers(await reader.read())[0].status == 200
    writer.close()


async def test_as_many_as_may_be_are_kept_and_the_next_one_is_answered(serve: Serve) -> None:
    server = await serve(FakeSource(snapshot()), most_connections=20)
    opened = []
    for number in range(200):
        opened.append(await asyncio.open_connection("127.0.0.1", server.port))
        opened[-1][1].write(b"GET / HTTP/1.1\r\nX: y")
        if number % 10 == 9:
            (answer,) = answers(await converse(server.port, CLOSING))
            assert answer.status == 200
            assert len(server._listener._connections) <= 20
    for _, writer in opened:
        writer.transport.abort()


async def test_an_answer_under_way_is_not_given_up_for_clients_that_only_wait(
    serve: Serve,
) -> None:
    source = FakeSource(snapshot())
    go_on = asyncio.Event()
    take = source.snapshots

    async def slowly(within: float, /) -> object:
        await go_on.wait()
        return await take(within)

    source.snapshots = slowly  # type: ignore[assignment,method-assign]
    server = await serve(source, most_connections=5)
    metrics = CLOSING.replace(b"/healthz", b"/metrics")
    asked = asyncio.create_task(converse(server.port, metrics))
    while not any(it.answering for it in server._listener._connections):
        await asyncio.sleep(0.01)
    opened = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(30)]
    assert answers(await converse(server.port, CLOSING))[0].status == 200
    go_on.set()
    assert answers(await asked)[0].status == 200
    for _, writer in opened:
        writer.transport.abort()


async def test_handshakes_that_never_end_keep_no_one_out(serve: Serve, tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    tls = server_context(tmp_path / "both.pem", None)
    server = await serve(FakeSource(snapshot()), most_connections=20, tls=tls)
    opened = []
    for number in range(100):
        opened.append(await asyncio.open_connection("127.0.0.1", server.port))
        if number % 25 == 24:
            async with connected(server.port, context) as (reader, writer):
                writer.write(CLOSING)
                assert answers(await reader.read())[0].status == 200
            assert len(server._listener._connections) <= 20
    for _, writer in opened:
        writer.transport.abort()
    await until_none_is_left(server)
