"""Any worker's page shows the whole group, each partition once, or says what is missing."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
import trustme
from aiohttp import web
from aiohttp.test_utils import TestServer

from service.exposition import peers
from service.exposition.parts import Reader, UnusableAnswerError, written
from service.exposition.pipeline import Pipeline
from service.exposition.protection import Credentials
from service.exposition.server import ExpositionServer
from service.exposition.tls import peers_context, server_context
from service.view.snapshot import Family, Snapshot
from tests.exposition.conftest import Serve
from tests.exposition.fakes import PIPELINE, SECOND, FakeSource, random_snapshot, snapshot
from tests.patience import PATIENCE_S

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def backlog(count: int, clock: int = 0, epoch: int = 1) -> Snapshot:
    told = snapshot(clock, count, cx_backlog_contacts={("chat", "billing"): count})
    return replace(told, epoch=epoch)


def holding(**partitions: Snapshot) -> FakeSource:
    """`p3=...`: partition 3."""
    source = FakeSource()
    source.held = [(int(name[1:]), held) for name, held in partitions.items()]
    return source


def url(server: ExpositionServer, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{server.port}"


def basic(login: Credentials) -> dict[str, str]:
    return {"Authorization": aiohttp.encode_basic_auth(login.user, login.password, "utf-8")}


def numbers(told: Any) -> Any:
    """Those that do not depend on the moment of the answer."""
    stream = {name: value for name, value in told["stream"].items() if name != "behind_seconds"}
    return {**{name: told[name] for name in ("total", "channels", "queues")}, "stream": stream}


async def summary(server: ExpositionServer, scope: str = "", **options: Any) -> Any:
    scheme = "https" if "ssl" in options else "http"
    async with aiohttp.ClientSession() as session:
        asked = f"{url(server, scheme)}/api/summary{scope and f'?scope={scope}'}"
        async with session.get(asked, **options) as response:
            assert response.status == 200
            return await response.json()


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server asks at its start already, when the test has not said yet who the others are."""
    monkeypatch.setattr("service.exposition.outlook.MAY_BE_OLD", 0.0)


@pytest.fixture
async def peer() -> AsyncIterator[Callable[[Handler], Awaitable[str]]]:
    """`await peer(handler)`: the URL of something that answers `/api/parts` as it likes."""
    started: list[TestServer] = []

    async def start(handler: Handler) -> str:
        application = web.Application()
        application.router.add_get("/api/parts", handler)
        server = TestServer(application)
        started.append(server)
        await server.start_server()
        return str(server.make_url("")).rstrip("/")

    yield start
    await asyncio.gather(*(server.close() for server in started))


async def group(serve: Serve, *sources: FakeSource, **options: Any) -> list[ExpositionServer]:
    """Workers that know each other."""
    servers = [await serve(source, **options) for source in sources]
    scheme = "https" if "tls" in options else "http"
    urls = [url(server, scheme) for server in servers]
    for source, own in zip(sources, urls, strict=True):
        source.peers = [other for other in urls if other != own]
        source.partitions = 1 + max(number for of in sources for number, _ in of.held)
    return servers


@pytest.mark.parametrize("seed", range(3))
async def test_every_page_shows_what_one_worker_with_all_partitions_would(
    serve: Serve, seed: int
) -> None:
    rng = random.Random(seed)
    partitions = [(number, random_snapshot(10 * seed + number, SECOND)) for number in range(5)]
    sources = [FakeSource(pipeline=replace(PIPELINE, lag={})) for _ in range(3)]
    for partition in partitions:
        rng.choice(sources).held.append(partition)
    alone = FakeSource(pipeline=replace(PIPELINE, lag={}))
    alone.held = partitions
    expected = await summary(await serve(alone), "worker")
    expected["stream"]["events"] = {
        result: 3 * count for result, count in expected["stream"]["events"].items()
    }
    expected["stream"]["dead_letters"] *= 3
    for server in await group(serve, *sources):
        told = await summary(server)
        assert numbers(told) == numbers(expected)
        assert told["group"] == {
            "partitions": 5,
            "clocks": {str(number): 1.0 for number in range(5)},
            "missing": [],
            "workers": 3,
            "silent": [],
        }


async def test_a_worker_alone_is_the_whole_group(serve: Serve) -> None:
    server = await serve(FakeSource(backlog(3), backlog(4)))
    told = await summary(server)
    assert told["total"]["backlog"]["contacts"] == 7
    assert (told["group"]["missing"], told["group"]["workers"]) == ([], 1)


