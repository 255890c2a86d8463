"""The gate: from a Kafka record's key and value to a typed event with its time, or Refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, overload

import msgspec

from service.events.agents import (
    AGENT_EVENT_CLASSES,
    AGENT_TIME_FIELDS,
    AgentEmployed,
    AgentEvent,
    AgentEventType,
    AgentScheduled,
    AnyEventType,
)
from service.events.depth import MAX_DEPTH, SHALLOW_BYTES, too_deep
from service.events.model import (
    EARLIEST_YEAR,
    EVENT_CLASSES,
    SCORES,
    TIME_FIELDS,
    ContactResolved,
    ContactStarted,
    ContactUpdated,
    Event,
    EventType,
    SurveyAnswered,
)
from service.events.refusal import Reason, Refused
from service.events.second_look import SecondLook
from service.events.times import microseconds

if TYPE_CHECKING:
    from collections.abc import Callable

#: Of a later time (microseconds since 1970) the year is late enough, whatever its offset.
_EARLY: Final = microseconds(datetime(EARLIEST_YEAR, 1, 2, tzinfo=UTC))

#: Compared by identity, so that no record's key can be it.
_ANY_KEY: Final = b"any key"


class Decoder:
    """Reads events of all types; `max_future_skew_us` is in microseconds.

    No method raises anything but Refused, whatever the bytes are.
    """

    def __init__(self, max_event_bytes: int, max_future_skew_us: int) -> None:
        self._max_event_bytes = max_event_bytes
        #: Up to this size a value can be neither too large nor too deep.
        self._harmless_bytes = min(max_event_bytes, SHALLOW_BYTES)
        self._max_future_skew_us = max_future_skew_us
        self._readers: dict[str, _Reader] = {
            name: _reader(of, TIME_FIELDS[name], "customer_id")
            for name, of in EVENT_CLASSES.items()
        }
        self._readers |= {
            name: _reader(of, AGENT_TIME_FIELDS[name], "agent_id")
            for name, of in AGENT_EVENT_CLASSES.items()
        }

    @overload
    def decode(
        self, type_: EventType, key: bytes | None, value: bytes | None, wall_us: int
    ) -> tuple[Event, int]: ...
    @overload
    def decode(
        self, type_: AgentEventType, key: bytes | None, value: bytes | None, wall_us: int
    ) -> tuple[AgentEvent, int]: ...
    @overload
    def decode(
        self, type_: AnyEventType, key: bytes | None, value: bytes | None, wall_us: int
    ) -> tuple[Event | AgentEvent, int]: ...
    def decode(
        self,
        type_: AnyEventType,
        key: bytes | None,
        value: bytes | None,
        wall_us: int,
    ) -> tuple[Event | AgentEvent, int]:
        """The event of a Kafka record and its own time, in microseconds since 1970, or Refused.

        `wall_us` is the wall clock in the same unit: no time of an event may be far ahead of it.
        """
        if value is None:
            raise Refused(Reason.NO_VALUE, "the record has no value: an event cannot be deleted")
        if len(value) > self._harmless_bytes:
            self._check_size(value)
        if not value.isascii():
            _check_utf8(value)
        reader = self._readers[type_]
        quick, second_look, time_of, id_of, check_more, time_field, is_planned = reader
        event = None
        if b"." not in value or _further_digits(value) is None:
            try:  # noqa: SIM105 - it is a sixth of all decoding
                event = quick(value)
            except (msgspec.DecodeError, RecursionError):
                pass
        if event is None:  # no longer in the handler: msgspec's message may quote the event
            event = second_look.read(value)
        at = microseconds(time_of(event))
        latest = wall_us + self._max_future_skew_us
        if not _EARLY <= at <= latest:
            _check_time(time_of(event), time_field, late=at > latest and not is_planned)
        if check_more is not None:
            check_more(event, latest)
        if id_of(event).encode() != key and key is not _ANY_KEY:
            of = "customer_id" if type_ in EVENT_CLASSES else "agent_id"
            raise Refused(Reason.WRONG_KEY, f"the Kafka key must be the {of} in UTF-8")
        return event, at

    @overload
    def decode_without_key(
        self, type_: EventType, value: bytes, wall_us: int
    ) -> tuple[Event, int]: ...
    @overload
    def decode_without_key(
        self, type_: AgentEventType, value: bytes, wall_us: int
    ) -> tuple[AgentEvent, int]: ...
    @overload
    def decode_without_key(
        self, type_: AnyEventType, value: bytes, wall_us: int
    ) -> tuple[Event | AgentEvent, int]: ...
    def decode_without_key(
        self, type_: AnyEventType, value: bytes, wall_us: int
    ) -> tuple[Event | AgentEvent, int]:
        """Like decode, for an event that has no Kafka key, such as a line of a file."""
        return self.decode(type_, _ANY_KEY, value, wall_us)

    def _check_size(self, value: bytes) -> None:
        if len(value) > self._max_event_bytes:
            raise Refused(
                Reason.TOO_LARGE, f"the value is larger than {self._max_event_bytes} bytes"
            )
        if too_deep(value):
            raise Refused(Reason.TOO_DEEP, f"nested more than {MAX_DEPTH} levels deep")


def _check_utf8(value: bytes) -> None:
    # The quick decoder does not look at the bytes of unknown fields.
    try:
        value.decode()
    except UnicodeDecodeError:
        raise Refused(Reason.NOT_JSON, "the value is not UTF-8") from None


def _check_time(time: datetime, name: str, *, late: bool) -> None:
    _check_year(time, name)
    if late:
        raise _in_the_future(name)


def _check_year(time: datetime, name: str) -> None:
    if time.year < EARLIEST_YEAR:
        raise Refused(Reason.OUT_OF_RANGE, f"{name} must not be before {EARLIEST_YEAR}")


def _check_first_response(event: ContactResolved, latest: int) -> None:
    first = event.first_response_at
    if first is not None:
        _check_year(first, "first_response_at")
    # Nearly all are before the resolution: the cheap comparison spares the exact one.
    if first is not None and first > event.resolved_at and microseconds(first) > latest:
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


#: What a type asks for beyond its fields, by event and latest time allowed.
_CHECKS: Final[dict[type[Event | AgentEvent], Callable[[Any, int], None]]] = {
    ContactStarted: _check_channel,
    ContactResolved: _check_first_response,
    SurveyAnswered: _check_score,
    ContactUpdated: _check_update,
    AgentScheduled: _check_shift,
    AgentEmployed: _check_employment,
}


class _Reader(NamedTuple):
    quick: Callable[[bytes], Event | AgentEvent | None]
    second_look: SecondLook
    time_of: Callable[[Event | AgentEvent], datetime]
    #: The id that the Kafka key has to be.
    id_of: Callable[[Event | AgentEvent], str]
    check_more: Callable[[Any, int], None] | None
    time_field: str
    #: Whether its times may lie ahead of the wall clock.
    is_planned: bool


def _reader(event_class: type[Event | AgentEvent], time_field: str, id_field: str) -> _Reader:
    return _Reader(
        msgspec.json.Decoder(event_class).decode,
        SecondLook(event_class),
        attrgetter(time_field),
        attrgetter(id_field),
        _CHECKS.get(event_class),
        time_field,
        issubclass(event_class, AgentScheduled | AgentEmployed),
    )


#: In times, digits that do not count: msgspec would round the last one that does.
_further_digits = re.compile(rb"\.\d{7}(?<=\d:\d\d\.\d{7})").search
