"""Topics consumed abreast, on a broker: what waits is told, bounded, and never lost."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from faust.types import TP

from service.streaming import consumer, consumer_thread, intake
from service.streaming.config import KafkaConfig
from service.streaming.intake import GRAIN, Intake
from tests.streaming.harness import (
    Running,
    committed,
    config,
    eventually,
    publish,
    running,
    started,
)

pytestmark = pytest.mark.broker

#: Longer than any test: what waits for this waits for ever.
EVER = 3600.0


def resolved(contact: str, second: int) -> tuple[bytes, bytes]:
    value = (
        f'{{"contact_id":"{contact}","customer_id":"someone",'
        f'"resolved_at":"2026-01-01T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"}}'
    )
    return b"someone", value.encode()


def begun(contact: str, second: int) -> tuple[bytes, bytes]:
    value = (
        f'{{"contact_id":"{contact}","customer_id":"someone","channel":"chat",'
        f'"started_at":"2026-01-01T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"}}'
    )
    return b"someone", value.encode()


@pytest.fixture
def never_at_the_end(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """As if the leaders of all that brings nothing were unreachable, with more to come."""
    at_end = consumer_thread._ended

    def set_(silent: bool) -> None:
        def nowhere(_: object) -> tuple[frozenset[Any], bool]:
            return frozenset(), True

        monkeypatch.setattr(consumer_thread, "_ended", nowhere if silent else at_end)

    return set_


def wait_for_ever(patched: pytest.MonkeyPatch) -> None:
    """What is held back for another topic is not let go for having waited long."""
    patched.setattr(intake, "PATIENCE_SECONDS", EVER)
    patched.setattr(intake, "LONGEST_SECONDS", EVER)


async def test_a_backlog_of_one_topic_after_the_other_is_applied_in_event_order(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_for_ever(monkeypatch)
    settings = config(bootstrap, unique, partitions=1)
    count = 12_000
    async with running(settings):
        pass  # creates the topics
    await publish(
        bootstrap, settings.topics["contact-started"], (begun(f"s{i}", i) for i in range(count))
    )
    await publish(
        bootstrap, settings.topics["contact-resolved"], (resolved(f"r{i}", i) for i in range(count))
    )
    async with running(settings) as stream:
        await stream.until_contacts(2 * count)
        reached = {"s": 0, "r": 0}
        apart = 0
        for name in stream.engines[-1].applied:
            reached[name[0]] = int(name[1:])
            apart = max(apart, abs(reached["s"] - reached["r"]))
    assert apart <= 3 * GRAIN


async def test_live_events_wait_for_no_topic_that_has_nothing(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_for_ever(monkeypatch)
    settings = config(bootstrap, unique)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream:
        for number in range(4):
            await publish(bootstrap, topic, [started(f"c{number}", f"k{number}", number)])
            await stream.until_contacts(number + 1)


async def test_what_is_applied_live_is_not_later_than_a_fetch(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream:
        await publish(bootstrap, topic, [started("first")])
        await stream.until_contacts(1)
        numbers = itertools.count()

        async def applied_at_once() -> bool:
            name = f"c{next(numbers)}"
            await publish(bootstrap, topic, [started(name)])
            published_at = time.monotonic()
            await eventually(lambda: name in stream.engines[-1].contacts, "applied")
            return time.monotonic() - published_at < 0.3

        # The machine may be busy with something else, but not each time.
        await eventually(applied_at_once, "an event applied as soon as it was fetched")


@asynccontextmanager
async def held_back(settings: KafkaConfig, count: int) -> AsyncIterator[Running]:
    """A service that has applied the first records and lets the others wait."""
    async with running(settings) as stream:
        topic = settings.topics["contact-started"]
        await publish(settings.bootstrap, topic, (begun(f"c{i}", i) for i in range(count)))
        await stream.until_contacts(1)
        yield stream


async def test_what_waits_is_lag_and_its_topic_is_not_caught_up(
    bootstrap: str,
    unique: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    never_at_the_end: Callable[[bool], None],
) -> None:
    wait_for_ever(monkeypatch)
    never_at_the_end(True)
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    count = 4 * GRAIN
    async with held_back(settings, count) as stream:

        def lag() -> int:
            return stream.service.pipeline().lag.get((topic, 0), 0)

        engine = stream.engines[-1]
        await eventually(lambda: lag() == count - len(engine.contacts) > 0, "lag")
        before = dict(engine.caught_up_at)
        await eventually(
            lambda: engine.caught_up_at["contact-resolved"] > before["contact-resolved"], "a tick"
        )
        assert engine.caught_up_at["contact-started"] == before["contact-started"]
        never_at_the_end(False)
        await stream.until_contacts(count)
        await eventually(lambda: lag() == 0, "no lag")
        assert engine.caught_up_at["contact-started"] >= before["contact-started"]


async def test_what_waits_when_partitions_are_given_up_is_consumed_by_the_next_owner(
    bootstrap: str,
    unique: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    never_at_the_end: Callable[[bool], None],
) -> None:
    wait_for_ever(monkeypatch)
    never_at_the_end(True)
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    count = 4 * GRAIN
    async with held_back(settings, count) as stream:
        await eventually(lambda: bool(stream.service._worker.holdings.waiting()), "some wait")
        applied = len(stream.engines[-1].contacts)
    # Committed is what was applied, not what was fetched.
    assert await committed(settings, topic, 0) == applied < count
    never_at_the_end(False)
    async with running(settings) as stream:
        await stream.until_contacts(count)
        assert stream.engines[-1].applied == [f"c{i}" for i in range(applied, count)]


async def test_what_waits_over_a_rebalance_is_applied_once(
    bootstrap: str,
    unique: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    never_at_the_end: Callable[[bool], None],
) -> None:
    wait_for_ever(monkeypatch)
    never_at_the_end(True)
    settings = config(bootstrap, unique, partitions=1)
    count = 4 * GRAIN
    async with held_back(settings, count) as stream:
        worker = stream.service._worker
        await eventually(lambda: bool(worker.holdings.waiting()), "some wait")
        applied = stream.engines[-1].applied
        at = TP(settings.topics["contact-started"], 0)
        await eventually(lambda: worker._commits.told.get(at) == len(applied), "committed")
        term = worker.term
        await stream.service._app.consumer.rejoin()  # type: ignore[attr-defined]
        await eventually(lambda: worker.term >= term + 2, "taken again")
        never_at_the_end(False)
        await stream.until_contacts(count)
        for engine in stream.engines:
            assert len(set(engine.applied)) == len(engine.applied)
        names = [name for engine in stream.engines for name in engine.applied]
        assert sorted(set(names)) == sorted(f"c{i}" for i in range(count))


async def test_the_others_go_on_after_a_while_when_a_topic_does_not_come(
    bootstrap: str,
    unique: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    never_at_the_end: Callable[[bool], None],
) -> None:
    monkeypatch.setattr(intake, "PATIENCE_SECONDS", 0.5)
    never_at_the_end(True)
    settings = config(bootstrap, unique, partitions=1)
    async with held_back(settings, 4 * GRAIN) as stream:
        await stream.until_contacts(4 * GRAIN)


async def test_a_topic_with_much_waiting_is_not_fetched(
    bootstrap: str,
    unique: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    never_at_the_end: Callable[[bool], None],
) -> None:
    wait_for_ever(monkeypatch)
    monkeypatch.setattr(consumer, "_MAX_RECORDS", 0)  # the share is a grain
    never_at_the_end(True)
    settings = config(bootstrap, unique, partitions=1)
    count = 40 * GRAIN
    most, put = 0, Intake.put

    def noted_put(self: Intake, topic: str, *records: Any) -> None:
        nonlocal most
        put(self, topic, *records)
        most = max(most, self.waiting(topic))

    monkeypatch.setattr(Intake, "put", noted_put)
    async with held_back(settings, count) as stream:
        await eventually(lambda: most >= GRAIN, "much waits")
        never_at_the_end(False)
        await stream.until_contacts(count)
    assert most <= 2 * GRAIN
