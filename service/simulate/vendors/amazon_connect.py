"""The centre with Amazon Connect: contact records, one for each leg once a contact is over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from service.definitions import SECOND
from service.events.model import (
    ContactResolved,
    ContactResponded,
    ContactStarted,
    ContactUpdated,
    CustomerChanged,
    Event,
    SurveyAnswered,
)
from service.events.times import microseconds
from service.simulate.vendors.contacts import Contacts
from service.simulate.vendors.foreign import ForeignPublication, is_star_rating, record, time

_TOPIC: Final = "aws-connect-ctr"


@dataclass(slots=True)
class _Contact:
    customer: str
    started: int
    channel: str
    outbound: bool
    queue: str | None
    reason: str | None
    #: When it was handed to which queue, and when agents answered.
    moves: list[tuple[int, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    #: The last leg that an agent served, as it was written last: the flow asks no other customers.
    last: dict[str, Any] = field(default_factory=dict)

    def moved(self, at: int, queue: str) -> None:
        """The first queue that is told is that of the first leg."""
        if self.queue is None:
            self.queue = queue
        elif queue != (self.moves[-1][1] if self.moves else self.queue):
            self.moves.append((at, queue))


class AmazonConnect:
    """Contact records: nothing is known of a contact before it is over."""

    topics: tuple[str, ...] = (_TOPIC,)
    feeds: Mapping[str, Any] = MappingProxyType({"use": ["amazon-connect-records"]})

    def __init__(self) -> None:
        self._contacts: Contacts[_Contact] = Contacts()

    def tell(self, event: Event, at: int) -> Iterator[ForeignPublication]:
        """The records of a contact that ends, and again the last one once it has a survey."""
        if isinstance(event, ContactStarted):
            self._begin(event, at)
            return
        if isinstance(event, CustomerChanged):
            return
        contact = self._contacts.get(event.contact_id, at)
        if contact is None:
            return
        if isinstance(event, ContactResponded):
            if event.responder == "agent":
                contact.answers.append(at)
        elif isinstance(event, ContactUpdated):
            contact.reason = event.reason or contact.reason
            if event.queue is not None:
                contact.moved(at, event.queue)
        elif isinstance(event, ContactResolved):
            yield from _legs(event, contact, at)
        elif isinstance(event, SurveyAnswered) and contact.last and is_star_rating(event):
            yield _with_survey(event, contact, at)

    def _begin(self, event: ContactStarted, at: int) -> None:
        if event.version:
            return  # when a contact began is never told again
        contact = _Contact(
            customer=event.customer_id,
            started=at,
            channel=event.channel.upper(),
            outbound=event.direction == "outbound",
            queue=event.queue,
            reason=event.reason,
        )
        self._contacts.add(event.contact_id, contact, at)


def _legs(event: ContactResolved, contact: _Contact, at: int) -> Iterator[ForeignPublication]:
    contact.reason = event.reason or contact.reason
    if event.queue is not None:
        contact.moved(at, event.queue)
    if event.first_response_at is not None and not contact.answers:
        contact.answers.append(microseconds(event.first_response_at))
    stations = [(contact.started, contact.queue), *contact.moves]
    if event.transfers and not contact.moves:
        stations.append((at, contact.queue))  # to a colleague of the same queue
    for number, (since, queue) in enumerate(stations):
        last = number == len(stations) - 1
        leg = _leg(event, contact, number, since, at)
        leg["NextContactId"] = None if last else f"{event.contact_id}-{number + 1}"
        served = event.outcome not in {"abandoned", "void"} and event.resolved_by == "agent"
        if event.resolved_by == "agent" and not contact.outbound:
            leg["Queue"] = {"Name": queue, "EnqueueTimestamp": _second(since)}
        if served:
            answered = next((answer for answer in contact.answers if answer >= since), since)
            leg["Agent"] = {
                "Username": event.agent_id,
                "ConnectedToAgentTimestamp": _second(answered),
                "AgentInteractionDuration": event.handle_seconds if last else 0,
            }
            contact.last = leg
        yield record(_TOPIC, leg["ContactId"], leg, at)


def _leg(
    event: ContactResolved, contact: _Contact, number: int, since: int, at: int
) -> dict[str, Any]:
    root = number == 0
    begun = "OUTBOUND" if contact.outbound else "INBOUND"
    return {
        "ContactId": event.contact_id if root else f"{event.contact_id}-{number}",
        "InitialContactId": None if root else event.contact_id,
        "Channel": contact.channel,
        "InitiationMethod": begun if root else "TRANSFER",
        "InitiationTimestamp": _second(since),
        "DisconnectTimestamp": _second(at),
        "LastUpdateTimestamp": _second(at),
        "Attributes": {"customerId": contact.customer, "intent": contact.reason},
        "Queue": None,
        "Agent": None,
    }


def _with_survey(event: SurveyAnswered, contact: _Contact, at: int) -> ForeignPublication:
    told = {"csat": str(event.score), "csatAt": time(at)}
    contact.last["Attributes"].update(told)
    return record(_TOPIC, contact.last["ContactId"], contact.last, at)


def _second(at: int) -> str:
    """Contact records have whole seconds."""
    return time(at // SECOND * SECOND)
