"""CONTRACT 1.1, the record: a contact is a record; an event is an upsert of one part of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.reference.events import EVENT_TIME, Fields
from tests.reference.life import Life, live
from tests.reference.rank import rank, standing
from tests.reference.settings import ReferenceSettings, micro

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: (customer_id, contact_id): a contact_id names a contact within its customer.
ContactKey = tuple[str, str]
#: survey, survey_id, aspect.
SurveyKey = tuple[str, str | None, str]
#: What an update can change; `by` goes with its status.
UPDATED: Final = ("status", "queue", "reason", "priority")


@dataclass
class Contact:
    """All parts known of one contact, each the standing one."""

    key: ContactKey
    open_horizon: int
    started: Fields | None = None
    #: All of them: which of them stand depends on the status updates between.
    resolutions: list[Fields] = field(default_factory=list)
    #: One for each time, in the order of time.
    updates: list[Fields] = field(default_factory=list)
    surveys: dict[SurveyKey, Fields] = field(default_factory=dict)
    #: By their id; None is an id of its own.
    evaluations: dict[str | None, Fields] = field(default_factory=dict)
    #: Distinct (responded_at, responder).
    responses: set[tuple[int, str]] = field(default_factory=set)
    lives: dict[int, Life] = field(default_factory=dict)

    def is_contact(self, clock: int) -> bool:
        """CONTRACT 3: *contact* means inbound, not void, `contact-started` known."""
        return self.is_inbound and not self.is_void(clock)

    @property
    def is_inbound(self) -> bool:
        return self.started is not None and self.started["direction"] == "inbound"

    def is_void(self, clock: int) -> bool:
        return self.started is not None and self.life(clock).outcome == "void"

    @property
    def started_at(self) -> int:
        return int(self.begin["started_at"])

    @property
    def begin(self) -> Fields:
        assert self.started is not None
        return self.started

    def life(self, clock: int) -> Life:
        """Of a contact whose start is known."""
        if clock not in self.lives:
            self.lives[clock] = live(
                self.started_at, self.updates, self.resolutions, self.open_horizon, clock
            )
        return self.lives[clock]

    @property
    def agent_responses(self) -> set[int]:
        return {at for at, responder in self.responses if responder == "agent"}

    def first_response_at(self, clock: int) -> int | None:
        """The earliest of those that the closings give and the agents' responses."""
        known = set(self.agent_responses)
        for closing in self.life(clock).closings:
            if closing.given("first_response_at") is not None:
                known.add(closing.given("first_response_at"))
        return min(known, default=None)

    def agent_replies(self, clock: int) -> int | None:
        """The number given by the last closing, else that of the agents' responses, if any."""
        given = self.life(clock).closings[-1].given("agent_replies")
        return int(given) if given is not None else len(self.agent_responses) or None

    def known_at(self, name: str, moment: int) -> Any:
        """Queue, reason or priority: the start's, overlaid by the latest update that has it."""
        value = self.begin[name]
        for update in self.updates:
            if update["updated_at"] <= moment and update[name] is not None:
                value = update[name]
        return value

    def known_now(self, name: str) -> Any:
        value = self.begin[name]
        for update in self.updates:
            value = value if update[name] is None else update[name]
        return value

    def last_known_reason(self, clock: int) -> Any:
        """Of the last closing, overlaid by updates after it; while it is open, the reason now."""
        life = self.life(clock)
        if not life.is_closed:
            return self.known_now("reason")
        closing = life.closings[-1]
        reason = closing.given("reason") or self.known_at("reason", closing.at)
        for update in self.updates:
            if update["updated_at"] > closing.at and update["reason"] is not None:
                reason = update["reason"]
        return reason


def part_of(topic: str, fields: Fields) -> tuple[Any, ...]:
    """What of the record an event sets. Resolutions are parts by what is between them."""
    if topic == "survey-answered":
        return topic, fields["survey"], fields["survey_id"], fields["aspect"]
    if topic == "contact-evaluated":
        return topic, fields["evaluation_id"]
    if topic == "contact-responded":
        return topic, fields["responded_at"], fields["responder"]
    if topic == "contact-updated":
        return topic, fields["updated_at"]
    if topic == "customer-changed":
        return topic, fields["changed_at"]
    return (topic,)


def assemble(
    events: Sequence[tuple[str, Fields]], settings: ReferenceSettings
) -> tuple[list[Contact], list[str]]:
    """The records that these events leave, and each event's result, in the same order."""
    results: list[str] = []
    seen: set[tuple[Any, ...]] = set()
    parts: dict[ContactKey, dict[tuple[Any, ...], list[Fields]]] = {}
    for topic, fields in events:
        # of a customer himself: no contact
        key = (fields["customer_id"], fields.get("contact_id", ""))
        part = part_of(topic, fields)
        meaning = rank(topic, fields)
        results.append("duplicate" if (key, part, meaning) in seen else "accepted")
        seen.add((key, part, meaning))
        parts.setdefault(key, {}).setdefault(part, []).append(fields)
    horizon = micro(settings.open_horizon)
    contacts = {key: it for key, it in parts.items() if key[1]}
    return [record(key, horizon, of_contact) for key, of_contact in contacts.items()], results


def record(key: ContactKey, horizon: int, parts: dict[tuple[Any, ...], list[Fields]]) -> Contact:
    contact = Contact(key, horizon)
    for (topic, *of_topic), told in parts.items():
        if topic == "contact-started":
            contact.started = standing(topic, told)
        elif topic == "contact-resolved":
            contact.resolutions = told
        elif topic == "survey-answered":
            survey, survey_id, aspect = of_topic
            contact.surveys[survey, survey_id, aspect] = standing(topic, told)
        elif topic == "contact-evaluated":
            contact.evaluations[of_topic[0]] = standing(topic, told)
        elif topic == "contact-responded":
            at, responder = of_topic
            contact.responses.add((at, responder))
        else:
            contact.updates.append(merged(told))
    contact.updates.sort(key=lambda update: int(update[EVENT_TIME["contact-updated"]]))
    return contact


def merged(updates: Iterable[Fields]) -> Fields:
    """Of updates at one time: each field is that of the greatest update that has it."""
    whole: Fields = dict.fromkeys((*UPDATED, "by"))
    for update in sorted(updates, key=lambda fields: rank("contact-updated", fields)):
        whole["updated_at"] = update["updated_at"]
        for name in UPDATED:
            if update[name] is not None:
                whole[name] = update[name]
                whole["by"] = update["by"] if name == "status" else whole["by"]
    return whole
