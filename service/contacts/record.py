"""A contact is a record; every event is an upsert of one of its parts.

The parts are `start`, `resolution`, one survey answer a survey type, and the set of responses.
Of two different events for one part the one with the later event time stands; at equal times
the one whose meaning is greater in the order of :func:`_rank`. So a record depends on which
events arrived, never on the order in which they did.

All times are microseconds of event time since the epoch, all durations microseconds.
"""

from __future__ import annotations

from enum import IntEnum
from sys import intern

import msgspec

from service.events.model import (
    ContactResolved,
    ContactResponded,
    ContactStarted,
    SurveyAnswered,
)
from service.events.times import microseconds


class Outcome(IntEnum):
    """How a contact ended. The order of the first three decides between amendments."""

    RESOLVED = 0
    UNRESOLVED = 1
    ABANDONED = 2
    #: Nothing is known of its end: open, and from the open horizon on expired.
    OPEN = 3


OUTCOMES = {"resolved": 0, "unresolved": 1, "abandoned": 2}


class Survey(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The standing answer to one type of survey."""

    answered_at: int
    score: int
    issue_resolved: bool | None = None


class Counted(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What the counters hold of a fact that changed after it was final."""

    cell: tuple[str, ...]
    weight: int
    total: int


class Extras(msgspec.Struct, array_like=True, gc=False, omit_defaults=True):
    """What only few contacts have, kept apart so that the others do not pay for it."""

    previous: str | None = None
    #: Distinct (responded_at, by an agent).
    responses: list[tuple[int, bool]] | None = None
    #: Earliest start of a contact that followed this one, and has left the state.
    followed_at: int | None = None
    #: Latest end of a contact that this one repeats, and that has left the state.
    covered_until: int | None = None
    #: The partition's clock at a change so late that the record should have been gone.
    touched: int | None = None
    counted: dict[str, Counted] | None = None
    revised: dict[str, int] | None = None


class Contact(msgspec.Struct, array_like=True, gc=False, eq=False):
    """All that is known of one contact; also the form in which the changelog keeps it."""

    contact_id: str
    started_at: int | None = None
    channel: str = ""
    queue: str | None = None
    reason: str | None = None
    priority: str | None = None
    outbound: bool = False
    resolved_at: int | None = None
    outcome: int = Outcome.OPEN
    responded_at: int | None = None
    end_queue: str | None = None
    end_reason: str | None = None
    replies: int | None = None
    handle: int | None = None
    transfers: int | None = None
    surveys: dict[str, Survey] | None = None
    extras: Extras | None = None

    @property
    def previous(self) -> str | None:
        """The contact that this one says it continues."""
        return None if self.extras is None else self.extras.previous

    def first_response_at(self) -> int | None:
        """The earliest response by an agent that is known."""
        extras = self.extras
        if extras is None or extras.responses is None:
            return self.responded_at
        known = [at for at, by_agent in extras.responses if by_agent]
        if self.responded_at is not None:
            known.append(self.responded_at)
        return min(known, default=None)

    def agent_replies(self) -> int | None:
        """The number given with the resolution, else that of distinct responses by agents."""
        if self.replies is not None or self.extras is None or self.extras.responses is None:
            return self.replies
        return sum(by_agent for _, by_agent in self.extras.responses) or None

    def share_labels(self) -> None:
        """The same few labels come with every contact: all records share one object of each."""
        self.channel = intern(self.channel)
        self.queue = self.queue and intern(self.queue)
        self.reason = self.reason and intern(self.reason)
        self.priority = self.priority and intern(self.priority)
        self.end_queue = self.end_queue and intern(self.end_queue)
        self.end_reason = self.end_reason and intern(self.end_reason)

    def need_extras(self) -> Extras:
        if self.extras is None:
            self.extras = Extras()
        return self.extras


def _rank(*fields: object) -> tuple[tuple[bool, object], ...]:
    """Orders the meanings of two events of equal time: absent first, then by value."""
    return tuple((field is not None, field) for field in fields)


class Start(msgspec.Struct, frozen=True, gc=False):
    """The part set by `contact-started`."""

    at: int
    channel: str
    queue: str | None
    reason: str | None
    priority: str | None
    outbound: bool
    previous: str | None

    def stands_against(self, contact: Contact) -> int:
        """1: this is the part to keep; 0: it is the one that is there; -1: the other stands."""
        if contact.started_at is None:
            return 1
        if self.at != contact.started_at:
            return 1 if self.at > contact.started_at else -1
        own = _rank(
            self.channel, self.queue, self.reason, self.priority, self.outbound, self.previous
        )
        standing = _rank(
            contact.channel,
            contact.queue,
            contact.reason,
            contact.priority,
            contact.outbound,
            contact.previous,
        )
        return (own > standing) - (own < standing)

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

    def stands_against(self, contact: Contact) -> int:
        if contact.resolved_at is None:
            return 1
        if self.at != contact.resolved_at:
            return 1 if self.at > contact.resolved_at else -1
        own = _rank(
            self.outcome,
            self.responded_at,
            self.queue,
            self.reason,
            self.replies,
            self.handle,
            self.transfers,
        )
        standing = _rank(
            contact.outcome,
            contact.responded_at,
            contact.end_queue,
            contact.end_reason,
            contact.replies,
            contact.handle,
            contact.transfers,
        )
        return (own > standing) - (own < standing)

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

    kind: str
    survey: Survey

    def stands_against(self, contact: Contact) -> int:
        standing = None if contact.surveys is None else contact.surveys.get(self.kind)
        if standing is None:
            return 1
        own = (self.survey.answered_at, *_rank(self.survey.score, self.survey.issue_resolved))
        other = (standing.answered_at, *_rank(standing.score, standing.issue_resolved))
        return (own > other) - (own < other)

    def put_into(self, contact: Contact) -> None:
        # A new dict: the one before may still be read as the record's former state.
        contact.surveys = {**(contact.surveys or {}), self.kind: self.survey}


class Response(msgspec.Struct, frozen=True, gc=False):
    """One of the distinct responses set by `contact-responded`; there is nothing to amend."""

    at: int
    by_agent: bool

    def stands_against(self, contact: Contact) -> int:
        known = None if contact.extras is None else contact.extras.responses
        return 0 if known and (self.at, self.by_agent) in known else 1

    def put_into(self, contact: Contact) -> None:
        extras = contact.need_extras()
        extras.responses = sorted([*(extras.responses or ()), (self.at, self.by_agent)])


Part = Start | Resolution | Answer | Response


def part_of(
    event: ContactStarted | ContactResolved | SurveyAnswered | ContactResponded, at: int
) -> Part:
    """The part of the record that an event of time `at` sets."""
    if isinstance(event, ContactStarted):
        return Start(
            at,
            event.channel,
            event.queue,
            event.reason,
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
            event.queue,
            event.reason,
            None if event.agent_replies is None else int(event.agent_replies),
            None if event.handle_seconds is None else round(event.handle_seconds * 1_000_000),
            None if event.transfers is None else int(event.transfers),
        )
    if isinstance(event, SurveyAnswered):
        return Answer(event.survey, Survey(at, int(event.score), event.issue_resolved))
    return Response(at, event.responder != "bot")
