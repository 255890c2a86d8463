"""The live page of contacts that wait, are opened again, and belong to teams and to days."""

from __future__ import annotations

import re
from time import time

import pytest
from playwright.async_api import Browser, expect

from service.definitions import Definitions
from tests.exposition.browsing import visiting
from tests.exposition.centre import DEFINITIONS, TEAMS, centre
from tests.exposition.fakes import SECOND, FakeSource, snapshot
from tests.exposition.live_page import Scraped, address, at_the_page, number, source
from tests.exposition.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_waiting_reopened_and_counted_times_are_those_of_metrics(browser: Browser) -> None:
    async with (
        serving(source(), definitions=DEFINITIONS) as server,
        visiting(browser, address(server)) as visit,
    ):
        metrics = await Scraped.of(server)
        closed = sum(
            metrics.sum("cx_window_contacts_closed", window="24h", outcome=outcome)
            for outcome in ("resolved", "unresolved", "abandoned")
        )
        reopened = metrics.sum("cx_window_contacts_reopened", window="24h")
        bots = metrics.sum("cx_window_bot_resolved_contacts", window="24h")
        resolved = metrics.sum("cx_window_resolution_seconds_count", window="24h")
        expected = {
            "total.backlog.waiting": metrics.sum("cx_backlog_waiting_contacts"),
            # Void contacts never were any.
            "closed": closed,
            "reopened.contacts": reopened,
            "kpis.reopen_rate": 100 * reopened / closed,
            "kpis.containment": 100 * bots / resolved,
        }
        for bound, value in expected.items():
            shown = number(await visit.text(bound))
            assert shown == pytest.approx(value, abs=0.0501), bound
        await expect(visit.page.get_by_text("In business time: median")).to_be_visible()
        await expect(visit.page.get_by_text("Counted resolution time, median")).to_be_visible()


async def test_a_team_of_which_nothing_is_told_has_no_row(browser: Browser) -> None:
    seen_once = snapshot(
        int(time() * SECOND),
        cx_window_team_contacts_closed={("unknown", "resolved", "24h"): 0},
        cx_window_team_survey_answers={("unknown", "csat", "5", "24h"): 0},
    )
    numbers = FakeSource(centre(time()), seen_once)
    async with (
        serving(numbers, definitions=DEFINITIONS) as server,
        visiting(browser, address(server)) as visit,
    ):
        rows = visit.page.locator("#teams tbody th")
        await expect(rows.first).to_be_visible()
        assert set(await rows.all_inner_texts()) == set(TEAMS)


async def test_evaluations_stand_beside_treatment_as_in_metrics(browser: Browser) -> None:
    async with (
        serving(source(), definitions=DEFINITIONS) as server,
        visiting(browser, address(server)) as visit,
    ):
        metrics = await Scraped.of(server)

        def of(name: str, **labels: str) -> float:
            return metrics.sum(f"cx_window_{name}", window="24h", **labels)

        evaluated = of("evaluations")
        emotions = of("emotion_positive_sum") - of("emotion_negative_sum")
        for name, value in {
            "evaluations": evaluated,
            "fatal": 100 * of("evaluations", result="fatal") / evaluated,
            "score": of("evaluation_score_sum") / of("evaluation_score_count"),
            "nev": emotions / of("emotion_count"),
        }.items():
            shown = number(await visit.text(f"kpis.evaluations.{name}"))
            assert shown == pytest.approx(value, abs=0.0501), name


async def test_customers_and_churn_are_those_of_metrics(browser: Browser) -> None:
    async with (
        serving(source(), definitions=DEFINITIONS) as server,
        visiting(browser, address(server)) as visit,
    ):
        metrics = await Scraped.of(server)

        def of(name: str, **labels: str) -> float:
            return metrics.sum(f"cx_window_{name}", window="24h", **labels)

        def judged(result: str) -> float:
            return of("fcr_contacts", repeat_window="7d", result=result)

        active, joined = metrics.sum("cx_customers"), of("customers_joined")
        left = of("customers_left")
        repeated = judged("repeated") + of("repeat_contacts", repeat_window="7d")
        helped = judged("resolved_first_time") + judged("pending")
        for bound, value in {
            "customers.active": active,
            "turnover.joined": joined,
            "turnover.left": left,
            "turnover.churn.share": 100 * left / (active - joined + left),
            "turnover.after_repeated.share": 100
            * of("customers_left", after="repeated")
            / repeated,
            "turnover.after_first_time.share": 100
            * of("customers_left", after="resolved_first_time")
            / helped,
        }.items():
            shown = number(await visit.text(bound))
            assert shown == pytest.approx(value, abs=0.0501), bound


