"""Whatever is sent: each answer is in form and protected; the log is short and tells nothing."""

from __future__ import annotations

import asyncio
import base64
import logging
import random
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from service.exposition import connection, guesses, listener, sparing
from service.exposition.protection import Credentials
from service.exposition.server import ExpositionServer
from tests.exposition.conftest import Serve
from tests.exposition.fakes import FakeSource, snapshot
from tests.exposition.raw import PROTECTION, answers, converse
from tests.patience import PATIENCE_S

SECRET = "s3cr3t-t0k3n"
METHODS = [b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"PATCH"]
METHODS += [b"PRI", b"get", b"", b"G\x00T", b"X" * 300, b"GET\t", "GÉT".encode(), b"BREW"]
PATHS = [b"/", b"/metrics", b"/healthz", b"/readyz", b"/api/summary", b"/page/main.js", b"*", b""]
PATHS += [
    b"/page/..%2f..%2fetc/passwd",
    b"/%00",
    b"/%ff%fe",
    b"/%",
    b"//evil.example/",
    b"/\x80\xff",
]
PATHS += [
    b"http://evil.example/metrics",
    b"/" + b"a" * 20_000,
    b"/?" + b"a=1&" * 900,
    b"/ /",
    b"/#",
]
PATHS += [
    b"evil.example:443",
    b"/metrics?token=" + SECRET.encode(),
    b"http://[::1",
    b"/api/summary?since=x",
]
VERSIONS = [b"HTTP/1.1"] * 6 + [
    b"HTTP/1.0",
    b"HTTP/0.9",
    b"HTTP/2.0",
    b"HTTP/9.9",
    b"http/1.1",
    b"",
    b"HTTP/1",
]
NAMES = [b"Host", b"Accept", b"Accept-Encoding", b"Authorization", b"Connection", b"Upgrade"]
NAMES += [b"Content-Length", b"Transfer-Encoding", b"Expect", b"If-None-Match", b"Range", b"Cookie"]
NAMES += [
    b"Content-Type",
    b"Content-Encoding",
    b"X-Forwarded-For",
    b"",
    b"A B",
    b"\xff",
    b"X:Y",
    b" X",
]
VALUES = [b"", b"localhost", b"close", b"keep-alive", b"upgrade", b"websocket", b"chunked", b"gzip"]
VALUES += [
    b"identity, chunked",
    b"100-continue",
    b"200-never",
    b"-1",
    b"5",
    b"99999999999999999999",
]
VALUES += [
    b"*/*;q=nan",
    b"text/html",
    b"application/openmetrics-text; version=9",
    b'W/"x"',
    b"\xff\xfe",
]
VALUES += [
    b"gzip;q=" + b"9" * 400,
    b"a" * 9_000,
    b"x\x00y",
    b"x\ry",
    b"Basic " + SECRET.encode(),
    b",",
]
VALUES += [
    b"Basic " + base64.b64encode(b"user:" + SECRET.encode()),
    b"Basic \xc3\x28",
    b"Bearer",
    b"\t",
]
VALUES += [b"bytes=0-1", b"h2c", b"evil.example", b'"' * 300, b"0x10", b"+5", b"5, 5", b"q=,;="]
BODIES = [
    b"",
    b"x",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"zz\r\n",
    b"\x00" * 500,
    b"GET / HTTP/1.1\r\n\r\n",
]


def request(rng: random.Random) -> bytes:
    """Between a request with something odd in it and a handful of bytes."""
    if rng.random() < 0.1:
        return rng.randbytes(rng.randrange(1, 400))
    ending = rng.choice([b"\r\n"] * 8 + [b"\n", b"\r", b"\r\r\n"])
    usual = rng.random() < 0.5
    method = b"GET" if usual else rng.choice(METHODS)
    version = b"HTTP/1.1" if usual else rng.choice(VERSIONS)
    first = b" ".join([method, rng.choice(PATHS), version])
    headers = [b": ".join([rng.choice(NAMES), rng.choice(VALUES)]) for _ in range(rng.randrange(5))]
    if rng.random() < 0.02:
        headers += [b"X-%d: %s" % (number, SECRET.encode()) for number in range(300)]
    if rng.random() < 0.7:
        headers.insert(0, b"Host: localhost")
    raw = ending.join([first, *headers, b"", rng.choice(BODIES)])
    if rng.random() < 0.1:
        raw = raw[: rng.randrange(1, len(raw) + 1)]
    if rng.random() < 0.1:
        place = rng.randrange(len(raw))
        raw = raw[:place] + rng.randbytes(rng.randrange(1, 9)) + raw[place:]
    return raw


