"""`make chaos`: faults drawn at random, one after another, for CHAOS_MINUTES (default 30)."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from pathlib import Path

import pytest

from tests.brokers.apache_kafka import ApacheKafka
from tests.chaos import endings, faults, hostility
from tests.chaos.field import Field, field
from tests.ports import free_port

pytestmark = [pytest.mark.kafka, pytest.mark.chaos]

MINUTES = float(os.environ.get("CHAOS_MINUTES", "30"))
#: A broker that is away for a minute must not make events late.
_LATENESS = 120


async def one_fault(it: Field, rng: random.Random, number: int) -> int:
    """All kinds in turn, then again; time and victim are drawn. Returns their number."""
    away = rng.choice((3.0, 15.0, 60.0))
    wrong_by = rng.choice((1, -1)) * rng.choice((60, 3_000, 400 * 86_400))
    kinds = (
        lambda: faults.kill_at_random(it, rng, times=8),
        lambda: faults.kill_while_restoring(it, rng),
        lambda: faults.come_and_go(it, rng, seconds=20.0),
        lambda: faults.kill_while_rebalancing(it, rng),
        lambda: hostility.abort_transactions(it, rng),
        lambda: hostility.send_what_cannot_be_read(it, rng),
        lambda: faults.kill_broker(it, rng, seconds=away),
        lambda: faults.pause_worker(it, rng),
        lambda: faults.freeze_broker(it, rng, seconds=away),
        lambda: faults.isolate_worker(it, rng),
        lambda: faults.refuse_changelog_for_a_while(it, rng, seconds=12.0),
        lambda: faults.refuse_dead_letters_for_a_while(it, rng, seconds=12.0),
        lambda: faults.slow_dead_letters(it, rng),
        lambda: faults.refuse_changelog_for_good(it, rng),
        lambda: faults.too_small_dead_letters(it, rng, seconds=6.0),
        lambda: faults.set_clock(it, rng, wrong_by),
        lambda: faults.delete_dead_letter_topic(it, rng),
        lambda: endings.stop_while_nothing_is_written(it, rng),
        lambda: endings.start_a_stranger(it, rng),
    )
    await kinds[number % len(kinds)]()
    return len(kinds)


@pytest.mark.timeout(0)
async def test_soak(tmp_path: Path) -> None:
    rng = random.Random(time.time())
    ports = [free_port() for _ in range(3)]
    until = time.monotonic() + MINUTES * 60
    with ApacheKafka(tmp_path, proxy_ports=ports) as kafka:
        async with field(
            kafka,
            tmp_path,
            "soak",
            lateness=_LATENESS,
            proxy_ports=ports,
            seed=rng.randrange(99),
        ) as it:
            it.look_at_pages(tmp_path)
            await it.calm()
            number = kinds = 0
            while time.monotonic() < until:
                kinds = await one_fault(it, rng, number)
                number += 1
                await it.compare()
                sys.stdout.write(f"\n{it.report()}\n")
                await asyncio.sleep(rng.uniform(0, 5))
            # The last one: nothing is true after it.
            await endings.add_partitions(it, rng)
            assert number, "CHAOS_MINUTES leaves no time for a fault"
            if MINUTES >= 30:
                assert number >= kinds, "not every kind of fault had its turn"
