"""Outcomes reach their topic, before a restart and after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from service.definitions import Definitions
from service.events.decoding import Decoder
from service.partition.engine import Engine
from service.streaming.service import StreamService
from tests.brokers.topics import create_topic
from tests.streaming.harness import Running, config, eventually, publish, read_all

if TYPE_CHECKING:
    from collections.abc import Callable


def started(contact: str) -> tuple[bytes, bytes]:
    """A contact that begins now: an older one could be too late."""
    value = {"contact_id": contact, "customer_id": contact, "channel": "chat"}
    now = datetime.now(UTC).isoformat()
    return contact.encode(), msgspec.json.encode({**value, "started_at": now})


async def test_outcomes_reach_their_topic_before_a_restart_and_after_it(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    kafka = replace(config(bootstrap, unique), outcomes_topic=unique("outcomes"))
    topic = str(kafka.outcomes_topic)
    definitions = Definitions(outcomes=True)

    async def told() -> list[str]:
        records = await read_all(bootstrap, topic, 4)
        return [msgspec.json.decode(record.value)["contact_id"] for record in records]

    # What was published before the first start is taken in before the clock begins.
    for event_topic in kafka.topics.values():
        await create_topic(bootstrap, event_topic, 4)
    await publish(bootstrap, kafka.topics["contact-started"], [started("a")])
    for contact in ("a", "b"):
        service = StreamService(
            kafka,
            {"contacts": lambda: Engine(definitions, agreed_labels=True)},
            Decoder(65_536, 300_000_000),
            b"{}",
        )
        await service.start()
        try:
            running = Running(service)
            await running.until_ready()
            if contact == "b":
                await publish(bootstrap, kafka.topics["contact-started"], [started(contact)])
            await running.until_contacts(1 if contact == "a" else 2)

            async def has_been_told(contact: str = contact) -> bool:
                return contact in await told()

            await eventually(has_been_told, f"{contact} told")
        finally:
            await service.stop()
    assert set(await told()) == {"a", "b"}
