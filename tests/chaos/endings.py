"""Faults after which a process has to end, in time and with words."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from tests.chaos.configuration import PARTITIONS
from tests.chaos.faults import NOT_ENOUGH_REPLICAS, broken_off, refused, stands_still
from tests.chaos.topics import grow_topic
from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    import random

    from tests.chaos.field import Field


async def stop_while_nothing_is_written(it: Field, rng: random.Random) -> None:
    """SIGTERM while the changelog takes nothing and the broker does not answer any more."""
    async with refused(it, it.names.changelogs, NOT_ENOUGH_REPLICAS):
        await it.eventually(lambda: stands_still(it, 2.5), "numbers that wait for the changelog")
        number = it.workers.index(await it.an_owner(rng))
        it.strike("stopped with writes outstanding")
        it.proxies[number].hold()
        try:
            code = await it.workers[number].stop()
        finally:
            it.proxies[number].restore()
    told = it.workers[number].last_words()
    assert code == 1, f"exit code {code}: {told}"
    assert broken_off(told)


async def start_a_stranger(it: Field, rng: random.Random) -> None:
    """A worker of another group on the same changelog: refused, and nobody notices it."""
    # A machine that stands still moves partitions too, but not each time.
    for _ in range(5):
        it.strike("stranger on the changelog")
        restores = [len(worker.logged("state restored")) for worker in it.workers]
        it.stranger.start()
        code = await it.stranger.ended()
        told = it.stranger.last_words()
        assert code == 1, f"exit code {code}: {told}"
        assert f"the state of another installation: the group '{it.names.topic('group')}'" in told
        if [len(worker.logged("state restored")) for worker in it.workers] == restores:
            return
    raise AssertionError("each time a worker restored its state")


async def add_partitions(it: Field, rng: random.Random) -> None:
    """Of one topic: all workers end and say so. What they would count from then on is not true."""
    it.strike("partitions added")
    await grow_topic(it.kafka.bootstrap, it.names.topic("contact-started"), PARTITIONS + 1)
    deadline = time.monotonic() + PATIENCE_S
    while any(worker.alive for worker in it.workers):
        assert time.monotonic() < deadline, "nobody notices more partitions"
        await asyncio.sleep(0.5)
    for worker in it.workers:
        assert await worker.ended() == 1
        assert "the number of partitions has changed while running" in worker.last_words()
