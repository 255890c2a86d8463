"""On Apache Kafka, the last outcome of each contact is that of the reference, come what may."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.brokers.apache_kafka import ApacheKafka
from tests.chaos import faults
from tests.chaos.field import field
from tests.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


async def test_the_last_outcomes_are_the_references_after_kills_and_an_expelled_worker(
    tmp_path: Path,
) -> None:
    rng, ports = random.Random(1), [free_port() for _ in range(2)]
    extra = {"": {"outcomes": True}}
    with ApacheKafka(tmp_path, proxy_ports=ports) as kafka:
        async with field(kafka, tmp_path, "told", proxy_ports=ports, extra=extra) as it:
            await it.calm()
            await faults.kill_at_random(it, rng, times=3)
            await it.compare()
            await faults.expel_a_worker_that_tells_outcomes(it, rng)
            await it.compare()
