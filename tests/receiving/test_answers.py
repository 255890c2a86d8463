"""What is answered: 2xx for nothing but what is kept, and to each other request why not."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme

from service.exposition import listener
from service.exposition.text import TextWriter
from service.exposition.tls import server_context
from service.receiving.metrics import NO_WEBHOOK, RECEIVE_METRICS, RESULTS
from service.receiving.server import Limits
from service.receiving.sink import NotTakenError, TooLargeError
from tests.exposition.raw import PROTECTION, answers, converse
from tests.patience import PATIENCE_S
from tests.receiving.conftest import GENEROUS, HMAC, UNSIGNED, Receive_
from tests.receiving.vendors import BODY, SECRET, VENDORS, Signing, Vendor

#: A second: the next one after the first is allowed long after the test.
_HARDLY_EVER = 1e-6
KINDS = pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)


def settings(vendor: Vendor) -> dict[str, Any]:
    return {"topic": "desk", "secret": SECRET, **vendor.settings}


def zendesk(secret: str = SECRET, body: bytes = BODY, ago: float = 0.0) -> Signing:
    return VENDORS["zendesk"].sign(secret, body, time.time() - ago)


@KINDS
async def test_a_genuine_request_is_kept_as_it_came_and_no_other(
    receive: Receive_, session: aiohttp.ClientSession, vendor: Vendor
) -> None:
    # The name of the address is none of the secrets.
    it = await receive({"it": settings(vendor)})
    right = vendor.sign(SECRET, BODY, time.time())
    status, headers, text = await it.post("/it", right, session)
    assert (status, text) == (200, "200 OK\n")
    assert [name for name in PROTECTION if name not in {key.lower() for key in headers}] == []
    kind = right.headers.get("Content-Type", "application/json").encode()
    assert it.sink.kept == [("desk", right.body, [("content-type", kind)])]
    status, headers, _ = await it.post("/it", vendor.sign("x", BODY, time.time()), session)
    asks = vendor.settings["signature"] == "basic"
    assert status == (401 if asks else 403)
    assert ("WWW-Authenticate" in headers) == asks
    status, _, _ = await it.post("/it", Signing({}), session)
    assert status == (401 if asks else 403)
    assert len(it.sink.kept) == 1
    told = [it.counts.of("it", name) for name in RESULTS[:3]]
    assert told == [1, 1, 1]


async def test_an_old_timestamp_is_refused_and_counted(
    receive: Receive_, session: aiohttp.ClientSession
) -> None:
    it = await receive({"it": HMAC})
    assert (await it.post("/it", zendesk(ago=400), session))[0] == 403
    assert it.counts.of("it", "old_timestamp") == 1
    assert it.sink.kept == []


@pytest.mark.parametrize(
    ("error", "status", "result"),
    [(NotTakenError(), 503, "unavailable"), (TooLargeError(), 413, "too_large")],
)
async def test_what_kafka_does_not_have_is_not_answered_2xx(
    receive: Receive_, session: aiohttp.ClientSession, error: Exception, status: int, result: str
) -> None:
    it = await receive({"it": HMAC})
    it.sink.error = error
    told, headers, _ = await it.post("/it", zendesk(), session)
    assert told == status
    assert ("Retry-After" in headers) == (status == 503)
    assert it.counts.of("it", result) == 1
    it.sink.error = None
    assert (await it.post("/it", zendesk(), session))[0] == 200


async def test_an_error_of_our_own_is_500_and_counted(
    receive: Receive_, session: aiohttp.ClientSession
) -> None:
    it = await receive({"it": HMAC})
    it.sink.error = RuntimeError(SECRET)
    assert (await it.post("/it", zendesk(), session))[0] == 500
    assert it.counts.of("it", "failed") == 1


async def test_nothing_is_answered_before_it_is_kept(
    receive: Receive_, session: aiohttp.ClientSession
) -> None:
    it = await receive({"it": HMAC})
    it.sink.may_go_on.clear()
    asked = asyncio.create_task(it.post("/it", zendesk(), session))
    done, _ = await asyncio.wait({asked}, timeout=0.3)
    assert not done
    it.sink.may_go_on.set()
    assert (await asked)[0] == 200


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_is_bounded_whatever_it_says_of_its_length(
    receive: Receive_, session: aiohttp.ClientSession, chunked: bool
) -> None:
    it = await receive({"it": UNSIGNED})
    url = f"http://127.0.0.1:{it.port}/it"
    most = GENEROUS.body_bytes

    async def post(size: int) -> int:
        async def parts() -> Any:
            for _ in range(0, size, 1000):
                yield b"x" * 1000

        async with session.post(url, data=parts() if chunked else b"x" * size) as answer:
            return answer.status

    assert await post(most) == 200
    assert await post(most + 1000) == 413
    assert await post(most) == 200
    assert it.counts.of("it", "too_large") == 1
    assert [len(value) for _, value, _ in it.sink.kept] == [most, most]


async def test_what_waits_in_all_is_bounded(
    receive: Receive_, session: aiohttp.ClientSession
) -> None:
    it = await receive({"it": UNSIGNED}, limits=Limits(100_000, 150_000, 1e6, 1e6, 256))
    it.sink.waiting_bytes = 100_000
    status, headers, _ = await it.post("/it", Signing({}, b"x" * 60_000), session)
    assert status == 503
    assert headers["Retry-After"] == "10"
    assert (await it.post("/it", Signing({}, b"x" * 40_000), session))[0] == 200
    assert it.server.waiting_bytes == 100_000


async def test_a_compressed_body_is_refused_unread(
    receive: Receive_, session: aiohttp.ClientSession
) -> None:
    """What is signed are the bytes that come, and a megabyte can become a gigabyte."""
    it = await receive({"it": UNSIGNED})
    bomb = Signing({"Content-Encoding": "gzip"}, gzip.compress(b"0" * 50_000_000)[:90_000])
    assert (await it.post("/it", bomb, session))[0] == 415
    assert it.counts.of("it", "encoded") == 1


async def test_an_empty_body_is_no_record(
    receive: Receive_, session: aiohttp.ClientSession
) -> None:
    it = await receive({"it": HMAC})
    assert (await it.post("/it", zendesk(body=b""), session))[0] == 400
    assert it.sink.kept == []


async def test_genuine_requests_of_a_webhook_are_limited_and_others_do_not_count(
    receive: Receive_, session: aiohttp.ClientSession
) -> None:
    slow = Limits(100_000, 10_000_000, _HARDLY_EVER, 1e6, 256)
    it = await receive({"it": HMAC, "other": HMAC}, limits=slow)
    wrong = [(await it.post("/it", zendesk("x"), session))[0] for _ in range(5)]
    assert wrong == [403] * 5
    assert (await it.post("/it", zendesk(), session))[0] == 200
    status, headers, _ = await it.post("/it", zendesk(), session)
    assert (status, headers["Retry-After"]) == (429, "2")
    assert (await it.post("/other", zendesk(), session))[0] == 200


async def test_requests_in_all_are_limited(
    receive: Receive_, session: aiohttp.ClientSession
) -> None:
    it = await receive({"it": UNSIGNED}, limits=Limits(100_000, 10_000_000, 1e6, _HARDLY_EVER, 256))
    got = [(await it.post("/it", Signing({}), session))[0] for _ in range(4)]
    assert got == [200, 429, 429, 429]
    assert it.counts.of(NO_WEBHOOK, "too_many") == 3


async def test_addresses_and_methods_of_no_webhook(
    receive: Receive_, session: aiohttp.ClientSession
) -> None:
    it = await receive({"it": UNSIGNED})
    base = f"http://127.0.0.1:{it.port}"
    asked = [
        ("POST", "/", 404),
        ("GET", "/metrics", 404),
        ("GET", "/it", 405),
        ("PUT", "/it", 405),
        ("POST", "/it/", 404),
        ("HEAD", "/it", 200),
    ]
    for method, path, status in asked:
        async with session.request(method, base + path) as answer:
            assert answer.status == status, (method, path)
    assert it.counts.of(NO_WEBHOOK, "not_found") == 3
    assert it.counts.of(NO_WEBHOOK, "not_allowed") == 2
    assert it.sink.kept == []


async def test_headers_that_a_feed_may_ask_for_are_kept(
    receive: Receive_, session: aiohttp.ClientSession
) -> None:
    kept = {**HMAC, "headers": ["X-Zammad-Trigger", "x-ZAMMAD-delivery", "X-Absent"]}
    it = await receive({"it": kept})
    signing = zendesk()
    signing.headers.update({"X-Zammad-Delivery": "7f", "X-Zammad-Trigger": "ü", "X-Other": "1"})
    assert (await it.post("/it", signing, session))[0] == 200
    ((_, _, headers),) = it.sink.kept
    assert headers == [("x-zammad-trigger", "ü".encode()), ("x-zammad-delivery", b"7f")]


@pytest.mark.parametrize(
    ("head", "rest"),
    [
        (b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b"nonsense\r\n\r\n"),
        (b"Content-Length: 10\r\n\r\nabc", None),
    ],
)
async def test_a_body_that_breaks_off_is_no_record(
    receive: Receive_, head: bytes, rest: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # aiohttp tells of a wrong chunk when the connection ends.
    monkeypatch.setattr(listener, "_LOOK_SECONDS", 0.1)
    it = await receive({"it": UNSIGNED})
    _, writer = await asyncio.open_connection("127.0.0.1", it.port)
    writer.write(b"POST /it HTTP/1.1\r\nHost: x\r\n" + head)
    async with asyncio.timeout(PATIENCE_S):
        while it.server.waiting_bytes == 0:
            await asyncio.sleep(0.01)
        if rest is None:
            writer.transport.abort()
        else:
            writer.write(rest)
        while it.counts.of("it", "broken_off") == 0:
            await asyncio.sleep(0.01)
    writer.transport.abort()
    assert it.sink.kept == []
    assert it.server.waiting_bytes == 0


async def test_several_requests_of_one_connection_are_answered_in_order(receive: Receive_) -> None:
    it = await receive({"it": UNSIGNED})
    one = b"POST /it HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s"
    last = b"POST /it HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nc"
    received = await converse(it.port, one % (1, b"a") + one % (0, b"") + last)
    assert [answer.status for answer in answers(received)] == [200, 400, 200]
    assert [value for _, value, _ in it.sink.kept] == [b"a", b"c"]


async def test_what_is_no_http_is_counted_among_the_requests_to_no_webhook(
    receive: Receive_,
) -> None:
    it = await receive({"it": UNSIGNED})
    for count, raw in enumerate((b"POST /it HTTP/1.1\r\nHost x\r\n\r\n", b"\x16\x03\x01\x02"), 1):
        (answer,) = answers(await converse(it.port, raw + b"\r\n\r\n"))
        assert answer.status == 400
        assert it.counts.of(NO_WEBHOOK, "malformed") == count
    assert it.sink.kept == []


async def test_each_result_has_read_0_before_it_is_counted(receive: Receive_) -> None:
    it = await receive({"it": HMAC})
    writer = TextWriter(RECEIVE_METRICS)
    page = writer.write(it.counts.families(it.server.waiting_bytes), openmetrics=False)
    for result in RESULTS:
        assert f'cx_receive_requests_total{{result="{result}",webhook="it"}} 0.0' in page
    for metric in RECEIVE_METRICS:
        for sample in metric.samples:
            assert f"\n{sample}" in page, sample


async def test_it_is_served_over_tls(receive: Receive_, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        tmp_path / "both.pem"
    )
    context = ssl.create_default_context()
    authority.configure_trust(context)
    it = await receive({"it": HMAC}, tls=server_context(tmp_path / "both.pem", None))
    signing = zendesk()
    async with (
        aiohttp.ClientSession() as client,
        client.post(
            f"https://127.0.0.1:{it.port}/it",
            data=signing.body,
            headers=signing.headers,
            ssl=context,
        ) as answer,
    ):
        assert answer.status == 200
    assert len(it.sink.kept) == 1
