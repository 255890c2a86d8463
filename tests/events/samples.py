"""One plain event of each type, and a decoder whose wall clock stands still."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from service.events.agents import AgentEventType
from service.events.decoding import Decoder
from service.events.model import Event, EventType
from service.events.refusal import Reason, Refused

SCHEMAS: Final = Path(__file__).parents[2] / "schemas"

SECOND: Final = 1_000_000
MAX_BYTES: Final = 65_536
SKEW: Final = 300 * SECOND
WALL: Final = int(datetime(2025, 6, 1, 12, tzinfo=UTC).timestamp()) * SECOND

EVENTS: Final[dict[EventType, dict[str, Any]]] = {
    "contact-started": {
        "contact_id": "C-1",
        "customer_id": "customer-1",
        "started_at": "2025-06-01T10:00:00Z",
        "channel": "voice",
    },
    "contact-resolved": {
        "contact_id": "C-1",
        "customer_id": "customer-1",
        "resolved_at": "2025-06-01T10:05:00Z",
    },
    "survey-answered": {
        "contact_id": "C-1",
        "customer_id": "customer-1",
        "answered_at": "2025-06-01T11:00:00Z",
        "survey": "csat",
        "score": 4,
    },
    "contact-responded": {
        "contact_id": "C-1",
        "customer_id": "customer-1",
        "responded_at": "2025-06-01T10:00:20Z",
    },
    "contact-updated": {
        "contact_id": "C-1",
        "customer_id": "customer-1",
        "updated_at": "2025-06-01T10:02:00Z",
        "status": "waiting",
    },
    "contact-evaluated": {
        "contact_id": "C-1",
        "customer_id": "customer-1",
        "evaluated_at": "2025-06-01T11:30:00Z",
        "fatal_errors": 0,
    },
    "customer-changed": {
        "customer_id": "customer-1",
        "changed_at": "2025-06-01T12:00:00Z",
        "status": "left",
    },
}

AGENT_EVENTS: Final[dict[AgentEventType, dict[str, Any]]] = {
    "agent-state-changed": {
        "agent_id": "agent-1",
        "changed_at": "2025-06-01T10:00:00Z",
        "state": "busy",
    },
    "agent-scheduled": {
        "agent_id": "agent-1",
        "shift_id": "shift-1",
        "starts_at": "2025-06-01T08:00:00Z",
        "ends_at": "2025-06-01T16:00:00Z",
    },
    "agent-employed": {
        "agent_id": "agent-1",
        "employed_from": "2025-06-01T00:00:00Z",
    },
}
ALL_EVENTS: Final[dict[EventType | AgentEventType, dict[str, Any]]] = {**EVENTS, **AGENT_EVENTS}

DECODER: Final = Decoder(MAX_BYTES, SKEW)


def text(type_: EventType | AgentEventType, **changes: Any) -> bytes:
    """The JSON text of the plain event of this type, with changes."""
    return json.dumps({**ALL_EVENTS[type_], **changes}).encode()


def decode(type_: EventType, value: bytes | None) -> Event:
    """The event of a record without a key."""
    return timed(type_, value)[0]


def timed(type_: EventType, value: bytes | None) -> tuple[Event, int]:
    if value is None:
        return DECODER.decode(type_, b"customer-1", None, WALL)
    return DECODER.decode_without_key(type_, value, WALL)


def refusal(type_: EventType | AgentEventType, value: bytes | None) -> Reason | None:
    """Why this value is refused; None: it is taken."""
    try:
        if value is None:
            DECODER.decode(type_, b"an id", None, WALL)
        else:
            DECODER.decode_without_key(type_, value, WALL)
    except Refused as refused:
        return refused.reason
    return None
