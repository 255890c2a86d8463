"""Feeds may tell of agents too: their topics have a number of partitions of their own."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service.events.decoding import Decoder
from service.feeds.mapper import Mapper
from service.settings.feed_groups import feed_definitions
from service.settings.feeds import Feeds
from service.streaming.config import TopicCreation
from service.streaming.errors import StreamError
from service.streaming.mapping.service import MappingService
from service.streaming.placement import java_partitions
from tests.brokers.topics import create_topic
from tests.streaming.harness import eventually, publish, read_all
from tests.streaming.mapping.toy import stage_config

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.events.agents import AgentEventType
    from service.streaming.mapping.config import StageConfig

pytestmark = pytest.mark.broker

CONTACTS, AGENTS = 4, 3


def config_of(bootstrap: str, unique: Callable[[str], str]) -> StageConfig:
    config = stage_config(bootstrap, unique)
    agents: dict[AgentEventType, str] = {
        "agent-state-changed": unique("agent-state-changed"),
        "agent-scheduled": unique("agent-scheduled"),
    }
    return replace(config, kafka=replace(config.kafka, agent_topics=agents))


def mapper(topic: str) -> Mapper:
    feeds = {
        "opened": {
            "topic": topic,
            "emit": "contact-started",
            "match": {"kind": "call"},
            "contact_id": "id",
            "customer_id": "who",
            "started_at": "at",
            "channel": "'voice'",
        },
        "state": {
            "topic": topic,
            "emit": "agent-state-changed",
            "match": {"kind": "state"},
            "agent_id": "who",
            "changed_at": "at",
            "state": "lower(state)",
        },
        "shift": {
            "topic": topic,
            "emit": "agent-scheduled",
            "match": {"kind": "shift"},
            "agent_id": "who",
            "shift_id": "id",
            "starts_at": "at",
            "ends_at": "until",
        },
    }
    return Mapper(feed_definitions(Feeds.model_validate(feeds)), Decoder(65_536, 300_000_000))


async def test_events_of_agents_lie_where_java_places_their_agent(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    config = config_of(bootstrap, unique)
    (foreign,) = config.inputs
    kafka = replace(config.kafka, creation=TopicCreation(AGENTS))
    config = replace(config, kafka=kafka)
    await create_topic(bootstrap, foreign)
    await create_topic(bootstrap, kafka.topics["contact-started"], CONTACTS)
    at = {"at": "2026-01-01T00:00:00Z", "until": "2026-01-01T08:00:00+00:00"}
    records = [
        {"kind": kind, "id": f"{kind}{number}", "who": f"w{number}", "state": "BUSY", **at}
        for kind in ("call", "state", "shift")
        for number in range(20)
    ]
    await publish(bootstrap, foreign, [(b"", json.dumps(it).encode()) for it in records])
    stage = MappingService(config, mapper(foreign), None)
    await stage.start()
    try:
        for topic, of, partitions in (
            (kafka.topics["contact-started"], "customer_id", CONTACTS),
            (kafka.agent_topics["agent-state-changed"], "agent_id", AGENTS),
            (kafka.agent_topics["agent-scheduled"], "agent_id", AGENTS),
        ):

            async def all_there(topic: str = topic, partitions: int = partitions) -> bool:
                return len(await read_all(bootstrap, topic, partitions)) == 20

            await eventually(all_there, topic)
            written = await read_all(bootstrap, topic, partitions)
            keys = [it.key for it in written]
            assert keys == [json.loads(it.value)[of].encode() for it in written]
            places = java_partitions(keys, partitions).tolist()
            assert [it.partition for it in written] == places
    finally:
        await stage.stop()


async def test_topics_of_agents_need_the_same_number_among_themselves(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    config = config_of(bootstrap, unique)
    kafka = config.kafka
    await create_topic(bootstrap, kafka.topics["contact-started"], CONTACTS)
    await create_topic(bootstrap, kafka.dead_letter_topic)
    await create_topic(bootstrap, kafka.agent_topics["agent-state-changed"], 2)
    await create_topic(bootstrap, kafka.agent_topics["agent-scheduled"], AGENTS)
    with pytest.raises(StreamError, match="unequal partition counts: agent-state-changed"):
        await MappingService(config, mapper(config.inputs[0]), None).start()