async def test_one_workers_own_numbers_can_be_asked_for(serve: Serve) -> None:
    first, _ = await group(serve, holding(p0=backlog(3)), holding(p1=backlog(4)))
    told = await summary(first, "worker")
    assert told["total"]["backlog"]["contacts"] == 3
    assert told["group"] is None


async def test_another_scope_is_refused(serve: Serve, http: aiohttp.ClientSession) -> None:
    server = await serve(FakeSource())
    async with http.get(f"{url(server)}/api/summary?scope=everything") as response:
        assert response.status == 400


@pytest.mark.parametrize("later", [0, 1])
async def test_a_partition_that_two_workers_tell_counts_once_by_the_later_claim(
    serve: Serve, later: int
) -> None:
    # The former owner may be ahead in time: what it counts is not what is kept.
    both = [backlog(100, clock=9 * SECOND, epoch=1), backlog(5, clock=SECOND, epoch=2)]
    sources = [
        holding(p0=both[later], p1=backlog(20)),
        holding(p0=both[1 - later], p2=backlog(300)),
    ]
    for server in await group(serve, *sources):
        told = await summary(server)
        assert told["total"]["backlog"]["contacts"] == 325
        assert told["stream"]["partitions"] == 3
        assert told["group"]["missing"] == []


async def test_the_lag_of_a_partition_is_told_by_whom_it_belongs_to(serve: Serve) -> None:
    former, owner = holding(p0=backlog(1)), holding(p0=backlog(1, epoch=2), p1=backlog(1))
    former.state = Pipeline(lag={("contact-started", 0): 1000})
    owner.state = Pipeline(lag={("contact-started", 0): 7, ("contact-started", 1): 20})
    for server in await group(serve, former, owner):
        assert (await summary(server))["stream"]["lag_events"] == 27


async def test_the_oldest_contact_of_the_group_is_the_oldest_of_any_worker(serve: Serve) -> None:
    ages = [
        snapshot(0, 1, cx_backlog_oldest_age_seconds={("chat", "billing"): age}) for age in (9, 70)
    ]
    for server in await group(serve, holding(p0=ages[0]), holding(p1=ages[1])):
        assert (await summary(server))["total"]["backlog"]["oldest_age_seconds"] == 70


async def test_what_nobody_holds_is_named_as_missing(serve: Serve) -> None:
    first, second = holding(p0=backlog(1)), holding(p3=backlog(2))
    servers = await group(serve, first, second)
    second.readiness = (False, {"restoring_partitions": [1, 2]})
    told = await summary(servers[0])
    assert told["group"]["missing"] == [1, 2]
    assert told["stream"]["ready"] is False
    assert told["stream"]["reason"] == {"workers_not_ready": [url(servers[1])[7:]]}


async def answer_of(count: int = 5, **changed: Any) -> bytes:
    pipeline = Pipeline(definitions=changed.get("definitions", ""))
    held = [(1, backlog(count))]
    return written(held, pipeline, changed.get("version", "1.2.3"), ready=True)


def bomb() -> bytes:
    return gzip.compress(bytes(80 * 1024 * 1024), 9)


async def bad_answers() -> dict[str, bytes]:
    good = await answer_of()
    return {
        "nothing": b"",
        "a page": b"<html>login</html>",
        "cut off": good[:-9],
        "more behind it": good + good,
        "another shape": gzip.compress(b"\xc0"),
        "a bomb": bomb(),
        "too much": bytes(17 * 1024 * 1024),
        "another release": await answer_of(version="9.9"),
        "other settings": await answer_of(definitions="another"),
    }


async def test_an_answer_that_cannot_be_added_up_is_left_out_and_said(
    serve: Serve, peer: Callable[[Handler], Awaitable[str]]
) -> None:
    for name, body in (await bad_answers()).items():

        async def answer(_: web.Request, body: bytes = body) -> web.Response:
            return web.Response(body=body)

        source = holding(p0=backlog(3))
        source.partitions, source.peers = 2, [await peer(answer)]
        told = await summary(await serve(source))
        assert told["total"]["backlog"]["contacts"] == 3, name
        assert told["group"]["missing"] == [1], name
        [silent] = told["group"]["silent"]
        assert silent["worker"] == source.peers[0][7:], name
        assert silent["why"], name


