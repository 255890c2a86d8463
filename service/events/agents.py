"""The event types about agents, exactly as publishers send them; see :mod:`service.events.model`.

They have topics, partitions and a clock of their own: their Kafka key is the `agent_id`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from service.events.model import EVENT_CLASSES, Event, EventType, Id, Label, Time, Version

if TYPE_CHECKING:
    from collections.abc import Mapping

AgentEventType = Literal["agent-state-changed", "agent-scheduled", "agent-employed"]

AGENT_STATE_CHANGED: Final = "agent-state-changed"
AGENT_SCHEDULED: Final = "agent-scheduled"
AGENT_EMPLOYED: Final = "agent-employed"

AgentState = Literal["available", "busy", "wrap_up", "paused", "offline"]
Activity = Literal["work", "pause"]


class AgentStateChanged(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What an agent does from now on; `busy` is with a customer."""

    agent_id: Id
    changed_at: Time
    state: AgentState
    team: Label | None = None
    version: Version = 0
    event_id: Id | None = None


class AgentScheduled(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """An agent is to work, or to pause, between two moments, which may lie ahead."""

    agent_id: Id
    shift_id: Id
    starts_at: Time
    ends_at: Time
    activity: Activity = "work"
    team: Label | None = None
    cancelled: bool = False
    version: Version = 0
    event_id: Id | None = None


class AgentEmployed(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """An agent is employed from a moment on, perhaps until another; both may lie ahead."""

    agent_id: Id
    employed_from: Time
    employed_until: Time | None = None
    team: Label | None = None
    version: Version = 0
    event_id: Id | None = None


AnyEventType = Literal[EventType, AgentEventType]
AgentEvent = AgentStateChanged | AgentScheduled | AgentEmployed

AGENT_EVENT_CLASSES: Final[Mapping[AgentEventType, type[AgentEvent]]] = MappingProxyType(
    {
        AGENT_STATE_CHANGED: AgentStateChanged,
        AGENT_SCHEDULED: AgentScheduled,
        AGENT_EMPLOYED: AgentEmployed,
    }
)

#: Made ahead, or afterwards: when they apply says nothing of when they were sent.
AGENT_PLANS: Final = frozenset({AGENT_SCHEDULED, AGENT_EMPLOYED})

#: Of contacts and customers, and of agents.
ALL_EVENT_CLASSES: Final[Mapping[AnyEventType, type[Event] | type[AgentEvent]]] = MappingProxyType(
    {**dict(EVENT_CLASSES.items()), **dict(AGENT_EVENT_CLASSES.items())}
)

#: The field with an event's own time. Only that of states moves a clock: plans are made ahead.
AGENT_TIME_FIELDS: Final[Mapping[AgentEventType, str]] = MappingProxyType(
    {
        AGENT_STATE_CHANGED: "changed_at",
        AGENT_SCHEDULED: "starts_at",
        AGENT_EMPLOYED: "employed_from",
    }
)
