from __future__ import annotations

import asyncio
import gzip
from collections.abc import Sequence
from typing import Any

import aiohttp
import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse_text

from service.definitions import Definitions
from service.exposition.http_server import ListenError
from service.exposition.server import ExpositionServer
from service.view.snapshot import Snapshot
from tests.exposition.conftest import Serve
from tests.exposition.fakes import PIPELINE, SECOND, FakeSource, snapshot
from tests.patience import PATIENCE_S

#: What Prometheus 3 asks with.
OPENMETRICS = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4"
BACKLOG = 'cx_backlog_contacts{channel="voice",queue="billing"} 3.0'


def source(clock: int = 1_700_000_000 * SECOND) -> FakeSource:
    return FakeSource(
        snapshot(
            clock,
            5,
            cx_backlog_contacts={("voice", "billing"): 3},
            cx_contacts_closed_total={("voice", "billing", "resolved"): 8},
        ),
        pipeline=PIPELINE,
    )


def url(server: ExpositionServer, path: str) -> str:
    return f"http://127.0.0.1:{server.port}{path}"


async def test_metrics_are_prometheus_text_unless_asked_otherwise(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    async with http.get(url(await serve(source()), "/metrics")) as response:
        assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        text = await response.text()
    assert BACKLOG in text.splitlines()
    assert "cx_contacts_closed_total" in {
        sample.name for metric in parse_text(text) for sample in metric.samples
    }


async def test_metrics_are_openmetrics_when_accepted(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    accept = {"Accept": OPENMETRICS}
    async with http.get(url(await serve(source()), "/metrics"), headers=accept) as response:
        kind = response.headers["Content-Type"]
        text = await response.text()
    assert kind.startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith("# EOF\n")
    names = {metric.name for metric in parse_openmetrics(text)}  # type: ignore[no-untyped-call]
    assert {"cx_contacts_closed", "cx_backlog_contacts", "process_cpu_seconds"} <= names


async def test_metrics_tell_the_process_memory_and_time(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    async with http.get(url(await serve(source()), "/metrics")) as response:
        names = {metric.name for metric in parse_text(await response.text())}
    assert {"process_resident_memory_bytes", "process_cpu_seconds"} <= names


@pytest.mark.parametrize("accepted", ["gzip", "deflate, gzip;q=0.8", "GZIP"])
async def test_answers_are_compressed_when_asked(
    serve: Serve, http: aiohttp.ClientSession, accepted: str
) -> None:
    server = await serve(source())
    for path, known in (("/metrics", BACKLOG), ("/", "<title>"), ("/api/summary", "1.2.3")):
        asked = {"Accept-Encoding": accepted}
        async with http.get(url(server, path), headers=asked) as response:
            assert response.headers["Content-Encoding"] == "gzip"
            assert known in gzip.decompress(await response.read()).decode()


@pytest.mark.parametrize("accepted", ["identity", "gzip;q=0", "br"])
async def test_answers_are_plain_when_not_asked(
    serve: Serve, http: aiohttp.ClientSession, accepted: str
) -> None:
    asked = {"Accept-Encoding": accepted}
    async with http.get(url(await serve(source()), "/metrics"), headers=asked) as response:
        assert "Content-Encoding" not in response.headers
        assert BACKLOG in (await response.text()).splitlines()


async def test_alive_is_told_even_when_not_ready(serve: Serve, http: aiohttp.ClientSession) -> None:
    held = source()
    held.readiness = (False, {"reason": "restoring"})
    async with http.get(url(await serve(held), "/healthz")) as response:
        assert response.status == 200


async def test_ready_is_200_when_all_is_restored(serve: Serve, http: aiohttp.ClientSession) -> None:
    async with http.get(url(await serve(source()), "/readyz")) as response:
        assert response.status == 200
        assert await response.json() == {"ready": True, "partitions": [0]}


async def test_not_ready_is_503_with_the_reason(serve: Serve, http: aiohttp.ClientSession) -> None:
    held = source()
    held.readiness = (False, {"reason": "restoring partition 0"})
    async with http.get(url(await serve(held), "/readyz")) as response:
        assert response.status == 503
        assert await response.json() == {"ready": False, "reason": "restoring partition 0"}


@pytest.mark.parametrize(
    "path", ["/nothing", "/page/../server.py", "/page/nothing.js", "/metrics/"]
)
async def test_a_path_that_is_not_there_is_404(
    serve: Serve, http: aiohttp.ClientSession, path: str
) -> None:
    async with http.get(url(await serve(source()), path)) as response:
        assert response.status == 404


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz", "/api/summary", "/"])
async def test_only_reading_is_allowed(
    serve: Serve, http: aiohttp.ClientSession, path: str
) -> None:
    server = await serve(source())
    async with http.post(url(server, path)) as response:
        assert response.status == 405
        assert set(response.headers["Allow"].split(",")) == {"GET", "HEAD"}
    async with http.head(url(server, path)) as response:
        assert response.status == 200
        assert await response.read() == b""


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/summary", "/nothing"])
async def test_every_answer_tells_the_browser_to_trust_nobody_else(
    serve: Serve, http: aiohttp.ClientSession, path: str
) -> None:
    async with http.get(url(await serve(source()), path)) as response:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "aiohttp" not in response.headers["Server"]


async def test_a_file_of_the_page_that_the_browser_has_is_not_sent_again(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    server = await serve(source())
    async with http.get(url(server, "/page/main.js")) as response:
        assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
        etag = response.headers["ETag"]
    known = {"If-None-Match": etag}
    async with http.get(url(server, "/page/main.js"), headers=known) as response:
        assert response.status == 304


async def test_the_summary_holds_only_samples_after_the_given_moment(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    server = await serve(source())
    async with http.get(url(server, "/api/summary?since=99999999999")) as response:
        assert (await response.json())["history"]["at"] == []


@pytest.mark.parametrize("since", ["yesterday", "nan", "inf", ""])
async def test_a_moment_that_is_no_number_is_refused(
    serve: Serve, http: aiohttp.ClientSession, since: str
) -> None:
    async with http.get(url(await serve(source()), f"/api/summary?since={since}")) as response:
        assert response.status == 400
        assert "seconds since 1970" in await response.text()


async def test_the_first_sample_of_the_charts_is_there_at_once(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    server = await serve(source(clock=10**18))

    async def history() -> dict[str, Any]:
        async with http.get(url(server, "/api/summary")) as response:
            told: dict[str, Any] = (await response.json())["history"]
            return told

    async with asyncio.timeout(PATIENCE_S):
        while not (past := await history())["at"]:
            await asyncio.sleep(0.01)
    assert set(past["series"]["backlog"]) == {3}


async def test_the_charts_have_a_gap_while_a_backlog_of_events_is_worked_off(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    server = await serve(source())
    await asyncio.sleep(0.3)
    async with http.get(url(server, "/api/summary")) as response:
        assert (await response.json())["history"]["at"] == []


class SlowSource(FakeSource):
    """Tells nothing before it may."""

    def __init__(self, *snapshots: Snapshot) -> None:
        super().__init__(*snapshots)
        self.may_tell = asyncio.Event()

    async def snapshots(self, within: float, /) -> Sequence[tuple[int, Snapshot]]:
        told = await super().snapshots(within)
        await self.may_tell.wait()
        return told


async def until_waiting(server: ExpositionServer, count: int) -> None:
    """Until so many requests have been heard and not answered."""
    async with asyncio.timeout(PATIENCE_S):
        while sum(it.answering for it in server._listener._connections) < count:
            await asyncio.sleep(0.01)


async def test_scrapes_at_the_same_time_share_one_snapshot(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    held = SlowSource(*(taken for _, taken in source().held))
    server = await serve(held)
    # A sample of the charts could be due at any moment.
    assert server._sampler is not None
    server._sampler.cancel()

    async def scrape() -> str:
        async with http.get(url(server, "/metrics")) as response:
            return await response.text()

    scrapes = [asyncio.create_task(scrape()) for _ in range(8)]
    await until_waiting(server, 8)
    held.may_tell.set()
    pages = await asyncio.gather(*scrapes)
    assert all(BACKLOG in page.splitlines() for page in pages)
    assert held.asked == 1


async def test_a_scrape_that_is_given_up_takes_nothing_from_the_others(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    held = SlowSource(*(taken for _, taken in source().held))
    server = await serve(held)
    given_up = asyncio.create_task(http.get(url(server, "/metrics")).__aenter__())
    await until_waiting(server, 1)
    waiting = asyncio.create_task(http.get(url(server, "/metrics")).__aenter__())
    await until_waiting(server, 2)
    given_up.cancel()
    await asyncio.wait([given_up])
    held.may_tell.set()
    assert BACKLOG in (await (await waiting).text()).splitlines()


async def test_each_scrape_tells_the_newest_numbers(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    held = source()
    server = await serve(held)
    for backlog in (3, 4, 5):
        held.held = [(0, snapshot(cx_backlog_contacts={("voice", "billing"): backlog}))]
        async with http.get(url(server, "/metrics")) as response:
            assert f'queue="billing"}} {backlog}.0' in await response.text()


async def test_what_is_no_longer_held_is_absent_and_not_zero(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    held = source()
    server = await serve(held)
    async with http.get(url(server, "/metrics")) as response:
        assert BACKLOG in (await response.text()).splitlines()
    held.held = []
    async with http.get(url(server, "/metrics")) as response:
        text = await response.text()
    of_the_process = {
        "cx_build_info",
        "cx_pipeline_events_total",
        "cx_pipeline_dead_letters_total",
        "cx_pipeline_event_delay_seconds_bucket",
        "cx_pipeline_event_delay_seconds_sum",
        "cx_pipeline_event_delay_seconds_count",
        "cx_pipeline_label_overflow_total",
        "cx_pipeline_malformed_requests_total",
        "cx_pipeline_silent_workers_total",
        "cx_pipeline_wall_clock_offset_seconds",
    }
    told = {sample.name for metric in parse_text(text) for sample in metric.samples}
    assert {name for name in told if name.startswith("cx_")} == of_the_process


async def test_a_taken_port_is_one_clear_message(serve: Serve) -> None:
    taken = await serve(source())
    second = ExpositionServer("127.0.0.1", taken.port, source(), Definitions(), version="1")
    with pytest.raises(ListenError, match=f"127.0.0.1:{taken.port}: .*[Aa]ddress already in use"):
        await second.start()


async def test_a_stopped_server_has_left_its_port(serve: Serve) -> None:
    first = await serve(source())
    port = first.port
    await first.stop()
    second = ExpositionServer("127.0.0.1", port, source(), Definitions(), version="1")
    await second.start()
    await second.stop()


async def test_samples_go_on_after_a_source_that_failed_once(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    class Faltering(FakeSource):
        async def snapshots(self, within: float, /) -> Sequence[tuple[int, Snapshot]]:
            self.asked += 1
            if self.asked == 1:
                raise TimeoutError
            return self.held

    held = Faltering(*(taken for _, taken in source().held))
    server = await serve(held)
    async with asyncio.timeout(PATIENCE_S):
        while not held.asked:
            await asyncio.sleep(0.01)
    async with http.get(url(server, "/metrics")) as response:
        assert response.status == 200
