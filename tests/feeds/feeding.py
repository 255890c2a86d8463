"""Feeds as a user writes them, and records as other systems publish them."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from service.feeds.mapped import Mapped
from service.feeds.mapper import Mapper
from service.feeds.record import ForeignRecord
from service.feeds.schemas import Schema, SchemaRef
from service.settings import Settings
from service.settings.feed_groups import feed_mapper

#: 2026-03-02T12:00:00Z: nothing below happens later.
NOON: Final = 1_772_452_800_000_000
_NO_SCHEMAS: Mapping[SchemaRef, Schema] = MappingProxyType({})

#: A feed that takes everything; tests add a line or two.
STARTED: Final = """
[feeds.crm]
topic = "crm"
emit = "contact-started"
contact_id = "id"
customer_id = "customer"
started_at = "at"
channel = "channel"
"""
TICKET: Final = MappingProxyType(
    {"id": "t-1", "customer": "k-1", "at": "2026-03-02T09:00:00Z", "channel": "email"}
)


def mapper(toml: str) -> Mapper:
    """The feeds of a configuration."""
    return feed_mapper(Settings(**tomllib.loads(toml)))


def record(
    value: Any,
    *,
    topic: str = "crm",
    key: bytes | None = None,
    headers: Mapping[str, bytes] = MappingProxyType({}),
) -> ForeignRecord:
    """A record at noon; `value` is JSON, bytes as they are, or None."""
    if isinstance(value, Mapping):
        value = dict(value)
    data = value if value is None or isinstance(value, bytes) else json.dumps(value).encode()
    return ForeignRecord(topic, NOON // 1000, key, tuple(headers.items()), data)


def mapped(toml: str, value: Any, **parts: Any) -> Mapped:
    """What the feeds make of a record."""
    return mapper(toml).map(record(value, **parts), NOON)


def events(toml: str, value: Any, **parts: Any) -> list[dict[str, Any]]:
    """The events of a record of which none failed."""
    made = mapped(toml, value, **parts)
    assert made.failed == ()
    return [json.loads(event.value) for event in made.emitted]


def given(expression: str, value: Any, more: str = "", **parts: Any) -> Any:
    """What an expression gives, as the id of a contact: so of texts and numbers alone."""
    feed = f"{STARTED}event_id = '''{expression}'''\n{more}"
    (event,) = events(feed, {**TICKET, "x": value}, **parts)
    return event.get("event_id")


def failure(toml: str, value: Any, **parts: Any) -> str:
    """The reason and detail of the one failure."""
    made = mapped(toml, value, **parts)
    (failed,) = made.failed
    assert made.emitted == ()
    return f"{failed.reason}: {failed.detail}"
