"""The parts of a contact's record: every event is an upsert of one of them.

They are the start, one survey answer a survey, one evaluation an id, and the sets of resolutions,
updates and responses.
Of two different events for one part the one of the higher version stands, then the one with the
later event time; at equal times the one whose meaning is greater in the order of :func:`rank`. Of
the sets all members are kept: which of them count is for :mod:`service.state.life` to say. So a
record depends on which events arrived, never on the order in which they did.

All times are microseconds of event time since the epoch, all durations microseconds.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from hashlib import blake2b
from typing import final

import msgspec

from service.state.evaluation import Evaluation
from service.state.record import OVERALL, Contact, Survey, keep_until
from service.state.resolution import Resolution
from service.state.update import Update

_encode = msgspec.msgpack.Encoder().encode

#: So many responses of a contact by agents are kept, and as many by bots. Nobody answers one
#: contact more often; a publisher that gives all its responses one contact's id must not make a
#: record that grows until no broker takes it, nor one that takes ever longer to change.
RESPONSES = 1_000


class Start(msgspec.Struct, frozen=True, gc=False):
    """The part set by `contact-started`."""

    at: int
    channel: str
    queue: str | None
    reason: str | None
    priority: str | None
    outbound: bool
    previous: str | None
    version: int = 0

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
            contact.start_version,
        )

    def put_into(self, contact: Contact) -> None:
        contact.started_at = self.at
        contact.start_version = self.version
        contact.channel = self.channel
        contact.queue = self.queue
        contact.reason = self.reason
        contact.priority = self.priority
        contact.outbound = self.outbound
        if self.previous is not None or contact.extras is not None:
            contact.need_extras().previous = self.previous


@final
class Answer(msgspec.Struct, frozen=True, gc=False):
    """The part set by `survey-answered`: one for each survey type, id and aspect."""

    at: int
    kind: str
    score: int
    issue_resolved: bool | None
    scale: int | None = None
    survey_id: str | None = None
    aspect: str = OVERALL
    version: int = 0

    @property
    def key(self) -> str:
        """Names the survey within its contact: by its type alone, as release 1 did, if it can."""
        if self.survey_id is None and self.aspect == OVERALL:
            return self.kind
        return f"{self.kind}/{self.aspect}/{self.survey_id or ''}"

    def standing(self, contact: Contact) -> Answer | None:
        """The answer to the same survey as the record has it."""
        known = None if contact.surveys is None else contact.surveys.get(self.key)
        if known is None:
            return None
        return Answer(
            known.answered_at,
            self.kind,
            known.score,
            known.issue_resolved,
            known.scale,
            self.survey_id,
            self.aspect,
            known.version,
        )

    def put_into(self, contact: Contact) -> None:
        answer = Survey(self.at, self.score, self.issue_resolved, self.scale, self.version)
        # A new dict: the one before may still be read as the record's former state.
        contact.surveys = {**(contact.surveys or {}), self.key: answer}


@final
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
                keep_until(extras, alike[-1][0])


Part = Start | Resolution | Update | Answer | Response | Evaluation


def digest(part: msgspec.Struct) -> int:
    """64 bits that stand for a part, the same in every process and every release."""
    fields = list(msgspec.structs.astuple(part))
    defaults = list(type(part).__struct_defaults__)
    while defaults and fields[-1] == defaults[-1]:
        fields.pop()
        defaults.pop()
    written = _encode((type(part).__name__, *fields))
    return int.from_bytes(blake2b(written, digest_size=8).digest(), "big")
