"""Whoever calls the address without the secret gets nothing in, nothing out, and nobody stopped."""

from __future__ import annotations

import asyncio
import random
import time

import aiohttp
import pytest
from structlog.testing import capture_logs

from service.exposition import listener, sparing
from tests.exposition.raw import PROTECTION, answers, converse
from tests.patience import PATIENCE_S
from tests.receiving.conftest import GENEROUS, HMAC, UNSIGNED, Receive_, Receiving
from tests.receiving.vendors import BODY, SECRET, VENDORS, Signing

_NAMES = (b"X-Zendesk-Webhook-Signature", b"X-Zendesk-Webhook-Signature-Timestamp", b"Host")
_WORDS = (b"", b"\xff\xfe", b"2026-11-26T00:00:00Z", b"1790000000", b"a" * 3000, b"=?utf-8?q?=")
_PATHS = (b"/desk", b"/twilio", b"/qiyu?time=1&checksum=%ff", b"/desk?\xff", b"*", b"//", b"/%2e")


def _request(rng: random.Random) -> bytes:
    """Nearly one; what is wrong with it is anywhere."""
    method = rng.choice((b"POST", b"POST", b"POST", b"GET", b"PATCH", b"P\x00ST"))
    version = rng.choice((b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9"))
    body = rng.randbytes(rng.choice((0, 3, 2000)))
    headers = [
        (rng.choice((*_NAMES, b"X-Twilio-Signature", b"Content-Type")), rng.choice(_WORDS))
        for _ in range(rng.randrange(4))
    ]
    framing = rng.choice(
        (
            [(b"Content-Length", b"%d" % len(body))],
            [(b"Content-Length", b"%d" % rng.choice((10**9, 10**30, len(body) + 1)))],
            [(b"Transfer-Encoding", b"chunked")],
            [(b"Content-Length", b"5"), (b"Content-Length", b"6")],
            [(b"Expect", b"100-continue"), (b"Content-Length", b"%d" % len(body))],
            [(b"Content-Encoding", b"gzip"), (b"Content-Length", b"%d" % len(body))],
            [],
        )
    )
    if (b"Transfer-Encoding", b"chunked") in framing and rng.random() < 0.7:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    lines = [b"%s %s %s" % (method, rng.choice(_PATHS), version)]
    lines += [b"%s: %s" % header for header in [(b"Host", b"x"), *headers, *framing]]
    sent = bytearray(b"\r\n".join([*lines, b"", b""]) + body)
    if rng.random() < 0.2:
        sent[rng.randrange(len(sent))] = rng.randrange(256)
    return bytes(sent)


async def test_whatever_is_sent_is_answered_4xx_and_never_kept(
    receive: Receive_, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # A body that never comes is waited for.
    monkeypatch.setattr(listener, "_LOOK_SECONDS", 0.02)
    it = await receive(
        {
            "desk": HMAC,
            "twilio": {"topic": "t", "secret": SECRET, **VENDORS["twilio"].settings},
            "qiyu": {"topic": "q", "secret": SECRET, "signature": "qiyu"},
        }
    )
    requests = [_request(random.Random(seed)) for seed in range(150)]
    # Ten side by side: many never end, and the server waits for what does not come.
    ten = asyncio.Semaphore(10)

    async def told(sent: bytes) -> bytes:
        async with ten:
            return await converse(it.port, sent)

    for seed, received in enumerate(await asyncio.gather(*map(told, requests))):
        sent = requests[seed]
        for answer in answers(received):
            # 505: a version that there is not; 100: of Expect.
            allowed = {*range(400, 500), 505, 100}
            if sent.startswith(b"HEAD"):
                allowed.add(200)
            assert answer.status in allowed, (seed, sent)
            if answer.status != 100:
                assert [name for name in PROTECTION if name not in answer.headers] == [], seed
    assert it.sink.kept == []
    assert it.server.waiting_bytes == 0
    assert it.counts.of("desk", "failed") == 0
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    assert SECRET not in said.out + said.err
    right = VENDORS["zendesk"].sign(SECRET, BODY, time.time())
    async with aiohttp.ClientSession() as session:
        assert (await it.post("/desk", right, session))[0] == 200


_HEAD = b"POST /it HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b"POST /it HTTP/1.1\r\n", b"X-A: b\r\n"),
        (_HEAD + b"Content-Length: 90000\r\n\r\n", b"x"),
        (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
    ids=["headers", "body", "chunks"],
)
async def test_a_request_in_drips_is_let_go_and_leaves_nothing(
    receive: Receive_, monkeypatch: pytest.MonkeyPatch, first: bytes, then: bytes
) -> None:
    monkeypatch.setattr(listener, "_LOOK_SECONDS", 0.05)
    it = await receive({"it": UNSIGNED})
    reader, writer = await asyncio.open_connection("127.0.0.1", it.port)
    writer.write(first)

    async def drip() -> None:
        while True:
            writer.write(then)
            await asyncio.sleep(0.01)

    dripping = asyncio.create_task(drip())
    try:
        async with asyncio.timeout(PATIENCE_S):
            while await reader.read(65_536):
                pass
    except ConnectionError:
        pass
    finally:
        dripping.cancel()
    async with asyncio.timeout(PATIENCE_S):
        while it.server.waiting_bytes or it.server._listener._connections:
            await asyncio.sleep(0.01)
    assert it.sink.kept == []


async def test_many_connections_keep_no_vendor_out(receive: Receive_) -> None:
    few = GENEROUS.__class__(100_000, 10_000_000, 1e6, 1e6, 20)
    it = await receive({"it": HMAC}, limits=few)
    opened = []
    for number in range(100):
        opened.append(await asyncio.open_connection("127.0.0.1", it.port))
        opened[-1][1].write(_HEAD + b"Content-Length: 50\r\n\r\nx")
        if number % 25 == 24:
            right = VENDORS["zendesk"].sign(SECRET, BODY, time.time())
            async with aiohttp.ClientSession() as session:
                assert (await it.post("/it", right, session))[0] == 200
            assert len(it.server._listener._connections) <= 20
    for _, writer in opened:
        writer.transport.abort()
    assert len(it.sink.kept) == 4


async def test_the_log_tells_of_refusals_and_of_nothing_that_was_sent(
    receive: Receive_, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sparing, "_SECONDS", 3600.0)
    it = await receive({"it": HMAC})
    with capture_logs() as told:
        await _refused_and_failed(it, session)
    said = repr(told)
    assert "a fault of our own" in said
    # Not one a request.
    assert said.count("wrong signature") == 1
    for word in (SECRET, "customer-4711", 'signature": "', "X-Zendesk"):
        assert word not in said


async def _refused_and_failed(it: Receiving, session: aiohttp.ClientSession) -> None:
    wrong = VENDORS["zendesk"].sign("another", b"customer-4711", time.time())
    for _ in range(50):
        assert (await it.post("/it", wrong, session))[0] == 403
    assert (await it.post("/it", Signing({"X-Zendesk-Webhook-Signature": "s"}), session))[0] == 403
    it.sink.error = RuntimeError("a fault of our own")
    right = VENDORS["zendesk"].sign(SECRET, b"customer-4711", time.time())
    assert (await it.post("/it", right, session))[0] == 500
