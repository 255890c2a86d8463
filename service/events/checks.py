"""What an event of a type has to keep beyond its fields, each by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from service.events.agents import AgentEmployed, AgentEvent, AgentScheduled
from service.events.model import (
    EARLIEST_YEAR,
    SCORES,
    ContactResolved,
    ContactStarted,
    ContactUpdated,
    Event,
    SurveyAnswered,
)
from service.events.refusal import Reason, Refused
from service.events.times import microseconds

if TYPE_CHECKING:
    from collections.abc import Callable

#: Of a later time the year is late enough, whatever its offset.
EARLY_ENOUGH: Final = datetime(EARLIEST_YEAR, 1, 2, tzinfo=UTC)


def check_time(time: datetime, name: str, *, late: bool) -> None:
    """Raises Refused where it is before all that is allowed, or is known to be `late`."""
    _check_year(time, name)
    if late:
        raise _in_the_future(name)


def _check_year(time: datetime, name: str) -> None:
    if time.year < EARLIEST_YEAR:
        raise Refused(Reason.OUT_OF_RANGE, f"{name} must not be before {EARLIEST_YEAR}")


def _check_first_response(event: ContactResolved, latest: int) -> None:
    first = event.first_response_at
    # Nearly all are before the resolution, which is not late: these comparisons are cheap.
    if first is None or EARLY_ENOUGH <= first <= event.resolved_at:
        return
    _check_year(first, "first_response_at")
    if microseconds(first) > latest:
        raise _in_the_future("first_response_at")


def _check_score(event: SurveyAnswered, _latest: int) -> None:
    least, greatest = SCORES[event.survey]
    if event.scale is not None:
        if event.survey == "nps":
            raise Refused(Reason.OUT_OF_RANGE, "scale must not be given for nps")
        greatest = event.scale
    if not least <= event.score <= greatest:
        raise Refused(Reason.OUT_OF_RANGE, "score must be in the range of its survey")


def _check_channel(event: ContactStarted, _latest: int) -> None:
    if event.channel.isspace():
        raise Refused(Reason.OUT_OF_RANGE, "channel is empty or too long")


def _check_update(event: ContactUpdated, _latest: int) -> None:
    if event.status is event.queue is event.reason is event.priority is None:
        raise Refused(Reason.MISSING_FIELD, "one of status, queue, reason and priority is required")


def _check_shift(event: AgentScheduled, _latest: int) -> None:
    _check_year(event.ends_at, "ends_at")
    if event.ends_at <= event.starts_at:
        raise Refused(Reason.OUT_OF_RANGE, "ends_at must be later than starts_at")


def _check_employment(event: AgentEmployed, _latest: int) -> None:
    if event.employed_until is None:
        return
    _check_year(event.employed_until, "employed_until")
    if event.employed_until < event.employed_from:
        raise Refused(Reason.OUT_OF_RANGE, "employed_until must not be before employed_from")


def _in_the_future(name: str) -> Refused:
    return Refused(Reason.IN_THE_FUTURE, f"{name} is too far ahead of the wall clock")


#: Of an event and the latest time that is allowed; each raises Refused. Most types ask no more.
CHECKS: Final[dict[type[Event | AgentEvent], Callable[[Any, int], None]]] = {
    ContactStarted: _check_channel,
    ContactResolved: _check_first_response,
    SurveyAnswered: _check_score,
    ContactUpdated: _check_update,
    AgentScheduled: _check_shift,
    AgentEmployed: _check_employment,
}
