"""Numbers are as new as they are asked for, though little is fetched while nobody asks."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from service.streaming import consumer, rounds
from service.streaming.rounds import Rounds
from service.streaming.service import StreamService
from tests.streaming.harness import config, eventually, make, publish, running, started

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from service.streaming.fetching.fetched import Fetched
    from tests.streaming.harness import Running

pytestmark = pytest.mark.broker

#: More than all that a stop, or a rebalance, waits for.
_SECONDS = 120.0


@pytest.fixture
def hour_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is fetched twice within a test, unless somebody asks."""
    monkeypatch.setattr(rounds, "PACE_SECONDS", 3600.0)


@asynccontextmanager
async def asked_all_the_time(stream: Running) -> AsyncIterator[list[float]]:
    """By three at once; how long each answer took."""
    took: list[float] = []

    async def ask() -> None:
        while True:
            begun = time.monotonic()
            await stream.service.snapshots(1.0)
            took.append(time.monotonic() - begun)
            await asyncio.sleep(0.01)

    asking = [asyncio.create_task(ask()) for _ in range(3)]
    try:
        yield took
        assert not any(it.done() for it in asking), "asking failed"
    finally:
        for it in asking:
            it.cancel()


@pytest.mark.usefixtures("hour_long_pauses")
async def test_what_is_published_is_fetched_once_somebody_asks(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(bootstrap, unique)
    topic = settings.topics["contact-started"]
    pausing, pause = threading.Event(), Rounds.pause

    async def noted(self: Rounds, seconds: float) -> None:
        if seconds > _SECONDS:
            pausing.set()
        try:
            await pause(self, seconds)
        finally:
            pausing.clear()

    monkeypatch.setattr(Rounds, "pause", noted)
    async with running(settings) as stream:
        counts = stream.service._worker.counts

        def applied() -> int:
            return sum(counts.report().events.values())

        for number in range(1, 6):
            await publish(bootstrap, topic, [started(f"c{number}", f"k{number}")])
            await stream.until_contacts(number)
        # A fetch that is under way brings one more, and then the pause begins.
        number = 5
        while not pausing.is_set():
            number += 1
            await publish(bootstrap, topic, [started(f"c{number}", f"k{number}")])
            await eventually(lambda: pausing.is_set() or applied() >= number, "fetched")  # noqa: B023
        seen = applied()
        for _ in range(3):
            number += 1
            await publish(bootstrap, topic, [started(f"c{number}", f"k{number}")])
            await asyncio.sleep(0.3)
        assert applied() == seen, "nobody has asked"
        await stream.until_contacts(number)


async def test_what_nobody_asks_for_is_read_and_committed_all_the_same(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream:
        commits = stream.service._worker._commits
        for number in range(1, 11):
            await publish(bootstrap, topic, [started(f"c{number}", f"k{number}")])
        await eventually(
            lambda: sum(at for tp, at in commits.told.items() if tp.topic == topic) == 10,
            "ten events committed",
        )


async def test_of_a_backlog_it_is_known_that_more_is_there(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(bootstrap, unique)
    topic = settings.topics["contact-started"]
    async with running(settings):
        pass  # creates the topics
    await publish(bootstrap, topic, (started(f"c{i}", f"k{i}") for i in range(3_000)))
    # So each fetch leaves much, and brings little.
    monkeypatch.setattr(consumer, "_MAX_RECORDS", 1)
    more: list[bool] = []

    def pace(fetched: Fetched) -> float:
        more.append(fetched.more)
        return rounds.pace(fetched)

    monkeypatch.setattr(consumer, "pace", pace)
    async with running(settings) as stream:
        await stream.until_contacts(3_000)
        assert True in more
        await eventually(lambda: not more[-1], "all is read")


async def test_a_stop_and_those_who_ask_meanwhile_end_in_time(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    stream = make(settings)
    await stream.service.start()
    # From before there is anything to ask.
    async with asked_all_the_time(stream) as took:
        await stream.until_ready()
        await publish(bootstrap, settings.topics["contact-started"], [started("c1")])
        await stream.until_contacts(1)
        stopping = asyncio.create_task(stream.service.stop())
        await asyncio.wait({stopping}, timeout=_SECONDS)
        assert stopping.done()
        told = len(took)
        await eventually(lambda: len(took) > told + 3, "answers of what is stopped")


async def test_partitions_change_hands_while_somebody_asks(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    topic = settings.topics["contact-started"]
    async with running(settings) as first, asked_all_the_time(first):
        await publish(bootstrap, topic, (started(f"c{i}", f"k{i}") for i in range(20)))
        await first.until_contacts(20)
        async with running(settings) as second, asked_all_the_time(second):
            await publish(bootstrap, topic, (started(f"d{i}", f"k{i}") for i in range(20)))

            async def all_are_told() -> bool:
                told = await first.live_contacts() + await second.live_contacts()
                return told == 40 and not await first.partitions() & await second.partitions()

            await eventually(all_are_told, "forty contacts of two workers")
        await first.until_contacts(40)


async def test_who_asks_while_events_wait_for_something_is_told_what_there_is(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream:
        await publish(bootstrap, topic, [started("c1")])
        await stream.until_contacts(1)
        worker = stream.service._worker
        # As while a label is agreed on, or a registry is asked.
        async with worker._lock:
            await publish(bootstrap, topic, [started("c2")])
            for _ in range(5):
                assert await stream.live_contacts() == 1
        await stream.until_contacts(2)


async def test_nothing_is_asked_for_before_there_are_partitions(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service: StreamService = make(config(bootstrap, unique)).service
    await service.start()
    try:
        worker = service._worker

        async def catch_up() -> None:
            raise AssertionError("there is nothing to catch up with")

        with monkeypatch.context() as patched:
            patched.setattr(service._app.consumer, "catch_up", catch_up)
            while not worker.holdings.held:
                assert await service.snapshots(1.0) == []
                await asyncio.sleep(0.01)
    finally:
        await service.stop()