async def test_random_damage_to_an_answer_never_breaks_the_page() -> None:
    rng = random.Random(4)
    inner = gzip.decompress(await answer_of())
    refused = 0
    for _ in range(1500):
        damaged = bytearray(inner)
        for _ in range(rng.randrange(1, 4)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        try:
            Reader().read(gzip.compress(bytes(damaged), 1))
        except UnusableAnswerError:
            refused += 1
    assert refused > 500


def hang(asked: list[float], *, drip: bool = False) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(asyncio.get_running_loop().time())
        if drip:
            response = web.StreamResponse()
            await response.prepare(request)
            while True:
                await response.write(b"\0")
                await asyncio.sleep(0.01)
        await asyncio.sleep(PATIENCE_S)
        return web.Response()

    return answer


@pytest.mark.parametrize("drip", [False, True])
async def test_a_worker_that_hangs_costs_the_time_out_once_however_many_look(
    serve: Serve,
    peer: Callable[[Handler], Awaitable[str]],
    monkeypatch: pytest.MonkeyPatch,
    drip: bool,
) -> None:
    monkeypatch.setattr(peers, "TIMEOUT_SECONDS", 0.3)
    monkeypatch.setattr(peers, "_LEFT_ALONE_SECONDS", PATIENCE_S)
    asked: list[float] = []
    source = holding(p0=backlog(3))
    source.partitions, source.peers = 2, [await peer(hang(asked, drip=drip))]
    server = await serve(source)
    for _ in range(3):
        for told in await asyncio.gather(*(summary(server) for _ in range(10))):
            assert told["group"]["missing"] == [1]
            assert told["total"]["backlog"]["contacts"] == 3
    assert len(asked) == 1


async def test_many_pages_ask_another_worker_no_more_than_one_would(serve: Serve) -> None:
    sources = [holding(p0=backlog(3)), holding(p1=backlog(4))]
    first, _ = await group(serve, *sources)
    before = sources[1].asked
    await asyncio.gather(*(summary(first) for _ in range(30)))
    # One answer for all of them; and the charts of both, that may be drawn meanwhile.
    assert sources[1].asked - before <= 4


async def test_workers_know_each_other_by_the_login_of_the_page(serve: Serve) -> None:
    login = Credentials("wall", "päss word")
    servers = await group(serve, holding(p0=backlog(3)), holding(p1=backlog(4)), credentials=login)
    assert (await summary(servers[0], headers=basic(login)))["total"]["backlog"]["contacts"] == 7


async def test_a_worker_with_another_password_is_named_with_what_to_mend(serve: Serve) -> None:
    other = await serve(holding(p1=backlog(4)), credentials=Credentials("wall", "other"))
    source = holding(p0=backlog(3))
    source.partitions, source.peers = 2, [url(other)]
    server = await serve(source, credentials=Credentials("wall", "ours"))
    told = await summary(server, headers=basic(Credentials("wall", "ours")))
    assert told["group"]["missing"] == [1]
    [silent] = told["group"]["silent"]
    assert "http.username and password" in silent["why"]


async def test_each_vain_asking_is_counted_and_no_other(
    serve: Serve, http: aiohttp.ClientSession, peer: Callable[[Handler], Awaitable[str]]
) -> None:
    source = holding(p0=backlog(3))
    server, other = await group(serve, source, holding(p1=backlog(4)))
    vain = 0

    async def fail(_: web.Request) -> web.Response:
        nonlocal vain
        vain += 1
        raise web.HTTPInternalServerError

    async def counted() -> int:
        async with http.get(f"{url(server)}/metrics") as response:
            page = await response.text()
        [line] = [it for it in page.splitlines() if it.startswith("cx_pipeline_silent_workers_t")]
        return int(float(line.split()[-1]))

    await summary(server)
    assert await counted() == 0
    source.peers = [url(other), await peer(fail)]
    for _ in range(3):
        await summary(server)
        assert await counted() == vain > 0


async def test_parts_are_told_to_nobody_without_the_login(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    server = await serve(FakeSource(backlog(1)), credentials=Credentials("wall", "ours"))
    async with http.get(f"{url(server)}/api/parts") as response:
        assert response.status == 401


def issued(authority: trustme.CA, directory: Path, name: str) -> tuple[Path, Path]:
    certificate = authority.issue_cert("127.0.0.1")
    files = directory / f"{name}.pem", directory / f"{name}.key"
    certificate.cert_chain_pems[0].write_to_path(files[0])
    certificate.private_key_pem.write_to_path(files[1])
    return files


async def test_workers_of_one_certificate_trust_each_other_and_no_other(
    serve: Serve, tmp_path: Path
) -> None:
    authority = trustme.CA()
    ours, others = (issued(authority, tmp_path, name) for name in ("ours", "others"))
    context = {"tls": server_context(*ours), "trust": peers_context(ours[0], None)}
    servers = await group(serve, holding(p0=backlog(3)), holding(p1=backlog(4)), **context)
    told = await summary(servers[0], ssl=context["trust"])
    assert told["total"]["backlog"]["contacts"] == 7
    # Of the same authority, which a stranger's may be too.
    strange = await serve(holding(p1=backlog(4)), tls=server_context(*others))
    source = holding(p0=backlog(3))
    source.partitions, source.peers = 2, [url(strange, "https")]
    told = await summary(await serve(source, **context), ssl=context["trust"])
    assert told["group"]["missing"] == [1]
    assert "http.peers_ca_file" in told["group"]["silent"][0]["why"]


async def test_workers_trust_what_their_authority_has_signed(serve: Serve, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    first, second = (issued(authority, tmp_path, name) for name in ("first", "second"))
    trust = peers_context(first[0], tmp_path / "ca.pem")
    other = await serve(holding(p1=backlog(4)), tls=server_context(*second))
    source = holding(p0=backlog(3))
    source.partitions, source.peers = 2, [url(other, "https")]
    server = await serve(source, tls=server_context(*first), trust=trust)
    assert (await summary(server, ssl=trust))["group"]["missing"] == []


async def test_the_password_is_not_sent_in_the_clear_by_who_serves_https(
    serve: Serve, tmp_path: Path, peer: Callable[[Handler], Awaitable[str]]
) -> None:
    asked: list[float] = []
    files = issued(trustme.CA(), tmp_path, "ours")
    trust = peers_context(files[0], None)
    source = holding(p0=backlog(3))
    source.partitions, source.peers = 2, [await peer(hang(asked))]
    server = await serve(source, tls=server_context(*files), trust=trust)
    told = await summary(server, ssl=trust)
    assert not asked
    assert "HTTPS" in told["group"]["silent"][0]["why"]


def test_what_is_read_is_what_was_written_with_the_labels_known_from_before() -> None:
    rng = random.Random(1)
    reader = Reader()
    labels: list[tuple[str, ...]] = []
    known: Any = None
    for count in (0, 1, 40, 40, 700):
        labels = [(f"channel {number}", "queue") for number in range(count)]
        for largest, kind in ((1 << 62, np.int64), (1 << 90, np.object_)):
            values = np.array([rng.randrange(largest) for _ in labels], dtype=kind)
            family = Family(labels, values, 1_000_000)
            told = Snapshot(5, 6, {"cx_backlog_contacts": family}, {"1h": 7}, epoch=8)
            parts, [(number, read)] = reader.read(
                written([(3, told)], PIPELINE, "1.2.3", ready=False)
            )
            assert (number, read.clock, read.live_contacts, read.epoch) == (3, 5, 6, 8)
            assert read.complete_from == {"1h": 7}
            assert (parts.events, parts.ready) == (PIPELINE.events, False)
            got = read.families["cx_backlog_contacts"]
            assert got.labels == labels
            assert got.values.tolist() == values.tolist()
            assert got.unit == 1_000_000
            assert known is None or got.labels is known
            known = got.labels


async def test_the_charts_are_of_the_whole_group_or_have_a_gap(serve: Serve) -> None:
    source = holding(p0=replace(backlog(3), clock=10**18), p1=replace(backlog(4), clock=10**18))
    server = await serve(source)
    outlook = server._of_group
    source.partitions = 3
    before = len(outlook.history.since(0).at)
    await outlook.keep_sample()
    assert len(outlook.history.since(0).at) == before
    source.partitions = 2
    await outlook.keep_sample()
    assert outlook.history.since(0).series["backlog"][-1] == 7


async def test_no_id_and_no_series_of_counters_leave_a_worker() -> None:
    counters = snapshot(0, 1, cx_contacts_started_total={("chat", "billing", "inbound"): 7})
    _, [(_, read)] = Reader().read(written([(0, counters)], PIPELINE, "1", ready=True))
    assert not read.families
    assert json.dumps(list(read.families)) == "[]"
