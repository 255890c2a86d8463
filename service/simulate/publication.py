"""One event on its way to its topic."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import orjson

if TYPE_CHECKING:
    from service.events.agents import AgentEvent, AgentEventType
    from service.events.model import Event, EventType


#: The topic of each type that is published, of contacts' events and of agents'.
Topics = Mapping[Any, str]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_encode = msgspec.json.Encoder().encode


class Publication(NamedTuple):
    """A record to publish: key and value as they stand on the topic."""

    type: EventType | AgentEventType
    key: bytes
    value: bytes
    #: The simulated moment at which it is published, in µs since the epoch: the event's own
    #: time, or later, never before.
    at: int


def publication(type_: EventType, event: Event, at: int) -> Publication:
    """The event, published at the moment it happens."""
    return Publication(type_, event.customer_id.encode(), _encode(event), at)


def agent_publication(type_: AgentEventType, event: AgentEvent, at: int) -> Publication:
    """The same of an event about an agent."""
    return Publication(type_, event.agent_id.encode(), _encode(event), at)


def moment(at: int) -> datetime:
    """A time of the simulation (µs since the epoch) as events carry it."""
    return _EPOCH + timedelta(microseconds=at)


def ndjson_line(item: Publication, topic: str) -> bytes:
    """The record as a line that `contact-metrics replay` reads, with its line break.

    A line has no key: a value published under a wrong key looks sound there. A value that is
    not JSON makes a line that is not JSON either.
    """
    return b'{"topic":' + orjson.dumps(topic) + b',"value":' + item.value + b"}\n"
