"""The parts of a contact's record: every event is an upsert of one of them.

They are the start, the resolution, one survey answer a survey type, and the set of responses.
Of two different events for one part the one with the later event time stands; at equal times
the one whose meaning is greater in the order of :func:`outranks`. So a record depends on which
events arrived, never on the order in which they did.

All times are microseconds of event time since the epoch, all durations microseconds.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from hashlib import blake2b
from sys import intern

import msgspec

from service.contacts.record import Contact, Survey
from service.events.model import (
    NONE,
    ContactResolved,
    ContactResponded,
    ContactStarted,
    SurveyAnswered,
)
from service.events.times import microseconds

_encode = msgspec.msgpack.Encoder().encode

#: So many responses of a contact by agents are kept, and as many by bots. Nobody answers one
#: contact more often; a publisher that gives all its responses one contact's id must not make a
#: record that grows until no broker takes it, nor one that takes ever longer to change.
RESPONSES = 1_000

OUTCOMES = {"resolved": 0, "unresolved": 1, "abandoned": 2}


class Start(msgspec.Struct, frozen=True, gc=False):
    """The part set by `contact-started`."""

    at: int
    channel: str
    queue: str | None
    reason: str | None
    priority: str | None
    outbound: bool
    previous: str | None

    @staticmethod
    def standing(contact: Contact) -> Start | None:
        """The part as the record has it."""
        if contact.started_at is None:
            return None
        return Start(
            contact.started_at,
            contact.channel,
            contact.queue,
            contact.reason,
            contact.priority,
            contact.outbound,
            contact.previous,
        )

    def put_into(self, contact: Contact) -> None:
        contact.started_at = self.at
        contact.channel = intern(self.channel)
        contact.queue = self.queue and intern(self.queue)
        contact.reason = self.reason and intern(self.reason)
        contact.priority = self.priority and intern(self.priority)
        contact.outbound = self.outbound
        if self.previous is not None or contact.extras is not None:
            contact.need_extras().previous = self.previous


class Resolution(msgspec.Struct, frozen=True, gc=False):
    """The part set by `contact-resolved`."""

    at: int
    outcome: int
    responded_at: int | None
    queue: str | None
    reason: str | None
    replies: int | None
    handle: int | None
    transfers: int | None

    @staticmethod
    def standing(contact: Contact) -> Resolution | None:
        """The part as the record has it."""
        if contact.resolved_at is None:
            return None
        return Resolution(
            contact.resolved_at,
            contact.outcome,
            contact.responded_at,
            contact.end_queue,
            contact.end_reason,
            contact.replies,
            contact.handle,
            contact.transfers,
        )

    def put_into(self, contact: Contact) -> None:
        contact.resolved_at = self.at
        contact.outcome = self.outcome
        contact.responded_at = self.responded_at
        contact.end_queue = self.queue and intern(self.queue)
        contact.end_reason = self.reason and intern(self.reason)
        contact.replies = self.replies
        contact.handle = self.handle
        contact.transfers = self.transfers


class Answer(msgspec.Struct, frozen=True, gc=False):
    """The part set by `survey-answered`: one for each survey type."""

    at: int
    kind: str
    score: int
    issue_resolved: bool | None

    def standing(self, contact: Contact) -> Answer | None:
        """The answer to the same survey as the record has it."""
        known = None if contact.surveys is None else contact.surveys.get(self.kind)
        if known is None:
            return None
        return Answer(known.answered_at, self.kind, known.score, known.issue_resolved)

    def put_into(self, contact: Contact) -> None:
        answer = Survey(self.at, self.score, self.issue_resolved)
        # A new dict: the one before may still be read as the record's former state.
        contact.surveys = {**(contact.surveys or {}), self.kind: answer}


class Response(msgspec.Struct, frozen=True, gc=False):
    """One of the distinct responses set by `contact-responded`; there is nothing to amend.

    A record keeps the :data:`RESPONSES` earliest by agents, and as many by bots: which those are
    does not depend on the order of arrival either. A later one changes nothing, and is not told
    from one that has come before.
    """

    at: int
    by_agent: bool

    def standing(self, contact: Contact) -> Response | None:
        """This very response, if the record has it."""
        known = None if contact.extras is None else contact.extras.responses
        if known is None:
            return None
        it = (self.at, self.by_agent)
        place = bisect_left(known, it)
        return self if known[place : place + 1] == [it] else None

    def put_into(self, contact: Contact) -> None:
        extras = contact.need_extras()
        if extras.responses is None:
            extras.responses = []
        insort(extras.responses, (self.at, self.by_agent))
        if len(extras.responses) > RESPONSES:
            alike = [it for it in extras.responses if it[1] is self.by_agent]
            if len(alike) > RESPONSES:
                extras.responses.remove(alike[-1])


Part = Start | Resolution | Answer | Response


def part_of(
    event: ContactStarted | ContactResolved | SurveyAnswered | ContactResponded, at: int
) -> Part:
    """The part of the record that an event of time `at` sets."""
    if isinstance(event, ContactStarted):
        return Start(
            at,
            event.channel,
            None if event.queue == NONE else event.queue,
            None if event.reason == NONE else event.reason,
            event.priority,
            event.direction == "outbound",
            event.previous_contact_id,
        )
    if isinstance(event, ContactResolved):
        responded = event.first_response_at
        return Resolution(
            at,
            OUTCOMES[event.outcome],
            None if responded is None else microseconds(responded),
            None if event.queue == NONE else event.queue,
            None if event.reason == NONE else event.reason,
            event.agent_replies,
            None if event.handle_seconds is None else round(event.handle_seconds * 1_000_000),
            event.transfers,
        )
    if isinstance(event, SurveyAnswered):
        return Answer(at, event.survey, event.score, event.issue_resolved)
    return Response(at, event.responder != "bot")


def outranks(part: Part, standing: Part) -> bool:
    """Whether `part` is to replace another one of its kind: later, or of equal time and greater.

    Fields are compared in the order in which the classes have them; absent is less than any value.
    """
    return _rank(part) > _rank(standing)


def _rank(part: Part) -> list[tuple[bool, object]]:
    return [(field is not None, field) for field in msgspec.structs.astuple(part)]


def digest(part: Part) -> int:
    """64 bits that stand for a part, the same in every process."""
    written = _encode((type(part).__name__, *msgspec.structs.astuple(part)))
    return int.from_bytes(blake2b(written, digest_size=8).digest(), "big")