async def test_agents_are_those_of_metrics(browser: Browser) -> None:
    async with (
        serving(source(), definitions=DEFINITIONS) as server,
        visiting(browser, address(server)) as visit,
    ):
        metrics = await Scraped.of(server)
        for name, labels in (*((team, {"team": team}) for team in TEAMS), ("all", {})):

            def of(sample: str, *values: str, **labels: str) -> float:
                name = "activity" if "scheduled" in sample or "adherent" in sample else "state"
                return sum(
                    metrics.sum(f"cx_window_{sample}", window="24h", **labels, **{name: value})
                    for value in values
                )

            both = ("work", "pause")
            handling = of("agent_seconds", "busy", "wrap_up", **labels)
            ready = handling + of("agent_seconds", "available", **labels)
            work = of("agent_scheduled_seconds", "work", **labels)
            needed = handling / 0.85
            left = metrics.sum("cx_window_agents_left", window="24h", **labels)
            employed = metrics.sum("cx_window_agents_employed_seconds", window="24h", **labels)
            for column, value in {
                "available": metrics.sum("cx_agents", state="available", **labels),
                "busy": metrics.sum("cx_agents", state="busy", **labels),
                "wrap_up": metrics.sum("cx_agents", state="wrap_up", **labels),
                "paused": metrics.sum("cx_agents", state="paused", **labels),
                "occupancy": 100 * handling / ready,
                "utilisation": 100 * ready / (ready + of("agent_seconds", "paused", **labels)),
                "adherence": 100
                * of("agent_adherent_seconds", *both, **labels)
                / of("agent_scheduled_seconds", *both, **labels),
                "schedule_fit": 100 * (1 - abs(work - needed) / needed),
                "left": left,
                "attrition": 100 * left / (employed / (86_400 - 450)),
            }.items():
                cell = visit.page.locator(f'[data-agents="{name} column.{column}"]')
                shown = number(await cell.inner_text())
                assert shown == pytest.approx(value, abs=0.0501), (name, column)


async def test_what_is_off_is_not_shown(browser: Browser) -> None:
    async with at_the_page(browser, definitions=Definitions()) as visit:
        await expect(visit.page.get_by_role("heading", name="Backlog")).to_be_visible()
        for off in ("waiting", "reopened", "In business time"):
            await expect(visit.page.locator("#cards").get_by_text(off).first).to_be_hidden()
        for off in ("By team", "Customers", "Agents"):
            heading = visit.page.get_by_role("heading", name=off, exact=True)
            await expect(heading).to_be_hidden()
        await expect(visit.page.get_by_text("net emotional value")).to_be_hidden()
        titles = await visit.page.locator("#channels thead").inner_text()
        assert "Waiting" not in titles
        assert "Reopened" not in titles


async def test_each_team_has_its_row(browser: Browser) -> None:
    async with (
        serving(source(), definitions=DEFINITIONS) as server,
        visiting(browser, address(server)) as visit,
    ):
        metrics = await Scraped.of(server)
        rows = visit.page.locator("#teams tbody tr")
        assert await rows.locator("th").all_inner_texts() == sorted(TEAMS)
        closed = [number(await row.locator("td").first.inner_text()) for row in await rows.all()]
        assert closed == [
            metrics.sum("cx_window_team_contacts_closed", team=team, window="24h")
            - metrics.sum("cx_window_team_contacts_closed", team=team, window="24h", outcome="void")
            for team in sorted(TEAMS)
        ]


async def test_days_weeks_and_months_are_offered_in_words(browser: Browser) -> None:
    async with (
        serving(source(), definitions=DEFINITIONS) as server,
        visiting(browser, address(server)) as visit,
    ):
        metrics = await Scraped.of(server)
        offered = await visit.page.locator("#windows label").all_inner_texts()
        assert offered[4:] == ["today", "yesterday", "this week", "this month"]
        await visit.page.get_by_role("radio", name="this week").focus()
        await visit.page.keyboard.press("Space")
        await expect(visit.page).to_have_url(re.compile(r"\?window=this_week$"))
        await expect(visit.page.locator("#c-volume")).to_have_text("Volume this week")
        assert number(await visit.text("kpis.started.inbound")) == metrics.sum(
            "cx_window_contacts_started", window="this_week", direction="inbound"
        )


async def test_every_card_leads_to_what_its_numbers_mean(browser: Browser) -> None:
    """By keyboard, also a second time, and from a link that somebody was sent."""
    async with at_the_page(browser) as visit:
        links = await visit.page.locator("main section.card:not(.problems):visible").all()
        assert len(links) >= 12
        for card in links:
            link = card.locator("a.define")
            target = visit.page.locator(await link.get_attribute("href") or "")
            for _ in range(2):
                await link.focus()
                await visit.page.keyboard.press("Enter")
                await expect(target).to_be_focused()
                await expect(target).to_be_in_viewport()
                await visit.page.locator("#definitions summary").click()
    async with at_the_page(browser, query="#d-fcr") as visit:
        await expect(visit.page.locator("#d-fcr")).to_be_in_viewport()
