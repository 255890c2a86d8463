"""A scrape of 10,000 series takes at most 100 ms and holds the event loop up at most 50 ms."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter

import aiohttp

from tests.exposition.conftest import Serve
from tests.exposition.fakes import FakeSource, random_snapshot

PARTITIONS = 4
#: What `pace` measures took on a machine that met both goals with ease.
_THEN_SECONDS = 0.012


def large() -> FakeSource:
    source = FakeSource(*(random_snapshot(seed) for seed in range(PARTITIONS)))
    _, taken = source.held[0]
    assert sum(len(family.values) for family in taken.families.values()) >= 10_000
    return source


async def test_a_scrape_of_10_000_series_of_four_partitions_takes_less_than_100_ms(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    server = await serve(large())

    async def scrape() -> float:
        began = perf_counter()
        async with http.get(f"http://127.0.0.1:{server.port}/metrics") as response:
            await response.read()
        return perf_counter() - began

    # The best of some: other programs on the machine are not what is measured.
    assert await any_within(scrape, 0.1)


async def test_the_event_loop_is_held_up_less_than_50_ms_even_by_the_first_scrape(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    async def longest_gap() -> float:
        server = await serve(large())
        longest, done = 0.0, False

        async def beat() -> None:
            nonlocal longest
            last = perf_counter()
            while not done:
                await asyncio.sleep(0)
                now = perf_counter()
                longest, last = max(longest, now - last), now

        beating = asyncio.create_task(beat())
        async with http.get(f"http://127.0.0.1:{server.port}/metrics") as response:
            await response.read()
        done = True
        await beating
        return longest

    assert await any_within(longest_gap, 0.05)


async def any_within(measure: Callable[[], Awaitable[float]], units: float) -> bool:
    """Whether a try takes so many seconds of a machine as this one was when that was set."""
    for _ in range(20):
        taken = await measure()
        if taken < units * max(1.0, pace()):
            return True
    return False


def pace() -> float:
    """How many times as long as on that machine the same takes now."""
    began = perf_counter()
    sum(number * number for number in range(200_000))
    return (perf_counter() - began) / _THEN_SECONDS
