"""What a system can tell of the simulated centre's events: what it cannot is left out, and why.

Each function takes the events that the centre itself publishes and gives those that it would
publish if it knew no more than the system's records say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from service.events.model import (
    ContactResolved,
    ContactResponded,
    ContactStarted,
    ContactUpdated,
    Event,
    SurveyAnswered,
)

Events = Iterable[Event]


def by_zendesk(events: Events) -> Iterator[Event]:
    """Zendesk knows no calls of ours, no handle times, no giving up and no failing, and stars only;
    a label found at the end stays with the ticket.
    """
    known: set[str] = set()
    for event in events:
        if isinstance(event, ContactStarted):
            if event.direction == "inbound" and not event.version:
                known.add(event.contact_id)
                yield replace(event, previous_contact_id=None)
        elif event.contact_id not in known:
            continue
        elif isinstance(event, ContactResolved):
            if event.queue or event.reason:
                yield ContactUpdated(
                    contact_id=event.contact_id,
                    customer_id=event.customer_id,
                    updated_at=event.resolved_at,
                    queue=event.queue,
                    reason=event.reason,
                )
            outcome = "void" if event.outcome == "void" else "resolved"
            yield _bare(replace(event, outcome=outcome, queue=None, reason=None))
        elif isinstance(event, SurveyAnswered):
            yield from _stars(event)
        else:
            yield event


def by_twilio(events: Events) -> Iterator[Event]:
    """A task knows neither priority nor waiting nor a second life, no bots and no surveys; why it
    was is told at its end.
    """
    labels: dict[str, tuple[str | None, str | None]] = {}
    for event in events:
        queue, reason = labels.get(event.contact_id, (None, None))
        if isinstance(event, ContactStarted):
            if not event.version:
                labels[event.contact_id] = (event.queue, event.reason)
                yield replace(event, priority=None, previous_contact_id=None)
        elif isinstance(event, ContactResponded):
            if event.responder == "agent":
                yield event
        elif isinstance(event, ContactUpdated):
            labels[event.contact_id] = (event.queue or queue, event.reason or reason)
            if event.queue is not None:
                yield _moved(event, event.updated_at)
        elif isinstance(event, ContactResolved):
            queue, reason = event.queue or queue, event.reason or reason
            labels[event.contact_id] = (queue, reason)
            if event.outcome == "abandoned":
                yield _bare(replace(event, queue=None, reason=None))
            else:
                over = replace(event, outcome="resolved", queue=queue, reason=reason)
                yield _bare(replace(over, resolved_by="agent"))


def by_amazon_connect(events: Events) -> Iterator[Event]:
    """Records know whole seconds, and nothing of what is not over or was not queued; the first
    queue and the reason are known of the start, whenever they were found out.
    """
    contacts: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        contacts[event.contact_id].append(event)
    for told in contacts.values():
        closings = [event for event in told if isinstance(event, ContactResolved)]
        if closings and all(closing.resolved_by == "agent" for closing in closings):
            yield from _by_records(told)


def _by_records(told: list[Event]) -> Iterator[Event]:
    reason = next(filter(None, (getattr(event, "reason", None) for event in told)), None)
    queue: str | None = None
    first_queue = next(filter(None, (getattr(event, "queue", None) for event in told)), None)
    for event in told:
        if isinstance(event, ContactStarted):
            if event.version:
                continue
            queue = first_queue if event.direction == "inbound" else None
            start = replace(event, started_at=_second(event.started_at), queue=queue)
            yield replace(start, reason=reason, priority=None, previous_contact_id=None)
        elif isinstance(event, ContactResponded):
            if event.responder == "agent":
                yield replace(event, responded_at=_second(event.responded_at))
        elif isinstance(event, ContactUpdated):
            if event.queue is not None and event.queue != queue:
                queue = event.queue
                yield _moved(event, _second(event.updated_at))
        elif isinstance(event, ContactResolved):
            first = event.first_response_at
            outcome = {"unresolved": "resolved", "void": "abandoned"}.get(
                event.outcome, event.outcome
            )
            yield replace(
                event,
                resolved_at=_second(event.resolved_at),
                outcome=outcome,
                first_response_at=None if first is None else _second(first),
                queue=queue,
                reason=reason,
            )
        elif isinstance(event, SurveyAnswered):
            yield from _stars(event)


def _second(time: datetime) -> datetime:
    return time.replace(microsecond=0)


def _moved(event: ContactUpdated, at: datetime) -> ContactUpdated:
    return ContactUpdated(
        contact_id=event.contact_id,
        customer_id=event.customer_id,
        updated_at=at,
        queue=event.queue,
    )


def _bare(event: ContactResolved) -> ContactResolved:
    return replace(
        event, first_response_at=None, agent_replies=None, handle_seconds=None, transfers=None
    )


def _stars(event: SurveyAnswered) -> Iterator[Event]:
    if event.survey == "csat" and event.aspect == "overall" and event.scale is None:
        yield replace(event, issue_resolved=None)


#: By the name of the vendor.
AS_TOLD: Final[Mapping[str, Callable[[Events], Iterator[Event]]]] = MappingProxyType(
    {"amazon-connect": by_amazon_connect, "twilio": by_twilio, "zendesk": by_zendesk}
)
