"""What the centre's systems tell of a contact: the events, as publishers would send them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.definitions import SECOND
from service.events.model import (
    CONTACT_EVALUATED,
    CONTACT_RESOLVED,
    CONTACT_RESPONDED,
    CONTACT_STARTED,
    CONTACT_UPDATED,
    CUSTOMER_CHANGED,
    SURVEY_ANSWERED,
    By,
    ContactEvaluated,
    ContactResolved,
    ContactResponded,
    ContactStarted,
    ContactUpdated,
    CustomerChanged,
    Responder,
    Status,
    SurveyAnswered,
)
from service.simulate.publication import Publication, moment, publication

if TYPE_CHECKING:
    from service.simulate.case import Case
    from service.simulate.experience import Answer
    from service.simulate.loyalty import Worth
    from service.simulate.quality import Findings


def started(case: Case) -> Publication:
    """The contact reached the centre, or the centre began it."""
    return _start(case, case.started_at, 0)


def corrected(case: Case, at: int) -> Publication:
    """The start once more: it is known better now when that was."""
    return _start(case, at, 1)


def _start(case: Case, at: int, version: int) -> Publication:
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
        version=version,
        event_id=f"{case.contact_id}-started-{version}",
    )
    return publication(CONTACT_STARTED, event, at)


def waits(case: Case, at: int) -> Publication:
    """An agent needs something of the customer before it can go on."""
    return _updated(case, at, status="waiting")


def opened(case: Case, at: int, by: By) -> Publication:
    """It goes on with the contact, closed or not; that it is urgent is told with it."""
    return _updated(case, at, status="open", by=by, priority="high" if case.hurried else None)


def moved(case: Case, at: int) -> Publication:
    """The contact was handed to another queue."""
    case.stated_queue = case.queue
    return _updated(case, at, queue=case.stated_queue)


def understood(case: Case, at: int) -> Publication:
    """An agent has found out what the contact is about."""
    case.stated_reason = case.reason.name
    return _updated(case, at, reason=case.stated_reason)


def _updated(
    case: Case,
    at: int,
    *,
    status: Status | None = None,
    by: By = "agent",
    queue: str | None = None,
    reason: str | None = None,
    priority: str | None = None,
) -> Publication:
    case.updates += 1
    event = ContactUpdated(
        contact_id=case.contact_id,
        customer_id=case.customer_id,
        updated_at=moment(at),
        status=status,
        by=by,
        queue=queue,
        reason=reason,
        priority=priority,
        event_id=f"{case.contact_id}-updated-{case.updates}",
    )
    return publication(CONTACT_UPDATED, event, at)


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
    case.closings += 1
    queue, reason = case.queue, case.reason.name
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
        team=case.pool.team if handled else None,
        resolved_by="bot" if case.bot_helps else "agent",
        event_id=f"{case.contact_id}-resolved-{case.closings}",
    )
    return publication(CONTACT_RESOLVED, event, at)


def answered(case: Case, at: int, answer: Answer) -> Publication:
    """The customer answered a survey about the contact, or about an aspect of it."""
    event = SurveyAnswered(
        contact_id=case.contact_id,
        customer_id=case.customer_id,
        answered_at=moment(at),
        survey=answer.survey,
        score=answer.score,
        issue_resolved=answer.issue_resolved,
        survey_id=answer.survey_id,
        aspect=answer.aspect,
        scale=answer.scale,
        event_id=f"{case.contact_id}-{answer.survey}-{answer.aspect}",
    )
    return publication(SURVEY_ANSWERED, event, at)


def joined(customer_id: str, at: int, worth: Worth, told_at: int | None = None) -> Publication:
    """A customer is one from `at` on, if he was none; that is told then, or later."""
    event = CustomerChanged(
        customer_id=customer_id, changed_at=moment(at), status="active", **worth._asdict()
    )
    return publication(CUSTOMER_CHANGED, event, at if told_at is None else told_at)


def left(customer_id: str, at: int) -> Publication:
    """A customer is none any more."""
    event = CustomerChanged(customer_id=customer_id, changed_at=moment(at), status="left")
    return publication(CUSTOMER_CHANGED, event, at)


def evaluated(case: Case, at: int, findings: Findings) -> Publication:
    """Quality monitoring has listened to the contact."""
    event = ContactEvaluated(
        contact_id=case.contact_id,
        customer_id=case.customer_id,
        evaluated_at=moment(at),
        evaluation_id=f"{case.contact_id}-evaluation",
        **findings._asdict(),
    )
    return publication(CONTACT_EVALUATED, event, at)


def _priority(case: Case) -> str | None:
    if not case.channel.prioritised:
        return None
    return "high" if case.hurried else "normal"
