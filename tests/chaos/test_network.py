"""A slow network on the way to one worker: what it tells late must not move a clock."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.brokers.apache_kafka import ApacheKafka
from tests.chaos.field import field
from tests.ports import free_port

pytestmark = [pytest.mark.kafka, pytest.mark.chaos]


async def test_answers_that_arrive_late_do_not_make_a_partition_caught_up(tmp_path: Path) -> None:
    ports = [free_port()]
    with ApacheKafka(tmp_path, proxy_ports=ports) as kafka:
        # One worker, behind the proxy; answers are late by more than the lateness, and no more
        # than the session time-out.
        async with field(
            kafka, tmp_path, "late", proxy_ports=ports, lateness=9, session_timeout=30.0
        ) as it:
            await it.calm()
            [proxy] = it.proxies
            for _ in range(2):
                await asyncio.sleep(2.0)
                it.strike("answers held back")
                proxy.hold_answers()
                await asyncio.sleep(12.0)
                proxy.restore()
            await it.compare()
