"""The live page of a believable centre, and its numbers read another way."""

from __future__ import annotations

import urllib.request
from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import time

from playwright.async_api import Browser
from prometheus_client.parser import text_string_to_metric_families as parse_text

from service.definitions import Definitions
from service.exposition.server import ExpositionServer
from tests.exposition.browsing import Visit, visiting
from tests.exposition.centre import DEFINITIONS, centre
from tests.exposition.fakes import PIPELINE, FakeSource
from tests.exposition.serving import serving


def source() -> FakeSource:
    return FakeSource(centre(time()), centre(time() - 200), pipeline=PIPELINE)


def address(server: ExpositionServer, query: str = "") -> str:
    return f"http://127.0.0.1:{server.port}/{query}"


@asynccontextmanager
async def at_the_page(
    browser: Browser,
    *,
    dark: bool = False,
    width: int = 1440,
    query: str = "",
    locale: str = "en-US",
    definitions: Definitions = DEFINITIONS,
) -> AsyncIterator[Visit]:
    async with (
        serving(source(), definitions=definitions) as server,
        visiting(browser, address(server, query), dark=dark, width=width, locale=locale) as visit,
    ):
        yield visit


class Scraped:
    """The numbers of `/metrics`, added up here without the service's help."""

    def __init__(self, text: str) -> None:
        self._samples = [
            (sample.name, sample.labels, sample.value)
            for metric in parse_text(text)
            for sample in metric.samples
        ]

    @classmethod
    async def of(cls, server: ExpositionServer) -> Scraped:
        def read() -> str:
            with urllib.request.urlopen(f"{address(server)}metrics") as response:  # noqa: S310
                body: bytes = response.read()
            return body.decode()

        return cls(await to_thread(read))

    def sum(self, name: str, **labels: str) -> float:
        return sum(
            value
            for sample, has, value in self._samples
            if sample == name and labels.items() <= has.items()
        )


def number(text: str) -> float:
    return float(text.replace(",", "").replace("\N{MINUS SIGN}", "-").removesuffix("%"))
