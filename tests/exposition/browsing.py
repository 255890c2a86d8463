"""A real browser on the live page, and what went wrong in it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.patience import PATIENCE_S

#: Nothing of Chromium's own may reach out while it is tested, and it runs as root in containers.
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: Nothing takes so long but what never comes.
PATIENCE_MS = 1000 * PATIENCE_S
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Visit:
    """An open page, with all that it asked for and complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    async def text(self, bound: str) -> str:
        """What stands on the page for a value of the summary."""
        return await self.page.locator(f'[data-bind="{bound}"]').first.inner_text()

    async def violations(self) -> list[str]:
        """The accessibility rules that axe-core finds broken, with where."""
        found = await Axe().run(self.page)
        return [
            f"{rule['id']}: {[node['target'] for node in rule['nodes']]}"
            for rule in found.response["violations"]
        ]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The Chromium of this machine, headless, with a fresh profile."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=_ARGUMENTS, timeout=PATIENCE_MS
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visiting(
    browser: Browser,
    url: str,
    *,
    dark: bool = False,
    width: int = 1440,
    height: int = 900,
    locale: str = "en-US",
) -> AsyncIterator[Visit]:
    """A tab on `url` that has got its first answer."""
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        locale=locale,
    )
    context.set_default_timeout(PATIENCE_MS)
    visit = Visit(await context.new_page())
    visit.page.on("request", lambda request: visit.requests.append(request.url))
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    visit.page.on("console", lambda message: visit.complaints.append(message.text))
    try:
        await visit.page.goto(url)
        # A first answer that takes long is asked for again.
        await visit.page.wait_for_selector('#status[data-state]:not([data-state="lost"])')
        yield visit
    finally:
        await context.close()
