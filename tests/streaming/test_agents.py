"""Agents beside contacts: topics, partitions, clock and changelog of their own, in one worker."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from service.agents.engine import AgentsEngine
from service.definitions import Definitions
from service.events.decoding import Decoder
from service.partition.engine import Engine
from service.store.settings_told import written
from service.streaming.config import KafkaConfig, TopicCreation
from service.streaming.errors import StreamError
from service.streaming.service import StreamService
from service.streaming.topics import prepare_topics
from tests.brokers.topics import create_topic
from tests.streaming.harness import config, eventually, publish, read_all

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from service.events.agents import AgentEventType

pytestmark = pytest.mark.broker

DEFINITIONS = Definitions(agents=True)
TYPES: tuple[AgentEventType, ...] = ("agent-state-changed", "agent-scheduled", "agent-employed")
STATES = ("available", "busy", "wrap_up", "paused", "offline")
#: When the agents are where they are; some time before the tests.
NOW = datetime.now(UTC)
AGENTS = 40


def with_agents(bootstrap: str, unique: Callable[[str], str]) -> KafkaConfig:
    """Two partitions of contacts; those of agents are as many as the topics have that are there."""
    return replace(
        config(bootstrap, unique, partitions=2),
        agent_topics={type_: unique(type_) for type_ in TYPES},
        agents_changelog_topic=unique("agents-changelog"),
    )


@asynccontextmanager
async def serving(settings: KafkaConfig) -> AsyncIterator[StreamService]:
    service = StreamService(
        settings,
        {
            "contacts": lambda: Engine(DEFINITIONS, agreed_labels=True),
            "agents": lambda: AgentsEngine(DEFINITIONS, agreed_labels=True),
        },
        Decoder(65_536, 300_000_000),
        written(DEFINITIONS),
    )
    await service.start()
    try:
        await eventually(lambda: service.ready()[0], "ready")
        yield service
    finally:
        await service.stop()


async def told(service: StreamService, sample: str) -> Counter[tuple[str, ...]]:
    """The series of that sample, added up over the partitions."""
    found: Counter[tuple[str, ...]] = Counter()
    for _, snapshot in await service.snapshots(5.0):
        if (family := snapshot.families.get(sample)) is not None:
            found.update(dict(zip(family.labels, family.values.tolist(), strict=False)))
    return +found


def state(agent: int, state: str, hours_ago: float) -> tuple[bytes, bytes]:
    value = {
        "agent_id": f"agent-{agent}",
        "changed_at": (NOW - timedelta(hours=hours_ago)).isoformat(),
        "state": state,
        "team": f"team {agent % 3}",
    }
    return value["agent_id"].encode(), json.dumps(value).encode()


def contact() -> tuple[bytes, bytes]:
    value = {"contact_id": "c", "customer_id": "x", "started_at": NOW.isoformat()}
    return b"x", json.dumps({**value, "channel": "chat"}).encode()


def shift(agent: int, begins: float, ends: float) -> tuple[bytes, bytes]:
    value = {
        "agent_id": f"agent-{agent}",
        "shift_id": "today",
        "starts_at": (NOW + timedelta(hours=begins)).isoformat(),
        "ends_at": (NOW + timedelta(hours=ends)).isoformat(),
    }
    return value["agent_id"].encode(), json.dumps(value).encode()


def states_now() -> Counter[tuple[str, ...]]:
    return Counter((f"team {agent % 3}", STATES[agent % 5]) for agent in range(AGENTS))


async def test_agents_and_contacts_are_counted_side_by_side_and_taken_up_again(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = with_agents(bootstrap, unique)
    for topic in settings.agent_topics.values():
        await create_topic(bootstrap, topic, 5)
    topics = settings.agent_topics
    expected = states_now()

    async def all_there() -> bool:
        open_contacts = await told(service, "cx_backlog_contacts")
        return await told(service, "cx_agents") == expected and open_contacts.total() == 1

    async with serving(settings) as service:
        assert service.membership().partitions == {"contacts": 2, "agents": 5}
        await publish(bootstrap, settings.topics["contact-started"], [contact()])
        early = [state(agent, "available", 3) for agent in range(AGENTS)]
        late = [state(agent, STATES[agent % 5], 1) for agent in range(AGENTS)]
        shifts = [shift(agent, -3, 5) for agent in range(AGENTS)]
        await publish(bootstrap, topics["agent-scheduled"], shifts)
        await publish(bootstrap, topics["agent-state-changed"], [*late, *early, *late])
        await eventually(all_there, "the agents' states")
        held = {(it.group, number) for number, it in await service.snapshots(5.0)}
        assert held == {*(("contacts", n) for n in range(2)), *(("agents", n) for n in range(5))}
        since_then = (datetime.now(UTC) - NOW).total_seconds()
        span = (3 * 3600 + since_then) * 1e6 * AGENTS
        counted = await told(service, "cx_agent_seconds_total")
        assert sum(counted.values()) == pytest.approx(span, rel=0.05)
        # Of a shift that goes on, what lies ahead is not scheduled yet.
        scheduled = await told(service, "cx_window_agent_scheduled_seconds")
        day = sum(of for labels, of in scheduled.items() if labels[-1] == "24h")
        assert day == pytest.approx(span, rel=0.05)
    keys = {record.key for record in await read_all(bootstrap, settings.changelog_topic, 2)}
    assert not any(b"agent-" in key for key in keys)
    async with serving(settings) as service:
        await eventually(all_there, "the agents' states after a restart")
        again = await told(service, "cx_agent_seconds_total")
        assert all(again[labels] >= value for labels, value in counted.items())
        await publish(bootstrap, topics["agent-state-changed"], [state(0, "offline", 0)])
        expected.subtract({("team 0", "available"): 1})
        expected.update({("team 0", "offline"): 1})
        await eventually(all_there, "what came after the restart")


async def test_missing_topics_of_agents_are_created_and_have_to_fit_among_themselves(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = replace(with_agents(bootstrap, unique), creation=TopicCreation(3))
    await create_topic(bootstrap, settings.agent_topics["agent-employed"], 6)
    installation = await prepare_topics(settings)
    assert (installation.partitions, installation.agent_partitions) == (3, 6)
    unequal = replace(settings, agents_changelog_topic=settings.changelog_topic + "-x")
    await create_topic(bootstrap, unequal.agents_changelog_topic, 2)
    with pytest.raises(StreamError, match=r"unequal partition counts: .*has 6"):
        await prepare_topics(unequal)
