"""The centre with Zendesk: ticket events as its webhooks send them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from service.events.model import (
    By,
    ContactResolved,
    ContactResponded,
    ContactStarted,
    ContactUpdated,
    CustomerChanged,
    Event,
    SurveyAnswered,
)
from service.simulate.profiles import REASONS, SOCIAL_QUEUE
from service.simulate.vendors.contacts import Contacts
from service.simulate.vendors.foreign import ForeignPublication, is_star_rating, record, time

_TOPIC: Final = "zendesk-events"
_CSAT_TOPIC: Final = "zendesk-csat"

_CHANNELS: Final = MappingProxyType(
    {"voice": "phone_call_inbound", "chat": "native_messaging", "social": "twitter"}
)
_QUEUES: Final = tuple(sorted({*(reason.queue for reason in REASONS), SOCIAL_QUEUE}))
_GROUPS: Final = MappingProxyType({name: str(360_001 + n) for n, name in enumerate(_QUEUES)})
_AGENT: Final = "41"
_BOT: Final = "8800"
_ITSELF: Final = "-1"


@dataclass(slots=True)
class _Ticket:
    customer: str
    created: str
    channel: str
    status: str = "NEW"
    group: str | None = None
    tags: tuple[str, ...] = ()
    priority: str | None = None
    assignee: str | None = None

    def label(self, queue: str | None, reason: str | None, priority: str | None) -> Iterator[str]:
        """Takes new labels; yields the event of each."""
        if queue is not None and self.group != _GROUPS[queue]:
            self.group = _GROUPS[queue]
            yield "group_assignment_changed"
        if reason is not None and self.tags != (reason,):
            self.tags = (reason,)
            yield "tags_changed"
        if priority is not None and self.priority != priority.upper():
            self.priority = priority.upper()
            yield "priority_changed"


class Zendesk:
    """Tickets and their events. Zendesk cannot tell of calls that its agents make."""

    topics: tuple[str, ...] = (_TOPIC, _CSAT_TOPIC)
    feeds: Mapping[str, Any] = MappingProxyType(
        {
            "use": ["zendesk"],
            "zendesk": {
                "lookups": {
                    "group": {group: queue for queue, group in _GROUPS.items()},
                    "bot": {_BOT: "bot"},
                }
            },
        }
    )

    def __init__(self) -> None:
        self._tickets: Contacts[_Ticket] = Contacts()
        self._told = 0

    def tell(self, event: Event, at: int) -> Iterator[ForeignPublication]:
        """The ticket events of what happens; none where Zendesk has no word for it."""
        if isinstance(event, ContactStarted):
            yield from self._created(event, at)
            return
        if isinstance(event, CustomerChanged):
            return
        ticket = self._tickets.get(event.contact_id, at)
        if ticket is None:
            return
        id_ = event.contact_id
        if isinstance(event, ContactResponded):
            author = _BOT if event.responder == "bot" else _AGENT
            yield self._comment(id_, ticket, author, at, staff=True)
        elif isinstance(event, ContactUpdated):
            yield from self._updated(event, ticket, at)
        elif isinstance(event, ContactResolved):
            yield from self._resolved(event, ticket, at)
        elif isinstance(event, SurveyAnswered) and is_star_rating(event):
            yield _rated(event, at)

    def _created(self, event: ContactStarted, at: int) -> Iterator[ForeignPublication]:
        if event.direction == "outbound" or event.version:
            return  # when a ticket was created is never told again
        ticket = _Ticket(
            customer=event.customer_id,
            created=time(at),
            channel=_CHANNELS.get(event.channel, event.channel),
        )
        list(ticket.label(event.queue, event.reason, event.priority))
        self._tickets.add(event.contact_id, ticket, at)
        yield self._event("created", event.contact_id, ticket, {}, ticket.customer, at)

    def _updated(
        self, event: ContactUpdated, ticket: _Ticket, at: int
    ) -> Iterator[ForeignPublication]:
        id_ = event.contact_id
        actor = _actor(event.by, ticket)
        if event.status is not None:
            status = "PENDING" if event.status == "waiting" else "OPEN"
            yield self._status(id_, ticket, status, actor, at)
            if event.by == "customer":
                yield self._comment(id_, ticket, ticket.customer, at, staff=False)
        for name in ticket.label(event.queue, event.reason, event.priority):
            yield self._event(name, id_, ticket, {}, actor, at)

    def _resolved(
        self, event: ContactResolved, ticket: _Ticket, at: int
    ) -> Iterator[ForeignPublication]:
        id_ = event.contact_id
        ticket.assignee = _BOT if event.resolved_by == "bot" else _AGENT
        for name in ticket.label(event.queue, event.reason, None):
            yield self._event(name, id_, ticket, {}, ticket.assignee, at)
        if event.outcome == "void":
            yield self._event("merged", id_, ticket, {"target_ticket_id": "1"}, _AGENT, at)
        else:
            yield self._status(id_, ticket, "SOLVED", ticket.assignee, at)

    def _status(
        self, id_: str, ticket: _Ticket, status: str, actor: str, at: int
    ) -> ForeignPublication:
        change = {"current": status, "previous": ticket.status}
        ticket.status = status
        return self._event("status_changed", id_, ticket, change, actor, at)

    def _comment(
        self, id_: str, ticket: _Ticket, author: str, at: int, *, staff: bool
    ) -> ForeignPublication:
        comment = {"id": self._told, "is_public": True, "author": {"id": author, "is_staff": staff}}
        return self._event("comment_added", id_, ticket, {"comment": comment}, author, at)

    def _event(
        self, name: str, id_: str, ticket: _Ticket, event: dict[str, Any], actor: str, at: int
    ) -> ForeignPublication:
        self._told += 1
        detail = {
            "actor_id": actor,
            "assignee_id": ticket.assignee,
            "created_at": ticket.created,
            "group_id": ticket.group,
            "id": id_,
            "is_public": True,
            "priority": ticket.priority,
            "requester_id": ticket.customer,
            "status": ticket.status,
            "tags": ticket.tags,
            "updated_at": time(at),
            "via": {"channel": ticket.channel},
        }
        value = {
            "account_id": 9000,
            "detail": detail,
            "event": event,
            "id": f"event-{self._told}",
            "subject": f"zen:ticket:{id_}",
            "time": time(at),
            "type": f"zen:event-type:ticket.{name}",
            "zendesk_event_version": "2022-11-06",
        }
        return record(_TOPIC, id_, value, at)


def _actor(by: By, ticket: _Ticket) -> str:
    if by == "customer":
        return ticket.customer
    return _ITSELF if by == "system" else _AGENT


def _rated(event: SurveyAnswered, at: int) -> ForeignPublication:
    value = {
        "ticket_id": event.contact_id,
        "requester_id": event.customer_id,
        "rating": str(event.score),
        "rated_at": time(at),
    }
    return record(_CSAT_TOPIC, event.contact_id, value, at)
