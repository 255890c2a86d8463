"""What a record tells of a contact's life, its labels and its surveys."""

from __future__ import annotations

from service.events.model import SCORES
from service.kpis.evaluations import RESULTS
from service.kpis.volume import OUTCOME_LABELS
from service.outcomes import record
from service.outcomes.record import moment, seconds
from service.state.customers import Customer
from service.state.evaluation import evaluations
from service.state.life import Closing, Life, first_response_at
from service.state.record import Contact, Outcome
from service.state.standing import LabelsOverTime, Standings, start_labels
from service.state.update import BY

#: As events and metrics name them.
OUTCOMES = {number: name for number, (name,) in enumerate(OUTCOME_LABELS)}


def told(
    customer: Customer, contact: Contact, standings: Standings, clock: int, lateness: int
) -> record.Record:
    """The record of a contact of which the start is known, without verdicts."""
    started_at = contact.started_at or 0
    life = standings.life(contact)
    closings = _closings(life, standings.horizon, clock)
    closed = closings[-1] if len(closings) > len(life.reopenings) else None
    ends = [_closing(it) for it in closings]
    end = None if closed is None else ends[-1]
    given = None if closed is None else closed.resolution
    response = first_response_at(contact, life)
    replies = None if given is None else given.replies
    queue, priority = _labels(contact, closed, updated=not standings.is_plain(contact))
    return record.Record(
        contact_id=contact.contact_id,
        customer_id=customer.id,
        previous_contact_id=contact.previous,
        as_of=moment(clock),
        direction="outbound" if contact.outbound else "inbound",
        channel=contact.channel,
        queue=queue,
        reason=standings.of(contact).reason,
        priority=priority,
        status="closed" if end else "waiting" if life.waits else "open",
        started_at=moment(started_at),
        first_response_at=None if response is None else moment(response),
        closed_at=None if end is None else end.at,
        outcome=None if end is None else end.outcome,
        agent_id=None if end is None else end.agent_id,
        team=None if end is None else end.team,
        agent_replies=contact.responses_by_agents() if replies is None else replies,
        transfers=None if given is None else given.transfers,
        closings=ends,
        reopenings=[record.Reopening(moment(it.at), BY[it.by]) for it in life.reopenings],
        surveys=_surveys(contact, closed, clock, clock - lateness),
        evaluations=_evaluations(contact, closed, clock, clock - lateness),
    )


def _closings(life: Life, horizon: int, clock: int) -> list[Closing]:
    """Those that have come, an expiry too."""
    if life.is_open and (last := life.last(horizon)).at <= clock:
        return [*life.closings, last]
    return life.closings


def _closing(closing: Closing) -> record.Closing:
    given = closing.resolution
    if given is None:
        return record.Closing(moment(closing.at), OUTCOMES[closing.outcome])
    return record.Closing(
        moment(closing.at),
        OUTCOMES[closing.outcome],
        given.agent,
        given.team,
        seconds(given.handle),
        "bot" if given.by_bot else "agent",
    )


def _labels(
    contact: Contact, closed: Closing | None, *, updated: bool
) -> tuple[str | None, str | None]:
    """The queue of the closing of a closed contact, else that now; the priority that stands last,
    by which its targets are judged."""
    labels = LabelsOverTime(contact)
    now = labels.now() if updated else start_labels(contact)
    if closed is None:
        return now[0], now[2]
    queue = (labels.at(closed.at) if updated else now)[0]
    given = closed.resolution
    return (given and given.queue) or queue, now[2]


def _counts(contact: Contact, closed: Closing | None) -> bool:
    return not (contact.outbound or (closed is not None and closed.outcome == Outcome.VOID))


def _surveys(
    contact: Contact, closed: Closing | None, clock: int, final: int
) -> list[record.Survey]:
    """The standing answers up to the clock, of contacts that count; in the order of time."""
    if not _counts(contact, closed):
        return []
    surveys = []
    answers = (contact.surveys or {}).items()
    for key, answer in sorted(answers, key=lambda it: (it[1].answered_at, it[0])):
        if answer.answered_at > clock:
            break
        kind, _, rest = key.partition("/")
        aspect, _, survey_id = rest.partition("/")
        surveys.append(
            record.Survey(
                kind,
                survey_id or None,
                aspect or "overall",
                answer.score,
                SCORES[kind][1] if answer.scale is None else answer.scale,  # type: ignore[index]
                moment(answer.answered_at),
                answer.issue_resolved,
                answer.answered_at <= final,
            )
        )
    return surveys


def _evaluations(
    contact: Contact, closed: Closing | None, clock: int, final: int
) -> list[record.Evaluation]:
    """The standing ones up to the clock, of contacts that count."""
    if not _counts(contact, closed):
        return []
    return [
        record.Evaluation(
            it.evaluation_id,
            RESULTS[it.result],
            moment(it.at),
            it.fatal,
            it.nonfatal,
            _number(it.score),
            _number(it.positive),
            _number(it.negative),
            it.at <= final,
        )
        for it in evaluations(contact)
        if it.at <= clock
    ]


def _number(millionths: int | None) -> float | None:
    return None if millionths is None else millionths / 1_000_000
