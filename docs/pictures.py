"""Draws the pictures of the live page: `python -m docs.pictures [URL]`.

URL: of a demo that has been live for some minutes; by default that of `make run`. Needs Chromium
(`make tools`).
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

#: By the name of the picture, the language of the browser.
PICTURES: Final = {"live-page": "en-US", "live-page-zh": "zh-CN"}
DEMO: Final = "http://127.0.0.1:8000/"


def main(url: str = DEMO) -> None:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, locale in PICTURES.items():
            context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale=locale)
            page = context.new_page()
            page.goto(url)
            page.wait_for_selector("#status[data-state=live]")
            page.wait_for_selector("[data-chart=backlog] canvas")
            page.screenshot(path=Path(__file__).parent / f"{name}.png", full_page=True)
            context.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
