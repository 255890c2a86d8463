"""The live page on every screen, and for everybody."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.exposition.live_page import at_the_page

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


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
async def test_axe_finds_nothing_that_keeps_people_out(
    browser: Browser, dark: bool, width: int
) -> None:
    async with at_the_page(browser, dark=dark, width=width) as visit:
        await visit.page.get_by_text("The charts as a table").click()
        await visit.page.get_by_text("What the numbers mean").click()
        assert await visit.violations() == []


async def test_no_screen_needs_scrolling_sideways_and_none_cuts_anything(browser: Browser) -> None:
    async with at_the_page(browser) as visit:
        for width in WIDTHS:
            await visit.page.set_viewport_size({"width": width, "height": 900})
            wide = await visit.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width
            assert await visit.page.evaluate(CUT) == [], width
