"""The live page in the language of who reads it."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from tests.exposition.browsing import Visit
from tests.exposition.live_page import at_the_page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def heading(visit: Visit) -> str:
    return await visit.page.locator("#c-backlog span").inner_text()


@pytest.mark.parametrize(
    ("locale", "title", "spoken"),
    [
        ("en-US", "Backlog", "en"),
        ("zh-CN", "积压", "zh"),
        ("zh-TW", "积压", "zh"),
        ("sv-SE", "Backlog", "en"),
    ],
)
async def test_the_page_speaks_as_the_browser_wishes(
    browser: Browser, locale: str, title: str, spoken: str
) -> None:
    async with at_the_page(browser, locale=locale) as visit:
        assert await heading(visit) == title
        assert await visit.page.evaluate("document.documentElement.lang") == spoken


async def test_a_chosen_language_is_kept_at_the_bare_address(browser: Browser) -> None:
    async with at_the_page(browser) as visit:
        await visit.page.get_by_role("radio", name="5m").check(force=True)
        async with visit.page.expect_navigation():
            await visit.page.get_by_role("radio", name="简体中文").check(force=True)
        await visit.page.goto(visit.page.url.split("?")[0])
        await expect(visit.page.locator("#c-backlog span")).to_have_text("积压")
        await expect(visit.page.get_by_role("radio", name="5m")).to_be_checked()


async def test_in_chinese_no_english_sentence_is_left(browser: Browser) -> None:
    async with at_the_page(browser, locale="zh-CN") as visit:
        await visit.page.locator("#definitions summary").click()
        text = await visit.page.locator("body").inner_text()
        # Names, labels and units of windows apart, no two English words follow each other.
        assert re.findall(r"\b[A-Za-z]{2,} [a-z]{2,}\b", text) in ([], ["Bonett and"])
        described = await visit.page.get_by_role("group").first.get_attribute("aria-label") or ""
        assert not re.search(r"[A-Za-z]{3,}", described)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_axe_finds_nothing_in_chinese(browser: Browser, dark: bool) -> None:
    async with at_the_page(browser, dark=dark, locale="zh-CN") as visit:
        await visit.page.locator("#definitions summary").click()
        await visit.page.locator("#past summary").click()
        assert await visit.violations() == []
