"""A registry that does not answer makes records wait: those that need it, and no others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from service.streaming.registry.config import RegistryConfig
from tests.patience import PATIENCE_S
from tests.streaming.harness import committed, eventually, publish, read_all
from tests.streaming.mapping.test_stage import create_topics, tickets
from tests.streaming.mapping.toy import records, running, stage_config, until_ready
from tests.streaming.registry.server import FakeRegistry

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.broker


async def test_only_what_needs_the_registry_waits_for_it_and_nothing_of_it_is_refused(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    config = stage_config(bootstrap, unique)
    topic = config.inputs[0]
    await create_topics(config, inputs=2)
    registry = FakeRegistry()
    known = registry.register("tickets", {"type": "string"}, kind="JSON")
    await registry.start()
    address = RegistryConfig(registry.url)
    await registry.stop()
    by_id = [(key, b"\0" + known.to_bytes(4) + value) for key, value in tickets([1, 2])]
    unknown = [(b"k", b"\0" + (known + 1).to_bytes(4) + b"{}")]

    async with running(config, address) as stage:
        await until_ready(stage)
        await publish(bootstrap, topic, by_id + unknown, partition=0)
        await publish(bootstrap, topic, tickets([3, 4]), partition=1)
        await eventually(lambda: records(stage)["emitted"] == 2, "the others")
        await publish(bootstrap, topic, tickets([5]), partition=1)
        await eventually(lambda: records(stage)["emitted"] == 3, "still the others")
        await eventually(
            lambda: any(stage.families()["cx_pipeline_registry_wait_seconds"].values), "a wait"
        )
        await eventually(
            lambda: 3 in stage.families()["cx_pipeline_feed_lag_records"].values, "its lag"
        )
        async with asyncio.timeout(PATIENCE_S):
            await stage.stop()
    assert await committed(config.kafka, topic, 0) in (None, 0)
    assert await read_all(bootstrap, config.kafka.dead_letter_topic, 1) == []

    await registry.start()
    try:
        async with running(config, address) as stage:
            await eventually(lambda: records(stage)["emitted"] == 2, "those that waited")
            await eventually(lambda: records(stage)["failed"] == 1, "what nobody knows")
            assert stage.families()["cx_pipeline_registry_wait_seconds"].values[0] == 0
    finally:
        await registry.stop()
    [letter] = await read_all(bootstrap, config.kafka.dead_letter_topic, 1)
    assert letter.value == unknown[0][1]
