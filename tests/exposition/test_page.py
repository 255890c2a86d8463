"""The live page in a real browser."""

from __future__ import annotations

import re
from math import isclose
from time import time

import pytest
from playwright.async_api import Browser, expect

from tests.exposition.browsing import visiting
from tests.exposition.centre import centre
from tests.exposition.fakes import PIPELINE, FakeSource, snapshot
from tests.exposition.live_page import Scraped, address, at_the_page, number, source
from tests.exposition.serving import serving

#: What the page opens with.
WINDOW, REPEAT = "24h", "2h"

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

_TWO_HOURS_AGO = re.compile(r"of 2 hr( \d+ min)? ago")


async def test_the_figures_are_those_of_metrics(browser: Browser) -> None:
    async with serving(source()) as server, visiting(browser, address(server)) as visit:
        metrics = await Scraped.of(server)
        closed = {
            outcome: metrics.sum("cx_window_contacts_closed", window=WINDOW, outcome=outcome)
            for outcome in ("resolved", "unresolved", "abandoned")
        }
        answers = {
            score: metrics.sum(
                "cx_window_survey_answers", window=WINDOW, survey="csat", score=score
            )
            for score in "12345"
        }
        sla = {
            result: metrics.sum(
                "cx_window_sla_contacts", window=WINDOW, target="first_response", result=result
            )
            for result in ("met", "breached", "abandoned")
        }
        expected = {
            "total.backlog.contacts": metrics.sum("cx_backlog_contacts"),
            "total.backlog.standing.resolution.at_risk": metrics.sum(
                "cx_sla_open_contacts", target="resolution", state="at_risk"
            ),
            "total.backlog.standing.resolution.breached": metrics.sum(
                "cx_sla_open_contacts", target="resolution", state="breached"
            ),
            "kpis.started.inbound": metrics.sum(
                "cx_window_contacts_started", window=WINDOW, direction="inbound"
            ),
            "closed": sum(closed.values()),
            "kpis.closed.abandoned": closed["abandoned"],
            "kpis.abandonment": 100 * closed["abandoned"] / sum(closed.values()),
            "kpis.sla.first_response.share": 100 * sla["met"] / sum(sla.values()),
            "kpis.first_response.count": metrics.sum(
                "cx_window_first_response_seconds_count", window=WINDOW
            ),
            "kpis.csat.top_2": 100 * (answers["4"] + answers["5"]) / sum(answers.values()),
            "kpis.art.answers": metrics.sum(
                "cx_window_survey_index_count", window=WINDOW, survey="csat"
            ),
            # Whole points.
            "kpis.art.access.index": 71,
            "kpis.art.treatment.index": 86,
            "repeats": metrics.sum(
                "cx_window_repeat_contacts", window=WINDOW, repeat_window=REPEAT
            ),
            "stream.live_contacts": metrics.sum("cx_pipeline_live_contacts"),
            "stream.events.invalid": metrics.sum("cx_pipeline_events_total", result="invalid"),
            "stream.lag_events": metrics.sum("cx_pipeline_lag_events"),
        }
        shown = {bound: number(await visit.text(bound)) for bound in expected}
        # Shares are shown with one decimal.
        different = {
            bound: (shown[bound], value)
            for bound, value in expected.items()
            if not isclose(shown[bound], value, abs_tol=0.05001)
        }
    assert different == {}


async def test_fcr_is_shown_settled_and_provisional_for_each_repeat_window(
    browser: Browser,
) -> None:
    async with serving(source()) as server, visiting(browser, address(server)) as visit:
        metrics = await Scraped.of(server)
        for repeat in ("2h", "24h", "7d"):
            first, pending, repeated, unresolved = (
                metrics.sum(
                    "cx_window_fcr_contacts", window=WINDOW, repeat_window=repeat, result=result
                )
                for result in ("resolved_first_time", "pending", "repeated", "unresolved")
            )
            failed = repeated + unresolved
            for kind, share in (
                ("settled", first / (first + failed)),
                ("provisional", (first + pending) / (first + pending + failed)),
            ):
                shown = visit.page.locator(f'[data-fcr="{repeat} {kind}"]')
                assert number(await shown.inner_text()) == pytest.approx(100 * share, abs=0.0501)


