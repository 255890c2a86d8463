"""CONTRACT 1, the record: a contact is a record; an event is an upsert of one part of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.reference.events import EVENT_TIME, Fields
from tests.reference.settings import ReferenceSettings, micro

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: What an event means beyond its part and its time, in the order that decides between two
#: different events of equal time. `agent_id` and `event_id` mean nothing to any number.
MEANING: Final = {
    "contact-started": (
        *("channel", "queue", "reason", "priority", "direction", "previous_contact_id"),
    ),
    "contact-resolved": (
        *("outcome", "first_response_at", "queue", "reason"),
        *("agent_replies", "handle_seconds", "transfers"),
    ),
    "survey-answered": ("score", "issue_resolved"),
    "contact-responded": ("responder",),
}
OUTCOMES: Final = ("resolved", "unresolved", "abandoned")

#: (customer_id, contact_id): a contact_id names a contact within its customer.
ContactKey = tuple[str, str]


@dataclass
class Contact:
    """All parts known of one contact, each the standing one."""

    key: ContactKey
    open_horizon: int
    started: Fields | None = None
    resolved: Fields | None = None
    surveys: dict[str, Fields] = field(default_factory=dict)
    #: Distinct (responded_at, responder).
    responses: set[tuple[int, str]] = field(default_factory=set)

    @property
    def is_contact(self) -> bool:
        """CONTRACT 3: *contact* means inbound, `contact-started` known."""
        return self.started is not None and self.started["direction"] == "inbound"

    @property
    def started_at(self) -> int:
        return int(self.begin["started_at"])

    @property
    def begin(self) -> Fields:
        assert self.started is not None
        return self.started

    def outcome(self, clock: int) -> str | None:
        """None while it is open. One that is never resolved expires at its horizon."""
        if self.resolved is not None:
            return str(self.resolved["outcome"])
        return "expired" if clock >= self.started_at + self.open_horizon else None

    def closed_at(self, clock: int) -> int | None:
        if self.resolved is not None:
            return int(self.resolved["resolved_at"])
        expiry = self.started_at + self.open_horizon
        return expiry if clock >= expiry else None

    @property
    def agent_responses(self) -> set[int]:
        return {at for at, responder in self.responses if responder == "agent"}

    @property
    def first_response_at(self) -> int | None:
        """The earliest of `contact-resolved.first_response_at` and the agents' responses."""
        known = set(self.agent_responses)
        if self.resolved is not None and self.resolved["first_response_at"] is not None:
            known.add(self.resolved["first_response_at"])
        return min(known, default=None)

    @property
    def agent_replies(self) -> int | None:
        """The number given by `contact-resolved`, else that of the agents' responses, if any."""
        if self.resolved is not None and self.resolved["agent_replies"] is not None:
            return int(self.resolved["agent_replies"])
        return len(self.agent_responses) or None


def rank(topic: str, fields: Fields) -> tuple[Any, ...]:
    """The event of the greatest rank stands: the later one, then by meaning, absent the least."""
    ranks: list[Any] = [fields[EVENT_TIME[topic]]]
    for name in MEANING[topic]:
        value = fields[name]
        if value is None:
            ranks.append((0,))
        else:
            ranks.append((1, OUTCOMES.index(value) if name == "outcome" else value))
    return tuple(ranks)


def standing(topic: str, events: Iterable[Fields]) -> Fields | None:
    return max(events, key=lambda fields: rank(topic, fields), default=None)


def assemble(
    events: Sequence[tuple[str, Fields]], settings: ReferenceSettings
) -> tuple[list[Contact], list[str]]:
    """The records that these events leave, and each event's result, in the same order."""
    results: list[str] = []
    seen: set[tuple[Any, ...]] = set()
    parts: dict[ContactKey, dict[str, list[Fields]]] = {}
    for topic, fields in events:
        key = (fields["customer_id"], fields["contact_id"])
        part = topic if topic != "survey-answered" else f"{topic} {fields['survey']}"
        meaning = rank(topic, fields)
        results.append("duplicate" if (key, part, meaning) in seen else "accepted")
        seen.add((key, part, meaning))
        parts.setdefault(key, {}).setdefault(part, []).append(fields)
    horizon = micro(settings.open_horizon)
    return [record(key, horizon, of_contact) for key, of_contact in parts.items()], results


def record(key: ContactKey, horizon: int, parts: dict[str, list[Fields]]) -> Contact:
    contact = Contact(key, horizon)
    contact.started = standing("contact-started", parts.get("contact-started", []))
    contact.resolved = standing("contact-resolved", parts.get("contact-resolved", []))
    for survey in ("csat", "nps", "ces"):
        answer = standing("survey-answered", parts.get(f"survey-answered {survey}", []))
        if answer is not None:
            contact.surveys[survey] = answer
    for response in parts.get("contact-responded", []):
        contact.responses.add((response["responded_at"], response["responder"]))
    return contact
