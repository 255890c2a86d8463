"""What one worker was told and another needs: it is read again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from service.cli.mapping import stage_config
from service.settings import Settings
from service.settings.feed_groups import feed_mapper
from service.streaming.mapping.service import MappingService
from tests.brokers.topics import create_topic
from tests.streaming.harness import REBALANCE_S, SESSION_S, eventually, publish, read_all

pytestmark = pytest.mark.broker

_ENTERED = b"1772719208|1772719200.17|600|NONE|ENTERQUEUE||4930123456|1"
_ANSWERED = b"1772719220|1772719200.17|600|Agent/1|CONNECT|12|1772719216.18|4"


async def test_a_caller_is_known_after_a_restart(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    topics = {
        name: unique(name)
        for name in ("contact_started", "contact_resolved", "contact_responded", "contact_updated")
    }
    for topic in topics.values():
        await create_topic(bootstrap, topic, 1)
    log, letters = unique("log"), unique("letters")
    await create_topic(bootstrap, log, 1)
    await create_topic(bootstrap, letters, 1)
    settings = Settings(
        contact_responded=True,
        contact_updated=True,
        kafka={"bootstrap_servers": [bootstrap], "map_group": unique("map")},
        topics={**topics, "dead_letters": letters},
        feeds={"use": ["asterisk-queue-log"], "asterisk-queue-log": {"topic": log}},
    )
    await _mapped(settings, log, _ENTERED, "asterisk-queue-log-start")
    await _mapped(settings, log, _ANSWERED, "asterisk-queue-log-answered")
    (answer,) = await read_all(bootstrap, topics["contact_responded"], 1)
    assert answer.key == b"4930123456"
    assert json.loads(answer.value)["contact_id"] == "1772719200.17"
    assert await read_all(bootstrap, letters, 1) == []


async def _mapped(settings: Settings, log: str, line: bytes, feed: str) -> None:
    """A worker that comes, maps the line, and goes."""
    await publish(settings.kafka.bootstrap_servers[0], log, [(b"pbx", line)])
    mapper = feed_mapper(settings)
    config = stage_config(settings, mapper)
    kafka = replace(config.kafka, session_timeout=SESSION_S, rebalance_timeout=REBALANCE_S)
    stage = MappingService(replace(config, kafka=kafka), mapper, None)
    await stage.start()
    try:
        await eventually(lambda: bool(_emitted(stage).get(feed)), feed)
    finally:
        assert await stage.stop()


def _emitted(stage: MappingService) -> dict[str, float]:
    family = stage.families()["cx_pipeline_feed_records_total"]
    return {
        labels[0]: number
        for labels, number in zip(family.labels, family.values, strict=False)
        if labels[1] == "emitted"
    }
