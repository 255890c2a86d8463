"""CONTRACT 1.1: which of two different events for one part of a contact stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.reference.events import EVENT_TIME, Fields

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What an event means beyond its part, its version and its time, in the order that decides
#: between two of equal version and time. `agent_id` and `event_id` mean nothing to any number.
MEANING: Final = {
    "contact-started": (
        *("channel", "queue", "reason", "priority", "direction", "previous_contact_id"),
    ),
    "contact-resolved": (
        *("outcome", "first_response_at", "queue", "reason"),
        *("agent_replies", "handle_seconds", "transfers", "team", "resolved_by"),
    ),
    "survey-answered": ("score", "issue_resolved", "scale"),
    "contact-responded": ("responder",),
    "contact-evaluated": ("score", "fatal_errors", "nonfatal_errors", "positive", "negative"),
    "contact-updated": ("status", "by", "queue", "reason", "priority"),
    "customer-changed": ("status", "segment", "monthly_revenue"),
}
#: Words that have an order of their own; all others are compared as text.
ORDERED: Final = {
    "outcome": ("resolved", "unresolved", "abandoned", "void"),
    "by": ("customer", "agent", "system"),
}


def rank(topic: str, fields: Fields) -> tuple[Any, ...]:
    """The event of the greatest rank stands: version, time, then meaning, absent the least."""
    # there is nothing to amend of a response: its time and responder are all that it says
    version = 0 if topic == "contact-responded" else fields["version"]
    ranks: list[Any] = [version, fields[EVENT_TIME[topic]]]
    for name in MEANING[topic]:
        value = fields[name]
        if value is None:
            ranks.append((0,))
        else:
            ranks.append((1, ORDERED[name].index(value) if name in ORDERED else value))
    return tuple(ranks)


def standing(topic: str, events: Iterable[Fields]) -> Fields:
    return max(events, key=lambda fields: rank(topic, fields))
