"""The live page on every screen, and for everybody."""

from __future__ import annotations

import re
from time import time

import pytest
from playwright.async_api import Browser, Route, expect

from tests.exposition.browsing import visiting
from tests.exposition.centre import DEFINITIONS, centre
from tests.exposition.fakes import FakeSource, snapshot
from tests.exposition.live_page import address, at_the_page
from tests.exposition.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

#: Phones, tablets, laptops and wall screens.
WIDTHS = (320, 390, 700, 820, 1024, 1280, 1440, 1920, 2560, 3840)

#: What sticks out of its card, or is wider than the box that shows it; tables that are made to be
#: scrolled, with a name and by keyboard, may be.
CUT = """
() => [...document.querySelectorAll(".top, .card, .choices, .scroll:not([role])")].flatMap((box) => {
  const bounds = box.getBoundingClientRect();
  const sticksOut = (part) => {
    const { left, right } = part.getBoundingClientRect();
    return left < bounds.left - 2 || right > bounds.right + 1;
  };
  const parts = [...box.querySelectorAll("*")].filter(
    (part) => !part.closest("[role=region], .canvas, [hidden]") && part.checkVisibility());
  const wide = box.scrollWidth > box.clientWidth + 1 ? [box] : [];
  return [...wide, ...parts.filter(sticksOut)].map(
    (part) => `${part.tagName} ${part.className} ${part.textContent.trim().slice(0, 40)}`);
})
"""  # noqa: E501


def with_a_late_queue() -> FakeSource:
    """Of a believable centre, and a queue with a name as long as they get that is past targets."""
    queue = "x" * 64
    standing = {"on_track": 10, "at_risk": 1, "breached": 30}
    late = snapshot(
        int(time() * 1e6),
        9,
        cx_backlog_contacts={("voice", queue): 41},
        cx_backlog_oldest_age_seconds={("voice", queue): 7200},
        cx_sla_open_contacts={
            ("voice", queue, "resolution", state): count for state, count in standing.items()
        },
    )
    return FakeSource(centre(time()), late)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
async def test_axe_finds_nothing_that_keeps_people_out(
    browser: Browser, dark: bool, width: int
) -> None:
    async with at_the_page(browser, dark=dark, width=width) as visit:
        await visit.page.get_by_text("The charts as a table").click()
        await visit.page.get_by_text("What the numbers mean").click()
        assert await visit.violations() == []


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
async def test_no_screen_needs_scrolling_sideways_and_none_cuts_anything(
    browser: Browser, locale: str
) -> None:
    async with (
        serving(with_a_late_queue(), definitions=DEFINITIONS) as server,
        visiting(browser, address(server), locale=locale) as visit,
    ):
        # The sections that are there only where something is told.
        for section in (
            "#problems li a",
            "#c-art",
            "#c-customers",
            "#agents td",
            "#teams tbody tr",
        ):
            await expect(visit.page.locator(section).first).to_be_visible()
        await expect(visit.page.locator('[data-text="art.evaluations"]')).to_be_visible()
        await visit.page.locator("#definitions summary").click()
        for width in WIDTHS:
            await visit.page.set_viewport_size({"width": width, "height": 900})
            wide = await visit.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width
            assert await visit.page.evaluate(CUT) == [], width


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
async def test_on_paper_it_is_light_and_nothing_is_cut(browser: Browser, locale: str) -> None:
    # A4 without its margins.
    async with at_the_page(browser, dark=True, width=703, locale=locale) as visit:
        await visit.page.emulate_media(media="print", color_scheme="dark")
        assert await visit.page.evaluate("document.documentElement.scrollWidth") <= 703
        scheme = "getComputedStyle(document.documentElement).colorScheme"
        assert await visit.page.evaluate(scheme) == "light"
        await expect(visit.page.locator(".choices")).to_be_hidden()
        await expect(visit.page.locator("#problems")).to_be_visible()
        wide = """[...document.querySelectorAll("table")].filter(
            (table) => table.getBoundingClientRect().right > 704).map((table) => table.id)"""
        assert await visit.page.evaluate(wide) == []
        assert await visit.page.evaluate(CUT) == []
        assert (await visit.page.pdf(format="A4")).startswith(b"%PDF")


#: What is written on the charts, and where it sticks out of them.
WRITTEN = """
window.written = [];
const write = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
  const { a, e } = this.getTransform();
  const width = this.measureText(text).width;
  const left = a * (x - { center: width / 2, right: width, end: width }[this.textAlign] || 0) + e;
  window.written.push([text, left, this.canvas.width - left - a * width]);
  write.call(this, text, x, y, ...rest);
};
"""


async def test_no_word_on_a_chart_is_cut(browser: Browser) -> None:
    async def later(route: Route) -> None:
        """The charts end soon after a time that has a word on their axis."""
        answer = await (response := await route.fetch()).json()
        past = answer["history"]
        if past["at"]:
            ends = past["at"][-1] // 300 * 300 + 20
            past["at"] = [ends + 15 * (index - 119) for index in range(120)]
            past["series"] = {name: [values[-1]] * 120 for name, values in past["series"].items()}
        await route.fulfill(response=response, json=answer)

    async with (
        serving(FakeSource(centre(time())), definitions=DEFINITIONS) as server,
        visiting(browser, address(server)) as visit,
    ):
        await visit.page.add_init_script(WRITTEN)
        await visit.page.route("**/api/summary*", later)
        for width in (320, 1920):
            await visit.page.set_viewport_size({"width": width, "height": 900})
            await visit.page.goto(address(server))
            await expect(visit.page.locator("[data-chart=backlog] canvas")).to_be_visible()
            written = await visit.page.evaluate("window.written")
            assert any(re.fullmatch(r"\d\d:\d\d", text) for text, *_ in written)
            assert [it for it in written if min(it[1:]) < -0.5] == []


async def test_the_names_of_surveys_are_not_torn(browser: Browser) -> None:
    async with at_the_page(browser, locale="zh-CN", width=1920) as visit:
        lines = """[...document.querySelectorAll(".voices dt")].map((name) =>
            name.getBoundingClientRect().height / parseFloat(getComputedStyle(name).lineHeight))"""
        assert max(await visit.page.evaluate(lines)) < 2.5
