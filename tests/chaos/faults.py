"""The faults: each strikes a running field, and makes sure that it did."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from service.streaming.topics import CHANGELOG_SETTINGS
from tests.chaos.configuration import COPARTITIONS
from tests.chaos.publisher import now
from tests.chaos.topics import configure_topic, create_dead_letter_topic, delete_topic
from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    import random

    from tests.chaos.field import Field
    from tests.chaos.worker import Worker

#: Kafka's codes of errors that may pass.
NOT_ENOUGH_REPLICAS, _STORAGE_ERROR = 19, 56


async def kill_at_random(it: Field, rng: random.Random, times: int = 4) -> None:
    """SIGKILL, whatever the worker is doing, and start it again."""
    for _ in range(times):
        await asyncio.sleep(rng.uniform(0.1, 2.0))
        worker = rng.choice([worker for worker in it.workers if worker.alive])
        it.strike("killed at random")
        worker.kill()
        worker.start()


def _restoring(readiness: dict[str, Any]) -> bool:
    return "restoring_partitions" in readiness


def _rebalancing(readiness: dict[str, Any]) -> bool:
    return "group" in readiness


async def kill_while_restoring(it: Field, rng: random.Random) -> None:
    """SIGKILL of a worker that is reading its state; its own word for it."""
    await _kill_while(it, rng, _restoring, "killed while restoring", joins=False)


async def kill_while_rebalancing(it: Field, rng: random.Random) -> None:
    """SIGKILL of a worker that has given up its partitions, because another one joins."""
    await _kill_while(it, rng, _rebalancing, "killed while rebalancing", joins=True)


async def _kill_while(it: Field, rng: random.Random, phase: Any, what: str, *, joins: bool) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        await it.calm()
        other, victim = rng.sample(it.workers, 2)
        # It has nothing to restore, and rejoins nobody, unless it has been away.
        await (other if joins else victim).stop()
        if joins:
            await it.until_owned_by_others(other)
        (other if joins else victim).start()
        if await victim.until(it.http, phase, within=max(30.0, 6 * it.kafka.start_seconds)):
            it.strike(what)
            victim.kill()
            return
    raise AssertionError(f"never seen in {PATIENCE_S:.0f} s: {what}")


def broken_off(told: str) -> bool:
    """Whether a process says that it was not given the time for an end in good order."""
    return "stopped before all was written" in told or "not all could be closed within" in told


async def come_and_go(it: Field, rng: random.Random, seconds: float = 10.0) -> None:
    """Workers leave in good order and join again, every other second."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        worker = rng.choice(it.workers)
        it.strike("left and joined")
        if worker.alive:
            code = await worker.stop()
            # One that has hardly begun does not handle the signal yet, and just ends.
            told = f"exit code {code} of {worker.name}: {worker.last_words()}"
            assert code in (0, -signal.SIGTERM) or (code == 1 and broken_off(told)), told
            await asyncio.sleep(rng.uniform(0, 1.5))
        worker.start()
        await asyncio.sleep(rng.uniform(0.5, 2.5))


async def kill_broker(it: Field, rng: random.Random, seconds: float = 2.0) -> None:
    """SIGKILL of the broker; the same one starts again after a while."""
    it.strike("broker killed")
    it.kafka.kill()
    await asyncio.sleep(seconds)
    await asyncio.to_thread(it.kafka.start)
    _all_alive(it)


