"""From events to the parts of records that they set."""

from __future__ import annotations

from collections.abc import Collection
from sys import intern

from service.definitions import label_form
from service.events.model import (
    NONE,
    ContactResolved,
    ContactResponded,
    ContactStarted,
    ContactUpdated,
    Event,
)
from service.events.times import microseconds
from service.state.parts import Answer, Part, Response, Start
from service.state.record import Outcome
from service.state.resolution import Resolution
from service.state.update import BY, OPEN, WAITING, Update

OUTCOMES = {
    "resolved": int(Outcome.RESOLVED),
    "unresolved": int(Outcome.UNRESOLVED),
    "abandoned": int(Outcome.ABANDONED),
    "void": int(Outcome.VOID),
}
_STATUSES = {None: None, "open": OPEN, "waiting": WAITING}
_BY = {by: number for number, by in enumerate(BY)}

#: Labels of which the form is remembered: those of a flood are drawn up anew each time.
_REMEMBERED = 1_000


class Form(dict[str | None, str | None]):
    """Labels as they count: without the blanks around them, perhaps in lower case; looked up.

    The same object each time. Nothing but blanks is absent, and so is, where that is the label of
    what is absent, "none".
    """

    def __init__(self, *, lowercase: bool, none_is_absent: bool = True) -> None:
        super().__init__({None: None})
        self._lowercase = lowercase
        self._none_is_absent = none_is_absent

    def __missing__(self, label: str) -> str | None:
        form = self._form(label)
        if len(self) < _REMEMBERED:
            self[label] = form
        return form

    def _form(self, label: str) -> str | None:
        label = label_form(label, lowercase=self._lowercase)
        if not label or (self._none_is_absent and label == NONE):
            return None
        return intern(label)


class Reading:
    """Draws up the parts; `lowercase` names the labels that count without capitals."""

    def __init__(self, lowercase: Collection[str]) -> None:
        self._channel = Form(lowercase="channel" in lowercase, none_is_absent=False)
        self._priority = Form(lowercase="priority" in lowercase, none_is_absent=False)
        self._queue, self._reason, self._team = (
            Form(lowercase=name in lowercase) for name in ("queue", "reason", "team")
        )

    def part(self, event: Event, at: int) -> Part:
        """The part that an event of time `at` sets."""
        if isinstance(event, ContactStarted):
            return Start(
                at,
                self._channel[event.channel] or "",
                self._queue[event.queue],
                self._reason[event.reason],
                self._priority[event.priority],
                event.direction == "outbound",
                event.previous_contact_id,
                event.version,
            )
        if isinstance(event, ContactResolved):
            return self._resolution(event, at)
        if isinstance(event, ContactResponded):
            return Response(at, event.responder != "bot")
        if isinstance(event, ContactUpdated):
            return Update(
                at,
                _STATUSES[event.status],
                0 if event.status is None else _BY[event.by],
                self._queue[event.queue],
                self._reason[event.reason],
                self._priority[event.priority],
                event.version,
            )
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

    def _resolution(self, event: ContactResolved, at: int) -> Resolution:
        responded, handle = event.first_response_at, event.handle_seconds
        return Resolution(
            at,
            OUTCOMES[event.outcome],
            None if responded is None else microseconds(responded),
            self._queue[event.queue],
            self._reason[event.reason],
            event.agent_replies,
            None if handle is None else round(handle * 1_000_000),
            event.transfers,
            self._team[event.team],
            event.resolved_by == "bot",
            event.version,
        )
