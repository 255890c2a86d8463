"""The record of a contact's outcome, as `schemas/contact-outcome.schema.json` has it.

Times are aware datetimes, durations seconds. Labels of a verdict are those under which the metric
of its name counts it; those of the contact are as its publishers gave them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import msgspec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encode = msgspec.json.Encoder().encode
#: A contact's verdicts and closings are of a few moments.
_MOMENTS = 1_000


@lru_cache(_MOMENTS)
def moment(microseconds: int) -> datetime:
    """A time of the domain as records tell it."""
    return _EPOCH + timedelta(microseconds=microseconds)


@lru_cache(_MOMENTS)
def _encoded_moment(microseconds: int) -> bytes:
    return _encode(moment(microseconds))


def seconds(microseconds: int | None) -> float | None:
    """A duration of the domain as records tell it."""
    return None if microseconds is None else microseconds / 1_000_000


class Closing(msgspec.Struct, frozen=True):
    """One closing of the contact's life."""

    at: datetime
    outcome: str
    agent_id: str | None = None
    team: str | None = None
    handle_seconds: float | None = None
    resolved_by: str | None = None


class Reopening(msgspec.Struct, frozen=True):
    """The contact was opened again."""

    at: datetime
    by: str


class Fcr(msgspec.Struct, frozen=True):
    """The result under one repeat window; a `pending` one is not final."""

    repeat_window: str
    result: str
    at: datetime
    channel: str
    queue: str
    reason: str
    final: bool


class Repeat(msgspec.Struct, frozen=True):
    """The contact is a repeat under this window."""

    repeat_window: str
    at: datetime
    channel: str
    queue: str
    reason: str
    final: bool


class Sla(msgspec.Struct, frozen=True):
    """The result of one target."""

    target: str
    result: str
    at: datetime
    channel: str
    queue: str
    final: bool


class Writing(NamedTuple):
    """The JSON of a verdict, before its moment and after it."""

    before: bytes
    after: bytes

    def at(self, microseconds: int) -> msgspec.Raw:
        """That of another moment."""
        return msgspec.Raw(self.before + _encoded_moment(microseconds) + self.after)


def written(verdict: Fcr | Repeat | Sla) -> Writing:
    """Its JSON; what is the same for all contacts is written once."""
    key = b'"at":'
    before, _, rest = _encode(verdict).partition(key)
    return Writing(before + key, rest.removeprefix(_encode(verdict.at)))


class Duration(msgspec.Struct):
    """A time from the start on; `counted_seconds` where counted time is told."""

    at: datetime
    seconds: float
    channel: str
    queue: str
    final: bool
    counted_seconds: float | None = None


class Survey(msgspec.Struct, frozen=True):
    """A standing answer."""

    survey: str
    survey_id: str | None
    aspect: str
    score: int
    scale: int
    answered_at: datetime
    issue_resolved: bool | None
    final: bool


class Evaluation(msgspec.Struct, frozen=True):
    """A standing evaluation; the score in percent, emotions from 0 to 10."""

    evaluation_id: str | None
    result: str
    evaluated_at: datetime
    fatal_errors: int
    nonfatal_errors: int
    score: float | None
    positive: float | None
    negative: float | None
    final: bool


class Record(msgspec.Struct):
    """All that is known of a contact's verdicts at the partition's clock, `as_of`."""

    contact_id: str
    customer_id: str
    previous_contact_id: str | None
    as_of: datetime
    direction: str
    channel: str
    queue: str | None
    reason: str | None
    priority: str | None
    status: str
    started_at: datetime
    first_response_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    agent_id: str | None
    team: str | None
    agent_replies: int | None
    transfers: int | None
    closings: list[Closing]
    reopenings: list[Reopening]
    surveys: list[Survey]
    evaluations: list[Evaluation]
    first_response: Duration | None = None
    resolution: Duration | None = None
    #: As :func:`written`: of :class:`Fcr`, :class:`Repeat` and :class:`Sla`.
    fcr: list[msgspec.Raw] = []
    repeats: list[msgspec.Raw] = []
    sla: list[msgspec.Raw] = []
    final: bool = False

    def encoded(self) -> bytes:
        """The JSON of it, UTF-8."""
        return _encode(self)