class Handler(logging.Handler):
    """What libraries log, as it would be on the screen."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def libraries() -> Iterator[list[str]]:
    handler = Handler()
    root = logging.getLogger()
    root.addHandler(handler)
    yield handler.lines
    root.removeHandler(handler)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is unfinished or kept open is closed in a moment."""
    monkeypatch.setattr(listener, "_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(connection, "IDLE_LOOKS", 5)
    monkeypatch.setattr(guesses, "_LONGEST_SECONDS", 0.0)
    monkeypatch.setattr(sparing, "_SECONDS", PATIENCE_S)


@pytest.mark.parametrize("guarded", [False, True], ids=["open", "guarded"])
@pytest.mark.parametrize("seed", range(2))
async def test_whatever_is_sent_is_answered_in_form_and_told_in_few_words(
    serve: Serve, libraries: list[str], seed: int, guarded: bool
) -> None:
    rng = random.Random(seed)
    credentials = Credentials("user", "another") if guarded else None
    server = await serve(FakeSource(snapshot()), credentials=credentials)
    requests = [request(rng) for _ in range(300)]
    with capture_logs() as told:
        received = []
        for start in range(0, len(requests), 50):
            batch = [converse(server.port, raw) for raw in requests[start : start + 50]]
            received += await asyncio.gather(*batch)
        alive = await converse(server.port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answered = 0
    for raw, came in zip(requests, received, strict=True):
        for answer in answers(came):
            answered += 1
            assert answer.status == 100 or _is_protected(answer.headers), (raw, came)
            assert answer.status != 500, raw
            assert not any(word in came for word in (b"aiohttp", b"Python", SECRET.encode())), raw
    assert answered > 150
    assert answers(alive)[0].status == 200
    _is_short([*map(str, told), *libraries])


def _is_protected(headers: dict[str, str]) -> bool:
    return headers.get("server") == "contact-metrics" and all(it in headers for it in PROTECTION)


def _is_short(lines: list[str]) -> None:
    assert len(lines) < 20, lines
    for line in lines:
        assert len(line) < 300, line
        assert SECRET not in line
        assert base64.b64encode(f"user:{SECRET}".encode()).decode() not in line


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nExpect: cake\r\n\r\n", 417),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nExpect: \xff\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01", 400),
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 9_000 + b"\r\n\r\n", 400),
    ],
)
async def test_errors_have_the_headers_of_every_answer(
    serve: Serve, raw: bytes, status: int
) -> None:
    server = await serve(FakeSource(snapshot()))
    (answer,) = answers(await converse(server.port, raw))
    assert answer.status == status
    assert _is_protected(answer.headers)
    assert answer.headers["cache-control"] == "no-store"


async def test_what_is_no_http_is_counted_and_what_is_refused_is_not(serve: Serve) -> None:
    server = await serve(FakeSource(snapshot()))
    none = [b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n", b"\x16\x03\x01\x02\x00\x01"]
    none += [b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"]
    refused = [b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"]
    refused += [b"POST / HTTP/1.1\r\nHost: evil.example\r\n\r\n"]
    metrics = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    for count, raw in enumerate(none, 1):
        await converse(server.port, raw)
        for request in refused:
            await converse(server.port, request)
        page = (await converse(server.port, metrics)).decode()
        assert f"cx_pipeline_malformed_requests_total {count}.0" in page


async def test_a_failure_of_ours_is_told_with_its_place_and_answered_without(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server: ExpositionServer = await serve(FakeSource(snapshot()))

    def fail(*_: Any) -> None:
        raise RuntimeError("of ours")

    monkeypatch.setattr(server._source, "ready", fail)
    raw = f"GET /readyz?token={SECRET} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with capture_logs() as told:
        (answer,) = answers(await converse(server.port, raw))
    assert answer.status == 500
    assert _is_protected(answer.headers)
    assert b"of ours" not in answer.body
    # The page's charts ask whether it is ready, too.
    (line,) = [it for it in told if it["event"] == "a request could not be answered"]
    assert isinstance(line["exc_info"], RuntimeError)
    assert SECRET not in str(line)