async def freeze_broker(it: Field, rng: random.Random, seconds: float = 5.0) -> None:
    """The broker answers nobody for a while; numbers are served all the same."""
    it.strike("broker frozen")
    scrapes = it.watcher.scrapes

    async def are_served() -> bool:
        return it.watcher.scrapes > scrapes

    os.kill(it.kafka.pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
        await it.eventually(are_served, "a scrape while the broker was away")
    finally:
        os.kill(it.kafka.pid, signal.SIGCONT)
    _all_alive(it)


async def pause_worker(it: Field, rng: random.Random) -> None:
    """SIGSTOP until the others have taken over and gone on, then SIGCONT."""
    worker = await it.an_owner(rng)
    it.strike("worker paused")
    worker.pause()
    await it.until_owned_by_others(worker)
    # The new owner's state has to move on, for the former one to spoil it.
    await asyncio.sleep(2.0)
    worker.resume()


async def expel_a_worker_that_tells_outcomes(it: Field, rng: random.Random) -> None:
    """SIGSTOP with outcomes on their way, which arrive after some of the new owners."""
    deadline = time.monotonic() + PATIENCE_S
    while not await _outcomes_arrive_late(it, rng):
        assert time.monotonic() < deadline, "no outcomes arrived after those of a new owner"
        await it.calm()


async def _outcomes_arrive_late(it: Field, rng: random.Random) -> bool:
    """Whether a new owner noticed: it may have had nothing to tell of the same contacts."""
    number = rng.randrange(len(it.workers))
    proxy, worker = it.proxies[number], it.workers[number]
    await it.eventually(lambda: it.owns_something(worker), "partitions at the worker")
    it.strike("expelled with outcomes under way")
    arrive = proxy.detained[it.names.outcomes] = asyncio.Event()
    before = proxy.detentions

    async def are_on_their_way() -> bool:
        return proxy.detentions > before

    def times_told_again() -> int:
        return sum(len(other.logged(told_late)) for other in it.workers if other is not worker)

    told_late = "telling outcomes again that a former owner told late"
    earlier = times_told_again()
    try:
        await it.eventually(are_on_their_way, "outcomes on their way")
        worker.pause()
        await it.until_owned_by_others(worker)
        # The new owners tell of the same contacts, of which more is known by now.
        await asyncio.sleep(5.0)
    finally:
        arrive.set()
        del proxy.detained[it.names.outcomes]
    until = time.monotonic() + 60.0
    while times_told_again() == earlier and time.monotonic() < until:
        await asyncio.sleep(0.2)
    worker.resume()
    return times_told_again() > earlier


async def isolate_worker(it: Field, rng: random.Random) -> None:
    """The network between one worker and the broker is down until others own its partitions."""
    number = rng.randrange(len(it.workers))
    proxy, worker = it.proxies[number], it.workers[number]
    await it.eventually(lambda: it.owns_something(worker), "partitions at the worker")
    it.strike("worker isolated")
    proxy.hold()
    try:
        await it.until_owned_by_others(worker)
        # Long enough for several scrapes that would count it beside its successor.
        await asyncio.sleep(8.0)
    finally:
        proxy.restore()


async def refuse_changelog_for_a_while(it: Field, rng: random.Random, seconds: float = 6.0) -> None:
    """No write to a changelog succeeds; one worker is killed meanwhile."""
    it.strike("changelog not writable")
    error = rng.choice((NOT_ENOUGH_REPLICAS, _STORAGE_ERROR))
    async with refused(it, it.names.changelogs, error):
        await it.eventually(lambda: stands_still(it, 2.5), "numbers that wait for the changelog")
        victim = rng.choice(it.workers)
        victim.kill()
        victim.start()
        await asyncio.sleep(seconds)


async def stands_still(it: Field, seconds: float) -> bool:
    before = await it.clocks()
    await asyncio.sleep(seconds)
    return set(before) == COPARTITIONS and await it.clocks() == before


async def refuse_changelog_for_good(it: Field, rng: random.Random) -> None:
    """A changelog's settings forbid its records: the workers end and say so."""
    it.strike("changelog refuses")
    topic = rng.choice(it.names.changelogs)
    await _set(it, topic, CHANGELOG_SETTINGS, **{"max.message.bytes": "60"})
    try:
        codes = await asyncio.gather(*(worker.ended() for worker in it.workers))
    finally:
        await _set(it, topic, CHANGELOG_SETTINGS)
    assert codes == [1] * len(codes)
    for worker in it.workers:
        assert "the changelog topic" in worker.last_words()


async def refuse_dead_letters_for_a_while(
    it: Field, rng: random.Random, seconds: float = 6.0
) -> None:
    """Writes to the dead-letter topic fail, but not for so long that letters are given up."""
    await it.excuse_letters_given_up()
    it.strike("dead letters failing")
    async with refused(it, [it.names.dead_letters], NOT_ENOUGH_REPLICAS):
        await asyncio.sleep(seconds)


async def slow_dead_letters(it: Field, rng: random.Random, seconds: float = 10.0) -> None:
    """A write to the dead-letter topic takes so long; numbers go on while it does."""
    await it.excuse_letters_given_up()
    it.strike("dead letters slow")
    deadline = time.monotonic() + PATIENCE_S
    while not await _go_on_while_letters_are_on_their_way(it, seconds):
        assert time.monotonic() < deadline, "slow dead letters hold up the numbers"


async def _go_on_while_letters_are_on_their_way(it: Field, seconds: float) -> bool:
    def detentions() -> int:
        return sum(proxy.detentions for proxy in it.proxies)

    async def are_on_their_way() -> bool:
        return detentions() > before

    before, arrive = detentions(), asyncio.Event()
    for proxy in it.proxies:
        proxy.detained[it.names.dead_letters] = arrive
    try:
        await it.eventually(are_on_their_way, "letters on their way")
        began, until = now(), time.monotonic() + seconds
        while time.monotonic() < until:
            clocks = await it.clocks()
            if clocks.keys() == COPARTITIONS and min(clocks.values()) > began:
                return True
        return False
    finally:
        arrive.set()
        for proxy in it.proxies:
            proxy.detained.clear()


@asynccontextmanager
async def refused(it: Field, topics: Iterable[str], error: int) -> AsyncIterator[None]:
    """As from a broker whose disk is full, or whose replicas are gone: some writes at least."""

    def refusals() -> int:
        return sum(proxy.refusals for proxy in it.proxies)

    async def were_some() -> bool:
        return refusals() > before

    before = refusals()
    for proxy in it.proxies:
        proxy.refused.update(dict.fromkeys(topics, error))
    try:
        yield
        await it.eventually(were_some, "writes that are refused")
    finally:
        for proxy in it.proxies:
            proxy.refused.clear()


async def too_small_dead_letters(it: Field, rng: random.Random, seconds: float = 4.0) -> None:
    """The dead-letter topic takes none of the letters; they are dropped, loudly."""

    async def is_told() -> bool:
        return any("a dead letter is too large" in worker.log for worker in it.workers)

    it.strike("dead letters too large")
    await _set(it, it.names.dead_letters, {}, **{"max.message.bytes": "60"})
    try:
        await asyncio.sleep(seconds)
        await it.eventually(is_told, "letters that are dropped")
    finally:
        await _set(it, it.names.dead_letters, {})


async def delete_dead_letter_topic(it: Field, rng: random.Random) -> None:
    """The topic is gone until the letters for it are given up, then it is there again."""
    it.strike("dead-letter topic deleted")
    await delete_topic(it.kafka.bootstrap, it.names.dead_letters)
    try:
        await it.eventually(lambda: _given_up(it), "letters given up")
    finally:
        await create_dead_letter_topic(it.kafka.bootstrap, it.names)


async def _given_up(it: Field) -> bool:
    return any("the dead-letter topic takes no records" in worker.log for worker in it.workers)


async def _set(it: Field, topic: str, base: Any, **settings: str) -> None:
    await configure_topic(it.kafka.bootstrap, topic, {**base, **settings})


async def set_clock(it: Field, rng: random.Random, ahead: int, seconds: float = 15.0) -> None:
    """The clock of one worker's host is wrong for a while; it says so, and moves nothing by it."""
    worker = await it.an_owner(rng)
    it.strike("clock ahead" if ahead > 0 else "clock behind")
    worker.skew(ahead)
    try:
        assert await worker.until(it.http, lambda told: "clock" in told, within=PATIENCE_S)
        for _ in range(int(seconds)):
            await asyncio.sleep(1.0)
            readiness = await worker.readiness(it.http)
            assert not readiness.get("ready"), readiness
            latest = max((await it.clocks()).values(), default=0)
            assert latest < now() + 5_000_000, "a clock went by the wrong one"
    finally:
        worker.skew(0)
    # Without a restart, and without anybody's help.
    assert await worker.until(it.http, lambda told: told.get("ready") is True, within=PATIENCE_S)


def _all_alive(it: Field) -> None:
    dead: list[Worker] = [worker for worker in it.workers if not worker.alive]
    assert not dead, "\n".join(f"{worker.name} ended: {worker.last_words()}" for worker in dead)
