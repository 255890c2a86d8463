"""The page of a file of events: what it says, alone in a browser, whatever the labels are."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from service.definitions import HOUR
from service.exposition.report.page import _text, texts
from tests.cli.program import run
from tests.docs.readme import ROOT
from tests.exposition.browsing import chromium, visiting
from tests.past import simulated

#: What a publisher may call a queue: markup, a place of the page, text from right to left.
_HOSTILE = (
    "</script><script>document.title='hit'</script>",
    "{{program}}",
    "\u202e\u05e2\u05d1\u05e8 <!--",
    "x" * 64,
    "&amp;'\"`${1}",
)


def lines() -> bytes:
    made = [json.loads(line) for line in simulated.lines(duration=8 * HOUR, rate=40)]
    for number, line in enumerate(made):
        if "queue" in line["value"] and number % 2:
            line["value"]["queue"] = _HOSTILE[number % len(_HOSTILE)]
        if "reason" in line["value"] and number % 3 == 0:
            line["value"]["reason"] = _HOSTILE[number % len(_HOSTILE)]
    bad = [{"topic": "contact-started", "value": {"contact_id": "secret"}}, {"topic": "none"}]
    return "".join(json.dumps(line) + "\n" for line in [*made, *made[:7], *bad]).encode()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    code, _, errors = run("report", "-", "--output", "report.html", stdin=lines(), cwd=folder)
    assert code == 0, errors
    return folder / "report.html"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


def contents(page: Path) -> dict[str, object]:
    (found,) = re.findall(
        r'(?s)<script type="application/json" id="contents">(.*?)</script>', page.read_text()
    )
    told: dict[str, object] = json.loads(found)
    return told


def test_the_numbers_at_the_end_are_those_of_a_replay(page: Path, tmp_path: Path) -> None:
    _, metrics, _ = run("replay", "-", stdin=lines(), cwd=tmp_path)

    def summed(sample: str, labels: str) -> float:
        pattern = rf"(?m)^{sample}\{{[^\n]*{labels}[^\n]*\}} (\S+)$"
        return sum(float(value) for value in re.findall(pattern, metrics))

    total = contents(page)["total"]
    assert isinstance(total, dict)
    assert total["backlog"]["contacts"] == summed("cx_backlog_contacts", "") > 0
    hour = total["windows"]["1h"]
    assert hour["started"]["inbound"] == summed(
        "cx_window_contacts_started", 'direction="inbound".*window="1h"'
    )
    assert hour["fcr"]["2h"]["pending"] == summed(
        "cx_window_fcr_contacts", 'repeat_window="2h",result="pending",window="1h"'
    )


def test_the_whole_file_is_a_window(page: Path) -> None:
    events = [
        event.event for event in simulated.events(simulated.lines(duration=8 * HOUR, rate=40))
    ]
    inbound = [of for of in events if getattr(of, "direction", None) == "inbound"]
    total = contents(page)["total"]
    assert isinstance(total, dict)
    assert total["windows"]["file"]["started"]["inbound"] == len(inbound)


def test_no_customer_and_no_contact_is_named(page: Path) -> None:
    text = page.read_text()
    events = [
        event.event for event in simulated.events(simulated.lines(duration=8 * HOUR, rate=40))
    ]
    assert "secret" not in text
    names = ("contact_id", "customer_id", "agent_id")
    ids = {getattr(event, name) for event in events for name in names if getattr(event, name, None)}
    assert not [it for it in ids if it in text]


def test_what_was_refused_is_told_with_the_reason_and_where(page: Path) -> None:
    taken = contents(page)["taken"]
    assert isinstance(taken, dict)
    assert (taken["duplicates"], taken["invalid"], taken["too_late"]) == (7, 2, 0)
    (one, other) = taken["refusals"]
    assert one["topic"] == "contact-started"
    assert one["why"].startswith("missing_field")
    assert other["why"].startswith("not_json")
    assert other["first"] == [one["first"][0] + 1]


def test_the_definitions_are_those_of_the_documentation() -> None:
    rows = {
        cells[1].strip(): cells[2].strip()
        for line in (ROOT / "docs" / "kpis.md").read_text("utf-8").splitlines()
        if len(cells := line.split("|")) > 3
    }
    english = texts()["en"]
    asked = set(re.findall(r'data-definition="(\w+)"', _text("report/report.html")))
    told = {english[f"definition.{of}.kpi"]: english[f"definition.{of}.is"] for of in asked}
    markup = re.compile(r"\[([^\]]*)\]\([^)]*\)|[*`]")
    plain = {kpi: markup.sub(lambda match: match[1] or "", rows[kpi]) for kpi in told}
    assert told == plain


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
async def test_it_is_alone_in_the_world_and_labels_are_text(browser: Browser, page: Path) -> None:
    async with visiting(browser, page.as_uri()) as visit:
        assert visit.complaints == []
        assert visit.requests == [page.as_uri()]
        assert await visit.page.title() == "contact-metrics report"
        names = await visit.page.locator("#queues tbody th").all_inner_texts()
        assert set(_HOSTILE) <= set(names)
        await expect(visit.page.locator("#refused tbody tr")).to_have_count(2)
        assert await visit.page.locator("figure canvas").count() >= 15


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_chosen_changes_figures_charts_and_tables(
    browser: Browser, page: Path
) -> None:
    async with visiting(browser, page.as_uri()) as visit:
        total = contents(page)["total"]
        assert isinstance(total, dict)
        await visit.page.get_by_role("radio", name="whole file").check(force=True)
        started = total["windows"]["file"]["started"]["inbound"]
        assert await visit.text("kpis.started.inbound") == str(started)
        await visit.page.locator("#of").select_option("channel:voice")
        assert int(await visit.text("kpis.started.inbound")) < started
        chart = visit.page.get_by_role("group", name="Backlog, chart")
        await chart.focus()
        await chart.press("Home")
        await expect(chart.locator("output")).to_contain_text("open")
        reasons = await visit.page.locator('#of optgroup[data-scope="reason"] option').all()
        await visit.page.locator("#of").select_option(await reasons[0].get_attribute("value"))
        await expect(visit.page.get_by_role("heading", name="Backlog")).to_be_hidden()
        await expect(visit.page.get_by_role("heading", name="First-contact")).to_be_visible()
        assert visit.complaints == []


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("width", [320, 390, 1280, 2560])
async def test_nothing_is_cut_on_any_screen_and_axe_finds_nothing(
    browser: Browser, page: Path, width: int
) -> None:
    dark = width in {390, 2560}
    async with visiting(browser, page.as_uri(), width=width, dark=dark) as visit:
        assert await visit.page.evaluate("document.documentElement.scrollWidth") <= width
        cut = """[...document.querySelectorAll(".card > *, .figure, .note")].filter(
            (part) => part.scrollWidth > part.clientWidth + 1
              && getComputedStyle(part).display !== "inline"
              && getComputedStyle(part).overflowX === "visible").map((part) => part.outerHTML)"""
        assert await visit.page.evaluate(cut) == []
        assert await visit.violations() == []


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
async def test_on_paper_it_is_light_and_no_wider_than_the_paper(
    browser: Browser, page: Path
) -> None:
    # A4 without its margins.
    async with visiting(browser, page.as_uri(), width=703, dark=True) as visit:
        await visit.page.emulate_media(media="print", color_scheme="dark")
        assert await visit.page.evaluate("document.documentElement.scrollWidth") <= 703
        scheme = "getComputedStyle(document.documentElement).colorScheme"
        assert await visit.page.evaluate(scheme) == "light"
        wide = """[...document.querySelectorAll("table")].filter(
            (table) => table.getBoundingClientRect().right > 704).map((table) => table.id)"""
        assert await visit.page.evaluate(wide) == []
        assert (await visit.page.pdf(format="A4")).startswith(b"%PDF")
