"""The event types, exactly as publishers send them.

The annotations are the rules of `schemas/` in the language of msgspec: whatever they can say is
checked while the JSON is read. An optional field that is absent, null or an empty string is None,
or its default.
"""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, Literal, final

from msgspec import Meta, Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A type's name is also the default name of its topic.
EventType = Literal[
    "contact-started",
    "contact-resolved",
    "survey-answered",
    "contact-responded",
    "contact-updated",
    "contact-evaluated",
    "customer-changed",
]

CONTACT_STARTED: Final = "contact-started"
CONTACT_RESOLVED: Final = "contact-resolved"
SURVEY_ANSWERED: Final = "survey-answered"
CONTACT_RESPONDED: Final = "contact-responded"
CONTACT_UPDATED: Final = "contact-updated"
CONTACT_EVALUATED: Final = "contact-evaluated"
CUSTOMER_CHANGED: Final = "customer-changed"

#: The types that are read only where the setting of that name is on.
OPTIONAL: Final[Mapping[EventType, str]] = MappingProxyType(
    {
        CONTACT_RESPONDED: "contact_responded",
        CONTACT_UPDATED: "contact_updated",
        CONTACT_EVALUATED: "contact_evaluated",
        CUSTOMER_CHANGED: "customer_changed",
    }
)

Direction = Literal["inbound", "outbound"]
Outcome = Literal["resolved", "unresolved", "abandoned", "void"]
Survey = Literal["csat", "nps", "ces"]
Aspect = Literal["overall", "access", "resolution", "treatment"]
Responder = Literal["agent", "bot"]
Status = Literal["open", "waiting"]
By = Literal["customer", "agent", "system"]
CustomerStatus = Literal["active", "left"]

#: The label of a contact without queue or reason. Given as such, it says the same: that there is
#: none.
NONE: Final = "none"

#: Bounds that keep every sum of a partition exact in 64 bits (handle times in microseconds).
MAX_COUNT: Final = 1_000_000
MAX_HANDLE_SECONDS: Final = 8_640_000
MAX_REVENUE: Final = 1_000_000_000

#: The greatest version: what 64 bits hold.
MAX_VERSION: Final = (1 << 63) - 1

#: The first year that times may be of, as they are written: a clock that was never set shows an
#: earlier one, and durations of two thousand years would soon come to more than 64 bits.
EARLIEST_YEAR: Final = 1900

#: The least and the greatest score of each survey; of csat and ces the greatest is their scale,
#: where one is given.
SCORES: Final[Mapping[Survey, tuple[int, int]]] = MappingProxyType(
    {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7)}
)

Id = Annotated[str, Meta(min_length=1, max_length=256)]
#: Characters of a label, without the blanks around it.
LABEL_LENGTH: Final = 64
Label = Annotated[str, Meta(min_length=1, max_length=LABEL_LENGTH, extra={"label": True})]
Time = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=0, le=MAX_COUNT)]
HandleSeconds = Annotated[float, Meta(ge=0, le=MAX_HANDLE_SECONDS)]
Revenue = Annotated[float, Meta(ge=0, le=MAX_REVENUE)]
Score = Annotated[int, Meta(ge=0, le=10)]
EvaluationScore = Annotated[float, Meta(ge=0, le=100)]
Emotion = Annotated[float, Meta(ge=0, le=10)]
Scale = Annotated[int, Meta(ge=2, le=10)]
Version = Annotated[int, Meta(ge=0, le=MAX_VERSION)]


class ContactStarted(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A customer's contact reached the contact centre (or, `outbound`, was begun by it)."""

    contact_id: Id
    customer_id: Id
    started_at: Time
    channel: Label
    queue: Label | None = None
    reason: Label | None = None
    priority: Label | None = None
    direction: Direction = "inbound"
    previous_contact_id: Id | None = None
    version: Version = 0
    event_id: Id | None = None


class ContactResolved(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A contact is closed: with what outcome, and how it was handled until then."""

    contact_id: Id
    customer_id: Id
    resolved_at: Time
    outcome: Outcome = "resolved"
    first_response_at: Time | None = None
    agent_id: Id | None = None
    queue: Label | None = None
    reason: Label | None = None
    agent_replies: Count | None = None
    handle_seconds: HandleSeconds | None = None
    transfers: Count | None = None
    team: Label | None = None
    resolved_by: Responder = "agent"
    version: Version = 0
    event_id: Id | None = None


class SurveyAnswered(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A customer rated a contact, or an aspect of it. The score's range: see SCORES."""

    contact_id: Id
    customer_id: Id
    answered_at: Time
    survey: Survey
    score: Score
    issue_resolved: bool | None = None
    survey_id: Id | None = None
    aspect: Aspect = "overall"
    scale: Scale | None = None
    version: Version = 0
    event_id: Id | None = None


class ContactResponded(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Somebody, or a bot, answered the customer on a contact."""

    contact_id: Id
    customer_id: Id
    responded_at: Time
    responder: Responder = "agent"
    version: Version = 0
    event_id: Id | None = None


class ContactUpdated(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What is known of a contact changed: its labels, or whether it waits for the customer.

    A status after the contact was closed opens it again. `by` goes with the status.
    """

    contact_id: Id
    customer_id: Id
    updated_at: Time
    status: Status | None = None
    by: By = "agent"
    queue: Label | None = None
    reason: Label | None = None
    priority: Label | None = None
    version: Version = 0
    event_id: Id | None = None


class ContactEvaluated(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Quality monitoring judged a contact: its errors, a score, the customer's emotions.

    Fatal errors are those that make the contact fail for the customer or the business.
    """

    contact_id: Id
    customer_id: Id
    evaluated_at: Time
    evaluation_id: Id | None = None
    score: EvaluationScore | None = None
    fatal_errors: Count | None = None
    nonfatal_errors: Count | None = None
    positive: Emotion | None = None
    negative: Emotion | None = None
    version: Version = 0
    event_id: Id | None = None


@final
class CustomerChanged(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A customer came, left, or is of another worth; what is absent is as it was."""

    customer_id: Id
    changed_at: Time
    status: CustomerStatus | None = None
    segment: Label | None = None
    monthly_revenue: Revenue | None = None
    version: Version = 0
    event_id: Id | None = None


ContactEvent = (
    ContactStarted
    | ContactResolved
    | SurveyAnswered
    | ContactResponded
    | ContactUpdated
    | ContactEvaluated
)
Event = ContactEvent | CustomerChanged

EVENT_CLASSES: Final[Mapping[EventType, type[Event]]] = MappingProxyType(
    {
        CONTACT_STARTED: ContactStarted,
        CONTACT_RESOLVED: ContactResolved,
        SURVEY_ANSWERED: SurveyAnswered,
        CONTACT_RESPONDED: ContactResponded,
        CONTACT_UPDATED: ContactUpdated,
        CONTACT_EVALUATED: ContactEvaluated,
        CUSTOMER_CHANGED: CustomerChanged,
    }
)

#: The field with an event's own time, which moves its topic's clock.
TIME_FIELDS: Final[Mapping[EventType, str]] = MappingProxyType(
    {
        CONTACT_STARTED: "started_at",
        CONTACT_RESOLVED: "resolved_at",
        SURVEY_ANSWERED: "answered_at",
        CONTACT_RESPONDED: "responded_at",
        CONTACT_UPDATED: "updated_at",
        CONTACT_EVALUATED: "evaluated_at",
        CUSTOMER_CHANGED: "changed_at",
    }
)
