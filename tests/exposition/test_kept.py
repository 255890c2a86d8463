"""The charts over restarts: what is kept is what was sampled, each moment once."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from time import time

import msgspec
import pytest

from service.exposition.history import Sample
from service.exposition.kept import Kept
from tests.exposition.conftest import Serve
from tests.exposition.fakes import FakeSource
from tests.exposition.test_whole import backlog, holding, summary

_HOUR = 3600.0


def source(definitions: str = "a") -> FakeSource:
    it = FakeSource()
    it.state = replace(it.state, definitions=definitions)
    return it


@pytest.mark.parametrize("seed", range(10))
async def test_whichever_workers_kept_them_the_samples_are_those_of_the_last_three_hours(
    seed: int,
) -> None:
    rng, shared = random.Random(seed), source()
    workers = [Kept(shared) for _ in range(3)]
    writer, now = workers[0], rng.uniform(1e9, 2e9)
    written: dict[int, Sample] = {}
    for _ in range(rng.randrange(1200)):
        # A restart or a take-over now and then, hours without anybody, two writers for a moment.
        now += rng.choice((15.0, 15.0, 15.0, 40.0, rng.uniform(0, 300), rng.choice((0, 9000))))
        if rng.random() < 0.05:
            writer = workers[rng.randrange(3)] if rng.random() < 0.5 else Kept(shared)
        before, sample = dict(shared.places), Sample(now, {"backlog": rng.randrange(99)})
        await writer.keep(sample)
        if shared.places != before:
            written[int(now // 60)] = sample
        if rng.random() < 0.02:
            shared.places[rng.randrange(180)] = rng.randbytes(rng.randrange(40))
    asked = now + rng.uniform(0, 2 * _HOUR)
    found = Kept(shared).samples(asked)
    damaged = {place for place, value in shared.places.items() if not _is_whole(value)}
    minutes = {int(sample.at // 60) for sample in written.values()}
    assert found == sorted(
        sample
        for minute, sample in written.items()
        if asked - 3 * _HOUR < sample.at
        and minute % 180 not in damaged
        # Of two with one place the later one was kept; where a worker kept nothing, the former.
        and not any(other > minute and (other - minute) % 180 == 0 for other in minutes)
    )
    assert len(shared.places) <= 180


def _is_whole(value: bytes) -> bool:
    try:
        return isinstance(msgspec.msgpack.decode(value), list)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


async def test_a_sample_a_minute_is_kept_the_first() -> None:
    shared = source()
    kept = Kept(shared)
    for at in (600.0, 615.0, 659.9, 660.0, 675.0):
        await kept.keep(Sample(at, {"backlog": at}))
    assert [sample.at for sample in Kept(shared).samples(700)] == [600, 660]


async def test_samples_by_other_settings_or_of_the_future_are_left_out() -> None:
    shared = source("a")
    await Kept(shared).keep(Sample(600.0, {"backlog": 1}))
    shared.state = replace(shared.state, definitions="b")
    await Kept(shared).keep(Sample(660.0, {"backlog": 2}))
    await Kept(shared).keep(Sample(9000.0, {"backlog": 3}))
    assert [sample.at for sample in Kept(shared).samples(700)] == [660]


async def test_a_worker_begins_with_the_groups_past_and_not_with_its_own(serve: Serve) -> None:
    source = holding(p0=replace(backlog(3), clock=10**18))
    source.partitions = 1
    before = await serve(source)
    while not source.places:
        await asyncio.sleep(0.01)
    await before.stop()
    first, *_ = Kept(source).samples(time())
    after = await serve(source)
    assert (await summary(after))["history"]["at"][0] == first.at
    assert first.at not in (await summary(after, "worker"))["history"]["at"]


async def test_of_an_incomplete_group_nothing_is_kept(serve: Serve) -> None:
    source = holding(p0=replace(backlog(3), clock=10**18))
    source.partitions = 2
    server = await serve(source)
    await server._of_group.keep_sample()
    assert source.places == {}
