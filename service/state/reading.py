"""From events to the parts of records that they set."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache
from sys import intern
from typing import Any

from service.definitions import label_form
from service.events.model import (
    NONE,
    ContactEvaluated,
    ContactResolved,
    ContactResponded,
    ContactStarted,
    ContactUpdated,
    CustomerChanged,
    Event,
    SurveyAnswered,
)
from service.events.times import microseconds
from service.state.account import ACTIVE, LEFT, Change
from service.state.evaluation import Evaluation
from service.state.parts import Answer, Part, Response, Start
from service.state.record import Outcome
from service.state.resolution import Resolution
from service.state.update import BY, OPEN, WAITING, Update

OUTCOMES = {
    "resolved": Outcome.RESOLVED,
    "unresolved": Outcome.UNRESOLVED,
    "abandoned": Outcome.ABANDONED,
    "void": Outcome.VOID,
}
_STATUSES = {None: None, "open": OPEN, "waiting": WAITING}
_CUSTOMER = {None: None, "active": ACTIVE, "left": LEFT}
_BY = {by: number for number, by in enumerate(BY)}

#: Labels of which the form is remembered: publishers' values are not bounded.
_REMEMBERED = 1_000


def _form(*, lowercase: bool, none_is_absent: bool = True) -> Callable[[str], str | None]:
    """How labels count: without the blanks around them, perhaps in lower case.

    The same object each time. Nothing but blanks is absent, and so is, where that is the label of
    what is absent, "none".
    """

    @lru_cache(_REMEMBERED)
    def form(label: str) -> str | None:
        label = label_form(label, lowercase=lowercase)
        if not label or (none_is_absent and label == NONE):
            return None
        return intern(label)

    return form


class Reading:
    """Draws up the parts; `lowercase` names the labels that count without capitals.

    Agents are part of a resolution only where somebody is told of them.
    """

    def __init__(self, lowercase: Collection[str], *, tells_agents: bool = False) -> None:
        self._tells_agents = tells_agents
        self._channel = _form(lowercase="channel" in lowercase, none_is_absent=False)
        self._priority = _form(lowercase="priority" in lowercase, none_is_absent=False)
        # A customer can come to be of no segment again.
        self._segment = _form(lowercase="segment" in lowercase, none_is_absent=False)
        self._queue, self._reason, self._team = (
            _form(lowercase=name in lowercase) for name in ("queue", "reason", "team")
        )
        #: By the class of an event, what draws up the part that it sets, given its time.
        self.part_of: dict[type[Event], Callable[[Any, int], Part]] = {
            ContactStarted: self._start,
            ContactResolved: self._resolution,
            ContactResponded: self._response,
            ContactUpdated: self._update,
            SurveyAnswered: self._answer,
            ContactEvaluated: self._evaluation,
        }

    def change(self, event: CustomerChanged, at: int) -> Change:
        """What an event sets of a customer's account."""
        revenue = event.monthly_revenue
        return Change(
            at,
            _CUSTOMER[event.status],
            event.segment and self._segment(event.segment),
            None if revenue is None else round(revenue * 1_000_000),
            event.version,
        )

    def _start(self, event: ContactStarted, at: int) -> Start:
        return Start(
            at,
            self._channel(event.channel) or "",
            event.queue and self._queue(event.queue),
            event.reason and self._reason(event.reason),
            event.priority and self._priority(event.priority),
            event.direction == "outbound",
            event.previous_contact_id,
            event.version,
        )

    def _resolution(self, event: ContactResolved, at: int) -> Resolution:
        responded, handle = event.first_response_at, event.handle_seconds
        return Resolution(
            at,
            OUTCOMES[event.outcome],
            None if responded is None else microseconds(responded),
            event.queue and self._queue(event.queue),
            event.reason and self._reason(event.reason),
            event.agent_replies,
            None if handle is None else round(handle * 1_000_000),
            event.transfers,
            event.team and self._team(event.team),
            event.resolved_by == "bot",
            event.version,
            event.agent_id if self._tells_agents else None,
        )

    def _response(self, event: ContactResponded, at: int) -> Response:
        return Response(at, event.responder != "bot")

    def _update(self, event: ContactUpdated, at: int) -> Update:
        return Update(
            at,
            _STATUSES[event.status],
            0 if event.status is None else _BY[event.by],
            event.queue and self._queue(event.queue),
            event.reason and self._reason(event.reason),
            event.priority and self._priority(event.priority),
            event.version,
        )

    def _answer(self, event: SurveyAnswered, at: int) -> Answer:
        return Answer(
            at,
            event.survey,
            event.score,
            event.issue_resolved,
            event.scale,
            event.survey_id,
            event.aspect,
            event.version,
        )

    def _evaluation(self, event: ContactEvaluated, at: int) -> Evaluation:
        return Evaluation(
            at,
            _millionths(event.score),
            event.fatal_errors or 0,
            event.nonfatal_errors or 0,
            _millionths(event.positive),
            _millionths(event.negative),
            event.evaluation_id,
            event.version,
        )


def _millionths(value: float | None) -> int | None:
    return None if value is None else round(value * 1_000_000)
