"""What the centre's systems tell of a contact: the events, as publishers would send them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.definitions import SECOND
from service.events.model import (
    CONTACT_RESOLVED,
    CONTACT_RESPONDED,
    CONTACT_STARTED,
    SURVEY_ANSWERED,
    ContactResolved,
    ContactResponded,
    ContactStarted,
    Responder,
    SurveyAnswered,
)
from service.simulate.publication import Publication, moment, publication

if TYPE_CHECKING:
    from service.simulate.case import Case
    from service.simulate.experience import Answer


def started(case: Case) -> Publication:
    """The contact reached the centre, or the centre began it."""
    event = ContactStarted(
        contact_id=case.contact_id,
        customer_id=case.customer_id,
        started_at=moment(case.started_at),
        channel=case.channel.name,
        queue=case.stated_queue,
        reason=case.stated_reason,
        priority=_priority(case),
        direction="outbound" if case.outbound else "inbound",
        previous_contact_id=case.previous_contact_id,
        event_id=f"{case.contact_id}-started",
    )
    return publication(CONTACT_STARTED, event, case.started_at)


def responded(case: Case, at: int, responder: Responder) -> Publication:
    """Somebody, or a bot, answered the customer."""
    event = ContactResponded(
        contact_id=case.contact_id,
        customer_id=case.customer_id,
        responded_at=moment(at),
        responder=responder,
    )
    return publication(CONTACT_RESPONDED, event, at)


def resolved(case: Case, at: int, agent: int) -> Publication:
    """The contact is closed; queue and reason are told where they are news."""
    response = case.first_response_at
    handled = case.turns > 0
    queue, reason = case.pool.queue, case.reason.name
    event = ContactResolved(
        contact_id=case.contact_id,
        customer_id=case.customer_id,
        resolved_at=moment(at),
        outcome=case.outcome or "resolved",
        first_response_at=None if response is None else moment(response),
        agent_id=f"agent-{case.pool.index}-{agent}" if handled else None,
        queue=None if queue == case.stated_queue else queue,
        reason=None if reason == case.stated_reason or not handled else reason,
        agent_replies=case.replies if handled else None,
        handle_seconds=case.handled / SECOND if handled else None,
        transfers=case.transfers if handled else None,
        event_id=f"{case.contact_id}-resolved",
    )
    return publication(CONTACT_RESOLVED, event, at)


def answered(case: Case, at: int, answer: Answer) -> Publication:
    """The customer answered a survey about the contact."""
    event = SurveyAnswered(
        contact_id=case.contact_id,
        customer_id=case.customer_id,
        answered_at=moment(at),
        survey=answer.survey,
        score=answer.score,
        issue_resolved=answer.issue_resolved,
        event_id=f"{case.contact_id}-{answer.survey}",
    )
    return publication(SURVEY_ANSWERED, event, at)


def _priority(case: Case) -> str | None:
    if not case.channel.prioritised:
        return None
    return "high" if case.hurried else "normal"
