"""Faults against real workers on Apache Kafka, while events go on: no number may differ."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers.apache_kafka import ApacheKafka
from tests.chaos.field import field

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    with ApacheKafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


async def test_workers_killed_at_random(kafka: ApacheKafka, tmp_path: Path) -> None:
    rng = random.Random(1)
    async with field(kafka, tmp_path, "killed") as it:
        await it.calm()
        for _ in range(5):
            await asyncio.sleep(rng.uniform(0.2, 3))
            worker = rng.choice(it.workers)
            it.strike("worker killed")
            worker.kill()
            worker.start()
        await it.compare()
