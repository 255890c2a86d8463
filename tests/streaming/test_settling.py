"""How often a partition is settled: as seldom as can be, and always before its numbers are told."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any, cast

import pytest
from aiokafka.protocol.offset import OffsetRequest
from aiokafka.record.default_records import DefaultRecord
from faust.types import TP

from service.events.decoding import Decoder
from service.streaming import consumer_thread
from service.streaming import partition as partitions
from service.streaming.consumer import BatchConsumer
from service.streaming.consumption import Consumption
from service.streaming.copartitions import CONTACTS, Copartition, TopicGroup
from service.streaming.fetching.fetched import Fetched
from service.streaming.holdings import Holdings
from service.streaming.partition import Partition
from service.streaming.pipeline import PipelineCounts
from service.streaming.producer import NotOwnerError
from service.streaming.wall_clock import WallClock
from tests.patience import PATIENCE_S
from tests.streaming.harness import config, eventually, publish, running, started
from tests.streaming.toy import ToyEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.view.snapshot import Snapshot

TOPIC = "contact-started"


class CountingEngine(ToyEngine):
    """Counts how often it has to add up."""

    def __init__(self) -> None:
        super().__init__()
        self.is_restored = True
        self.advances = 0

    def advance(self) -> None:
        self.advances += 1


class Writer:
    """Has everything acknowledged as soon as it is asked for."""

    def __init__(self, *, tells_outcomes: bool) -> None:
        self.epoch = 1
        self.submitted = self.acknowledged = 0
        self.stopped = False
        self.has_room = True
        self.tells_outcomes = tells_outcomes

    def submit(self, changes: Sequence[Any], _outcomes: Sequence[Any]) -> int:
        self.submitted += len(changes)
        return self.submitted

    async def until(self, number: int) -> None:
        assert number <= self.submitted
        self.acknowledged = self.submitted


class SlowWriter(Writer):
    """Acknowledges in the turns of others, what it was given in steps, or stops before."""

    def __init__(self, seed: int) -> None:
        super().__init__(tells_outcomes=False)
        self._rng = random.Random(seed)

    async def until(self, number: int) -> None:
        while self.acknowledged < number:
            if self.stopped:
                raise NotOwnerError
            await asyncio.sleep(0)

    async def acknowledge(self) -> None:
        while not self.stopped:
            for _ in range(self._rng.randrange(12)):
                await asyncio.sleep(0)
            self.acknowledged = self._rng.randint(self.acknowledged, self.submitted)


class Letters:
    submitted = settled = 0
    has_room = True


class Case:
    """A few partitions of one topic, driven by hand."""

    def __init__(self, numbers: int, *, tells_outcomes: bool = False) -> None:
        group = TopicGroup(CONTACTS, (TOPIC,), "changelog")
        self.holdings = Holdings({CONTACTS: group})
        counts = PipelineCounts({TOPIC: numbers}, self.holdings.group_of, "")
        self.engines = [CountingEngine() for _ in range(numbers)]
        letters: Any = Letters()
        for number, engine in enumerate(self.engines):
            writer: Any = Writer(tells_outcomes=tells_outcomes)
            parts = (letters, counts, group.topics)
            it = Partition(number, engine, writer, *parts)
            self.holdings.held[Copartition(CONTACTS, number)] = it
        register: Any = None
        self.consumption = Consumption(
            self.holdings,
            {TOPIC: "contact-started"},
            Decoder(65_536, 300_000_000),
            register,
            letters,
            counts,
            WallClock(),
            asyncio.Event(),
        )
        self.consumption.at_ends([])
        self.published = 0

    @property
    def advances(self) -> list[int]:
        """Since each was settled for the first time."""
        return [engine.advances - 1 for engine in self.engines]

    async def consume(self, number: int, count: int) -> None:
        records = [self._record() for _ in range(count)]
        tp = TP(TOPIC, number)
        await self.consumption.take_in(Fetched({tp: records}, {tp: 0}, {tp}))

    async def contacts(self) -> int:
        snapshots = await self.holdings.snapshots(1.0)
        return sum(snapshot.live_contacts for _, snapshot in snapshots)

    def _record(self) -> Any:
        self.published += 1
        key, value = started(f"c{self.published}")
        return DefaultRecord(self.published, 0, 0, key, value, [])


async def test_all_are_handed_to_the_changelog_before_the_first_is_drawn_up() -> None:
    case = Case(3)
    for number in range(3):
        await case.consume(number, 1)
    partitions_held = list(case.holdings.held.values())
    submitted: list[list[int]] = []
    for engine in case.engines:
        drawn = engine.snapshot

        def snapshot(drawn: Callable[[], Snapshot] = drawn) -> Snapshot:
            submitted.append([it.writer.submitted for it in partitions_held])
            return drawn()

        engine.snapshot = snapshot  # type: ignore[method-assign]
    await case.contacts()
    assert submitted == [[1, 1, 1]] * 3


@pytest.mark.parametrize("seed", range(60))
async def test_only_what_is_acknowledged_is_told_whatever_comes_between(seed: int) -> None:
    rng = random.Random(seed)
    case = Case(4)
    writers = [SlowWriter(seed + number) for number in range(4)]
    for partition, writer in zip(case.holdings.held.values(), writers, strict=True):
        partition.writer = cast(Any, writer)
    writing = [asyncio.create_task(writer.acknowledge()) for writer in writers]
    applied = [0] * 4

    async def apply() -> None:
        while True:
            number, count = rng.randrange(4), rng.choice([1, 3, 300])
            await case.consume(number, count)
            applied[number] += count
            for _ in range(rng.randrange(20)):
                await asyncio.sleep(0)

    applying = asyncio.create_task(apply())
    told = [0] * 4
    for nth in range(12):
        before = list(applied)
        for number, snapshot in await case.holdings.snapshots(PATIENCE_S):
            writer = writers[number]
            assert snapshot.live_contacts <= writer.acknowledged
            # All that was applied before; of one that writes no more what was told at last.
            assert writer.stopped or snapshot.live_contacts >= before[number]
            assert snapshot.live_contacts >= told[number]
            told[number] = snapshot.live_contacts
        if nth == 7:
            writers[rng.randrange(4)].stopped = True
    for task in (applying, *writing):
        task.cancel()
    await asyncio.wait([applying, *writing])


async def test_few_records_are_settled_together_when_somebody_asks() -> None:
    case = Case(3)
    for _ in range(20):
        await case.consume(0, 1)
        await case.consume(2, 2)
    assert case.advances == [0, 0, 0]
    assert await case.contacts() == 60
    assert case.advances == [1, 0, 1]
    assert await case.contacts() == 60
    assert case.advances == [1, 0, 1]


@pytest.mark.parametrize("seed", range(20))
async def test_what_is_told_has_all_that_was_consumed_and_nothing_is_committed_before(
    seed: int,
) -> None:
    rng = random.Random(seed)
    case = Case(4)
    for _ in range(60):
        await case.consume(rng.randrange(4), rng.choice([1, 2, 90, 150, 4_000]))
        if rng.random() < 0.2:
            case.consumption.at_ends([])
        for partition in case.holdings.held.values():
            assert partition.committable() == {}, "nothing is acknowledged yet"
        if rng.random() < 0.2:
            assert await case.contacts() == case.published
            break


@pytest.mark.parametrize(("partitions_held", "few"), [(1, 1_000), (4, 250), (100, 100)])
async def test_many_records_are_not_left_to_a_scrape(partitions_held: int, few: int) -> None:
    case = Case(partitions_held)
    for consumed in range(25, 4_400, 25):
        await case.consume(0, 25)
        assert case.advances[0] == consumed // few


async def test_without_a_scrape_a_tick_settles_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(partitions, "_QUIET_SECONDS", PATIENCE_S)
    case = Case(2)
    await case.consume(0, 1)
    for _ in range(5):
        case.consumption.at_ends([])
    assert case.advances == [0, 0]
    monkeypatch.setattr(partitions, "_QUIET_SECONDS", 0.0)
    case.consumption.at_ends([])
    assert case.advances == [1, 1]
    [committed, _] = [partition.committable() for partition in case.holdings.held.values()]
    assert committed == {}, "nothing is acknowledged yet"


async def test_outcomes_wait_for_the_next_tick_only() -> None:
    case = Case(2, tells_outcomes=True)
    for tick in range(1, 6):
        case.consumption.at_ends([])
        assert case.advances == [tick, tick]


async def test_what_is_given_up_is_settled() -> None:
    case = Case(2)
    await case.consume(1, 3)
    case.holdings.park()
    assert case.advances == [1, 1]


@pytest.mark.broker
async def test_where_a_topic_ends_is_not_asked_while_it_is_fetched(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_thread, "_FRESH_SECONDS", 3600.0)
    settings = config(bootstrap, unique)
    async with running(settings) as stream:
        topic = settings.topics["contact-started"]
        await publish(bootstrap, topic, (started(f"c{i}", f"k{i}") for i in range(50)))
        await stream.until_contacts(50)
        worker, consumer = stream.service._worker, cast(BatchConsumer, stream.service._app.consumer)
        client = consumer._thread._ensure_consumer()._client
        asked: list[Any] = []
        send = client.send

        async def sent(node: int, request: Any, **options: Any) -> Any:
            asked.append(request)
            return await send(node, request, **options)

        client.send = sent
        ticks = 0
        tick = worker.tick

        async def ticked(ends: Sequence[Any], term: int) -> None:
            nonlocal ticks
            assert len(ends) == len(consumer.assignment()), "the broker is silent"
            ticks += 1
            await tick(ends, term)

        worker.tick = ticked  # type: ignore[method-assign]
        await eventually(lambda: ticks >= 3, "three ticks")
        assert not [it for it in asked if isinstance(it, OffsetRequest)]
        assert worker.counts.report().lag == {
            (tp.topic, tp.partition): 0 for tp in consumer.assignment()
        }
