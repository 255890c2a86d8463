"""A mapper whose rules fit on one page, and a stage of it."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from service.feeds.mapped import Emitted, Failed, Mapped, Result
from service.feeds.schemas import SchemaRef
from service.streaming.config import KafkaConfig
from service.streaming.mapping.config import StageConfig
from service.streaming.mapping.service import MappingService
from tests.streaming.harness import REBALANCE_S, SESSION_S, eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from service.feeds.record import ForeignRecord
    from service.feeds.schemas import Schema
    from service.streaming.registry.config import RegistryConfig

FEED = "toy"
#: What the toy does not foresee.
MISTAKEN = b"mistaken"


class ToyMapper:
    """Makes a contact-started of `{"id", "who"}`; skips `{}`; fails on all else.

    A value that begins with a byte 0 needs the schema with the number that follows.
    """

    def schemas_needed(self, record: ForeignRecord) -> tuple[SchemaRef, ...]:
        value = record.value or b""
        return (SchemaRef("id", str(value[4])),) if value[:1] == b"\0" else ()

    def map(
        self, record: ForeignRecord, wall_us: int, schemas: Mapping[SchemaRef, Schema]
    ) -> Mapped:
        value = record.value or b""
        for ref in self.schemas_needed(record):
            if (problem := schemas[ref].problem) is not None:
                return _failed(problem)
            value = value[5:]
        if value == MISTAKEN:
            raise ZeroDivisionError
        try:
            ticket = json.loads(value)
        except ValueError:
            return _failed("the value is not JSON")
        if ticket == {}:
            return Mapped((), (), ((FEED, Result.SKIPPED),))
        if not (isinstance(ticket, dict) and ticket.keys() == {"id", "who"}):
            return _failed("no such ticket", times=2)
        event = {
            "contact_id": ticket["id"],
            "customer_id": ticket["who"],
            "started_at": "2026-01-01T00:00:00Z",
            "channel": "chat",
        }
        key = str(ticket["who"]).encode()
        emitted = Emitted(FEED, "contact-started", key, json.dumps(event).encode(), 0)
        return Mapped((emitted,), (), ((FEED, Result.EMITTED),))


def _failed(detail: str, times: int = 1) -> Mapped:
    return Mapped((), (Failed(FEED, "toy", detail),) * times, ((FEED, Result.FAILED),))


def stage_config(bootstrap: str, unique: Callable[[str], str]) -> StageConfig:
    """Topics and a group of this test alone, with short time-outs."""
    kafka = KafkaConfig(
        bootstrap=bootstrap,
        topics={"contact-started": unique("contact-started")},
        dead_letter_topic=unique("dead-letters"),
        group_id=unique("map"),
        session_timeout=SESSION_S,
        rebalance_timeout=REBALANCE_S,
    )
    return StageConfig(kafka, (unique("tickets"),), (FEED,))


@asynccontextmanager
async def running(
    config: StageConfig, registry: RegistryConfig | None = None
) -> AsyncIterator[MappingService]:
    """A stage that is started, not yet ready."""
    stage = MappingService(config, ToyMapper(), registry)
    await stage.start()
    try:
        yield stage
    finally:
        await stage.stop()


async def until_ready(stage: MappingService) -> None:
    await eventually(lambda: stage.ready()[0], "ready")


def records(stage: MappingService) -> dict[str, int]:
    """How many records the toy's feed has emitted, skipped and failed on."""
    family = stage.families()["cx_pipeline_feed_records_total"]
    return {labels[1]: int(n) for labels, n in zip(family.labels, family.values, strict=False)}
