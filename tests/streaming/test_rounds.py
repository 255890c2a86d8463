"""Who asks for numbers waits for one round of fetching and applying, if it does not take long."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from faust.types import TP

from service.streaming import rounds as module
from service.streaming.fetching.fetched import NOTHING, Fetched
from service.streaming.rounds import Rounds, pace
from tests.patience import PATIENCE_S

#: Longer than any test may take.
NEVER = 3600.0
TP_ = TP("topic", 0)


def fetched(count: int, *, more: bool = False, is_old: bool = False) -> Fetched:
    record: Any = None
    return Fetched({TP_: [record] * count}, {}, frozenset(), more, is_old)


NEW = fetched(1)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks waits until the round is over, however slow this machine is."""
    monkeypatch.setattr(module, "ANSWER_SECONDS", NEVER)
    monkeypatch.setattr(module, "_LONGEST_SECONDS", NEVER)


class Consumer:
    """Makes rounds, step by step as the test says."""

    def __init__(self) -> None:
        self.rounds = Rounds()
        self.brought = asyncio.Event()
        self.applied = asyncio.Event()
        self.hurried: list[bool] = []
        self.over = 0
        self.steps: list[str] = []
        self.brings = NEW
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            self.hurried.append(self.rounds.is_awaited)
            with self.rounds.fetching():
                self.steps.append("fetch")
                await self._next(self.brought)
            with self.rounds.applying(self.brings):
                self.steps.append("apply")
                await self._next(self.applied)
            self.over += 1
            self.steps.append("pause")
            await self.rounds.pause(NEVER)

    @staticmethod
    async def _next(step: asyncio.Event) -> None:
        await step.wait()
        step.clear()

    async def reach(self, step: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not self.steps or self.steps[-1] != step:
                await asyncio.sleep(0)

    async def round(self) -> None:
        await self.reach("fetch")
        self.brought.set()
        await self.reach("apply")
        self.applied.set()
        await self.reach("pause")


async def ask(consumer: Consumer) -> asyncio.Task[None]:
    task = asyncio.create_task(consumer.rounds.one())
    await asyncio.sleep(0)
    return task


@pytest.mark.usefixtures("patient")
async def test_a_pause_is_cut_short_and_the_round_that_follows_is_waited_for() -> None:
    consumer = Consumer()
    await consumer.round()
    asked = await ask(consumer)
    await consumer.reach("fetch")
    assert consumer.hurried == [False, True]
    consumer.brought.set()
    await consumer.reach("apply")
    assert not asked.done(), "what was fetched is not applied yet"
    consumer.applied.set()
    await asked
    await consumer.reach("pause")
    assert consumer.over == 2
    assert not consumer.rounds.is_awaited, "nobody asked for a third one"


@pytest.mark.usefixtures("patient")
async def test_all_who_ask_before_a_fetch_is_answered_share_its_round() -> None:
    consumer = Consumer()
    await consumer.round()
    first = [await ask(consumer) for _ in range(5)]
    await consumer.reach("fetch")
    second = [await ask(consumer) for _ in range(5)]
    await consumer.round()
    await asyncio.gather(*first, *second)
    assert consumer.over == 2


@pytest.mark.usefixtures("patient")
async def test_who_asks_while_something_is_applied_waits_for_the_next_round() -> None:
    consumer = Consumer()
    await consumer.reach("fetch")
    consumer.brought.set()
    await consumer.reach("apply")
    asked = await ask(consumer)
    consumer.applied.set()
    await consumer.reach("fetch")
    assert consumer.over == 1, "without a pause between them"
    assert not asked.done(), "what was published meanwhile has yet to be fetched"
    await consumer.round()
    await asked


async def test_a_broker_that_has_nothing_is_not_waited_for_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_LONGEST_SECONDS", NEVER)
    consumer = Consumer()
    await consumer.reach("fetch")
    await consumer.rounds.one()
    assert consumer.over == 0
    # Nor does anybody wait for the one who has gone.
    await consumer.round()
    assert consumer.over == 1


async def test_what_a_broker_has_brought_is_waited_for_for_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(module, "_LONGEST_SECONDS", NEVER)
    consumer = Consumer()
    await consumer.reach("fetch")
    asked = await ask(consumer)
    consumer.brought.set()
    await consumer.reach("apply")
    await asyncio.sleep(0.6)
    assert not asked.done()
    consumer.applied.set()
    await asked


async def test_much_to_apply_is_not_waited_for_to_its_end() -> None:
    consumer = Consumer()
    await consumer.round()
    asked = await ask(consumer)
    await consumer.reach("fetch")
    consumer.brought.set()
    await asked
    assert consumer.over == 1
    consumer.applied.set()
    await consumer.reach("pause")


async def test_where_nobody_makes_rounds_nobody_waits_for_long() -> None:
    await Rounds().one()


@pytest.mark.usefixtures("patient")
async def test_who_no_longer_waits_takes_nothing_from_the_others() -> None:
    consumer = Consumer()
    await consumer.round()
    gone, stays = await ask(consumer), await ask(consumer)
    gone.cancel()
    await asyncio.wait([gone])
    await consumer.round()
    await stays
    assert gone.cancelled()


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("error", [RuntimeError, asyncio.CancelledError])
async def test_a_round_that_is_broken_off_lets_go_of_those_who_wait(
    error: type[BaseException],
) -> None:
    rounds = Rounds()
    asked = asyncio.create_task(rounds.one())
    await asyncio.sleep(0)
    with pytest.raises(error), rounds.applying(NEW):
        raise error
    await asked
    with pytest.raises(error), rounds.fetching():
        raise error
    assert not rounds.is_awaited


async def test_a_pause_ends_by_itself() -> None:
    rounds = Rounds()
    await rounds.pause(0.01)
    await rounds.pause(-1.0)
    asking = asyncio.create_task(rounds.one())
    await asyncio.sleep(0)
    await rounds.pause(NEVER)
    await asking


@pytest.mark.parametrize(
    ("brought", "seconds"),
    [
        (fetched(1), module.PACE_SECONDS),
        (fetched(100_000), module.PACE_SECONDS),
        (fetched(1, is_old=True), 0.0),
        (fetched(1, more=True), 0.04),
        (fetched(1, more=True, is_old=True), 0.04),
        (fetched(2_000, more=True), 0.0),
        (NOTHING, 0.04),
    ],
)
def test_pauses_are_long_only_where_all_is_read(brought: Fetched, seconds: float) -> None:
    assert pace(brought) == seconds


@pytest.mark.usefixtures("patient")
async def test_what_was_there_before_it_was_asked_for_answers_nobody() -> None:
    consumer = Consumer()
    await consumer.round()
    asked = await ask(consumer)
    consumer.brings = fetched(1, is_old=True)
    await consumer.reach("fetch")
    consumer.brought.set()
    await consumer.reach("apply")
    consumer.applied.set()
    await consumer.reach("fetch")
    assert consumer.hurried == [False, True, True]
    assert not asked.done()
    consumer.brings = NEW
    await consumer.round()
    await asked


@pytest.mark.usefixtures("patient")
async def test_of_a_backlog_nobody_waits_for_a_round() -> None:
    consumer = Consumer()
    consumer.brings = fetched(1, more=True)
    await consumer.round()
    await consumer.rounds.one()
    assert consumer.over == 1
    assert not consumer.rounds.is_awaited
    consumer.brings = NEW
    consumer.rounds._asked.set()
    await consumer.round()
    asked = await ask(consumer)
    await consumer.round()
    await asked