@pytest.mark.parametrize(("table", "label"), [("channels", "channel"), ("queues", "queue")])
async def test_each_channel_and_queue_has_its_row(browser: Browser, table: str, label: str) -> None:
    async with serving(source()) as server, visiting(browser, address(server)) as visit:
        metrics = await Scraped.of(server)
        rows = await visit.page.locator(f"#{table} tbody tr").all()
        names = [await row.locator("th").inner_text() for row in rows]
        open_contacts = [number(await row.locator("td").first.inner_text()) for row in rows]
    assert names == sorted(names)
    assert len(names) >= 3
    assert open_contacts == [metrics.sum("cx_backlog_contacts", **{label: name}) for name in names]


async def test_new_numbers_appear_by_themselves(browser: Browser) -> None:
    held = source()
    async with serving(held) as server, visiting(browser, address(server)) as visit:
        held.held = [(0, snapshot(0, 1, cx_backlog_contacts={("voice", "a"): 4321}))]
        backlog = visit.page.locator('[data-bind="total.backlog.contacts"]')
        await expect(backlog).to_have_text("4,321")


async def test_the_page_says_what_is_missing_of_the_group(browser: Browser) -> None:
    held = source()
    held.partitions = 3
    async with serving(held) as server, visiting(browser, address(server)) as visit:
        banner = visit.page.locator("#banner")
        await expect(banner).to_contain_text("1 of 3 partitions are missing (2)")
        held.partitions = None
        await expect(banner).to_be_hidden()


async def test_the_past_is_there_after_a_reload(browser: Browser) -> None:
    async with serving(source()) as server:
        now = time()
        for step in range(40, 0, -1):
            values = {"backlog": float(step), "24h:started": 7.0}
            server._of_group.history.add(now - 15 * step, values)
        async with visiting(browser, address(server)) as visit:
            for _ in range(2):
                chart = visit.page.get_by_role("group", name="Backlog, chart")
                await expect(chart.locator("canvas")).to_be_visible()
                await expect(chart).to_have_attribute("aria-label", re.compile("lowest 1,"))
                await visit.page.reload()


async def test_a_chart_is_read_with_the_keyboard(browser: Browser) -> None:
    async with serving(source()) as server:
        now = time()
        for step in range(40, 0, -1):
            server._of_group.history.add(now - 15 * step, {"backlog": float(step)})
        async with visiting(browser, address(server)) as visit:
            chart = visit.page.get_by_role("group", name="Backlog, chart")
            await expect(chart.locator("canvas")).to_be_visible()
            await chart.focus()
            await chart.press("Home")
            await expect(chart.locator("output")).to_contain_text("40 open")
            await chart.press("ArrowRight")
            await expect(chart.locator("output")).to_contain_text("39 open")


async def test_a_chosen_window_stands_in_the_address(browser: Browser) -> None:
    async with serving(source()) as server, visiting(browser, address(server)) as visit:
        metrics = await Scraped.of(server)
        await visit.page.locator('#windows input[value="24h"]').focus()
        await visit.page.keyboard.press("ArrowRight")
        await expect(visit.page).to_have_url(re.compile(r"\?window=7d$"))
        assert number(await visit.text("kpis.started.inbound")) == metrics.sum(
            "cx_window_contacts_started", window="7d", direction="inbound"
        )


async def test_a_bookmark_of_a_window_opens_it(browser: Browser) -> None:
    async with at_the_page(browser, query="?window=5m&repeat=2h&theme=dark") as visit:
        await expect(visit.page.get_by_role("radio", name="5m")).to_be_checked()
        assert await visit.text("repeat") == "2h"
        scheme = "getComputedStyle(document.documentElement).colorScheme"
        assert await visit.page.evaluate(scheme) == "dark"


async def test_before_the_first_event_the_page_says_so(browser: Browser) -> None:
    held = FakeSource(snapshot())
    async with serving(held) as server, visiting(browser, address(server)) as visit:
        waiting = visit.page.get_by_role("heading", name="Waiting for the first event")
        await expect(waiting).to_be_visible()
        assert await visit.violations() == []
        held.held = source().held
        await expect(waiting).to_be_hidden()
        await expect(visit.page.get_by_role("heading", name="Backlog")).to_be_visible()


async def test_a_worker_without_partitions_shows_no_zeros(browser: Browser) -> None:
    held = source()
    async with serving(held) as server, visiting(browser, address(server)) as visit:
        await expect(visit.page.get_by_role("heading", name="Backlog")).to_be_visible()
        held.held = []
        idle = visit.page.get_by_role("heading", name="No numbers here")
        await expect(idle).to_be_visible()
        await expect(visit.page.get_by_role("heading", name="Backlog")).to_be_hidden()


async def test_a_service_that_is_not_ready_says_why(browser: Browser) -> None:
    held = source()
    held.readiness = (False, {"reason": "restoring partition 2"})
    async with serving(held) as server, visiting(browser, address(server)) as visit:
        alert = visit.page.get_by_role("alert")
        await expect(alert).to_have_text("The service is not ready: restoring partition 2")


async def test_numbers_of_the_past_are_not_called_live(browser: Browser) -> None:
    held = FakeSource(centre(time() - 7200), centre(time()), pipeline=PIPELINE)
    async with serving(held) as server, visiting(browser, address(server)) as visit:
        await expect(visit.page.get_by_role("status").first).to_have_text("Catching up")
        await expect(visit.page.get_by_role("alert")).to_contain_text(_TWO_HOURS_AGO)
        held.held = list(enumerate([centre(time() + 3600)]))
        await expect(visit.page.get_by_role("status").first).to_have_text("Live")


async def test_an_axis_of_shares_names_no_value_twice(browser: Browser) -> None:
    async with serving(source()) as server:
        now = time()
        for step in range(40, 0, -1):
            server._of_group.history.add(now - 15 * step, {"24h:abandonment": 0.0})
        async with visiting(browser, address(server)) as visit:
            # What is written since the canvas was cleared last.
            await visit.page.add_init_script("""
                const { prototype } = CanvasRenderingContext2D;
                const { clearRect, fillText } = prototype;
                prototype.clearRect = function (...box) {
                  this.canvas.words = [];
                  clearRect.apply(this, box);
                };
                prototype.fillText = function (text, ...at) {
                  this.canvas.words.push(text);
                  fillText.call(this, text, ...at);
                };""")
            await visit.page.reload()
            canvas = visit.page.locator('[data-chart="abandonment"] canvas')
            await expect(canvas).to_be_visible()
            shares = "(canvas) => canvas.words.filter((word) => word.endsWith('%'))"
            words = await canvas.evaluate(shares)
    assert words
    assert len(set(words)) == len(words)


async def test_a_lost_connection_is_said_and_mended(browser: Browser) -> None:
    async with serving(source()) as server:
        port = server.port
        async with visiting(browser, address(server)) as visit:
            await server.stop()
            alert = visit.page.get_by_role("alert")
            await expect(alert).to_contain_text("No answer from the service")
            assert await visit.violations() == []
            # Of an hour that is not over when this is looked at, however long that takes.
            async with serving(FakeSource(centre(time() + 3600), pipeline=PIPELINE), port=port):
                await expect(alert).to_be_hidden()
                await expect(visit.page.get_by_role("status").first).to_contain_text("Live")


async def test_a_label_is_text_and_never_markup(browser: Browser) -> None:
    name = "<img src=x onerror=alert(1)>"
    held = FakeSource(snapshot(0, 1, cx_backlog_contacts={(name, "a"): 1}))
    async with serving(held) as server, visiting(browser, address(server)) as visit:
        assert await visit.page.locator("#channels tbody th").inner_text() == name
        assert visit.complaints == []


async def test_the_page_asks_nobody_else_and_complains_of_nothing(browser: Browser) -> None:
    async with serving(source()) as server, visiting(browser, address(server)) as visit:
        await visit.page.get_by_text("The charts as a table").click()
        await visit.page.wait_for_timeout(6_000)
        elsewhere = [url for url in visit.requests if not url.startswith(address(server))]
    assert elsewhere == []
    assert visit.complaints == []


async def test_what_is_wrong_now_is_said_first_and_leads_to_its_numbers(browser: Browser) -> None:
    standing = {"on_track": 10, "at_risk": 1, "breached": 30}
    late = snapshot(
        int(time() * 1e6),
        9,
        cx_backlog_contacts={("voice", "bills"): 41},
        cx_backlog_oldest_age_seconds={("voice", "bills"): 7200},
        cx_sla_open_contacts={
            ("voice", "bills", "resolution", state): count for state, count in standing.items()
        },
    )
    held = FakeSource(late)
    async with serving(held) as server, visiting(browser, address(server)) as visit:
        said = visit.page.locator("#problems li").first
        await expect(said).to_have_text(
            "Queue bills: of 41 open contacts, 30 are past their resolution target and 1 at risk;"
            " the oldest is 2 hr old."
        )
        await said.locator("a").click()
        await expect(visit.page.locator("#c-queues")).to_be_in_viewport()
        held.held = source().held
        await expect(said).not_to_contain_text("bills")
