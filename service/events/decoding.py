"""The gate: from a Kafka record's key and value to a typed event with its time, or Refused."""

from __future__ import annotations

import re
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Protocol, overload

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
from service.events.checks import CHECKS, EARLY_ENOUGH, check_time
from service.events.depth import MAX_DEPTH, SHALLOW_BYTES, too_deep
from service.events.model import EVENT_CLASSES, TIME_FIELDS, Event, EventType
from service.events.refusal import Reason, Refused
from service.events.second_look import SecondLook
from service.events.times import all_microseconds, microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_EARLY_ENOUGH_US: Final = microseconds(EARLY_ENOUGH)

#: Records that are read together, and the bytes of their values, which are copied for it: there may
#: be as many as are fetched. One that is not in order has all of them read one by one.
_TOGETHER: Final = 256
_COPIED_BYTES: Final = 1024 * 1024

#: Compared by identity, so that no record's key can be it.
_ANY_KEY: Final = b"any key"


class Keyed(Protocol):
    """Of a Kafka record what an event is made of."""

    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...


class Decoder:
    """Reads events of all types; `max_future_skew_us` is in microseconds.

    No method raises anything but Refused, whatever the bytes are.
    """

    def __init__(self, max_event_bytes: int, max_future_skew_us: int) -> None:
        self._max_future_skew_us = max_future_skew_us
        self._readers: dict[str, _Reader] = {
            name: _Reader(of, TIME_FIELDS[name], "customer_id", max_event_bytes)
            for name, of in EVENT_CLASSES.items()
        }
        self._readers |= {
            name: _Reader(of, AGENT_TIME_FIELDS[name], "agent_id", max_event_bytes)
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
        latest = wall_us + self._max_future_skew_us
        return self._readers[type_].read(key, value, latest)

    def decode_all(
        self, type_: AnyEventType, records: Sequence[Keyed], wall_us: int
    ) -> tuple[list[tuple[Any, int]], list[tuple[int, Refused]]]:
        """What :meth:`decode` makes of each: the events, and by their places those refused."""
        reader, latest = self._readers[type_], wall_us + self._max_future_skew_us
        events: list[tuple[Event | AgentEvent, int]] = []
        refused: list[tuple[int, Refused]] = []
        for begin in range(0, len(records), _TOGETHER):
            some = records[begin : begin + _TOGETHER]
            if (together := reader.read_together(some, latest)) is not None:
                events += together
                continue
            for place, record in enumerate(some, begin):
                try:
                    events.append(reader.read(record.key, record.value, latest))
                except Refused as why:
                    refused.append((place, why.bare()))
        return events, refused

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


class _Reader:
    """Reads events of one type; `id_field` is the one that the Kafka key has to be."""

    def __init__(
        self,
        event_class: type[Event | AgentEvent],
        time_field: str,
        id_field: str,
        max_event_bytes: int,
    ) -> None:
        self._quick = msgspec.json.Decoder(event_class).decode
        self._second_look = SecondLook(event_class)
        self._time_field = time_field
        self._time_of: Callable[[Event | AgentEvent], datetime] = attrgetter(time_field)
        self._id_field = id_field
        self._id_of: Callable[[Event | AgentEvent], str] = attrgetter(id_field)
        self._check_more = CHECKS.get(event_class)
        #: Whether its times may lie ahead of the wall clock.
        self._is_planned = issubclass(event_class, AgentScheduled | AgentEmployed)
        self._max_event_bytes = max_event_bytes
        #: Up to this size a value can be neither too large nor too deep.
        self._harmless_bytes = min(max_event_bytes, SHALLOW_BYTES)

    def read_together(
        self, records: Sequence[Keyed], latest: int
    ) -> list[tuple[Event | AgentEvent, int]] | None:
        """What :meth:`read` makes of each; None: they have to be read one by one.

        Each question is asked once for all of them, which takes half the time.
        """
        values = [record.value for record in records if record.value is not None]
        sizes = list(map(len, values))
        if len(values) < len(records) or max(sizes) > self._harmless_bytes:
            return None
        if sum(sizes) > _COPIED_BYTES:
            return None
        lines = b"\n".join(values)
        if not (lines.isascii() or _is_utf8(lines)) or _has_further_digits(lines):
            return None
        try:
            events = list(map(self._quick, values))
        except (msgspec.DecodeError, RecursionError):
            return None
        times = all_microseconds(map(self._time_of, events))
        if min(times) < _EARLY_ENOUGH_US or max(times) > latest:
            return None
        if self._check_more is not None:
            try:
                for event in events:
                    self._check_more(event, latest)
            except Refused:
                return None
        if [id_.encode() for id_ in map(self._id_of, events)] != [it.key for it in records]:
            return None
        return list(zip(events, times, strict=True))

    def read(
        self, key: bytes | None, value: bytes | None, latest: int
    ) -> tuple[Event | AgentEvent, int]:
        """As :meth:`Decoder.decode`; no time may be after `latest`."""
        if value is None:
            raise Refused(Reason.NO_VALUE, "the record has no value: an event cannot be deleted")
        if len(value) > self._harmless_bytes:
            self._check_size(value)
        if not (value.isascii() or _is_utf8(value)):
            raise Refused(Reason.NOT_JSON, "the value is not UTF-8")
        event = None
        if not _has_further_digits(value):
            try:  # noqa: SIM105 - it is a sixth of all decoding
                event = self._quick(value)
            except (msgspec.DecodeError, RecursionError):
                pass
        if event is None:  # no longer in the handler: msgspec's message may quote the event
            event = self._second_look.read(value)
        at = microseconds(self._time_of(event))
        if not _EARLY_ENOUGH_US <= at <= latest:
            is_late = at > latest and not self._is_planned
            check_time(self._time_of(event), self._time_field, late=is_late)
        if self._check_more is not None:
            self._check_more(event, latest)
        if self._id_of(event).encode() != key and key is not _ANY_KEY:
            raise Refused(Reason.WRONG_KEY, f"the Kafka key must be the {self._id_field} in UTF-8")
        return event, at

    def _check_size(self, value: bytes) -> None:
        if len(value) > self._max_event_bytes:
            raise Refused(
                Reason.TOO_LARGE, f"the value is larger than {self._max_event_bytes} bytes"
            )
        if too_deep(value):
            raise Refused(Reason.TOO_DEEP, f"nested more than {MAX_DEPTH} levels deep")


def _has_further_digits(text: bytes) -> bool:
    """Whether a time has digits that do not count: msgspec would round the last one that does."""
    return _further_digits(text) is not None


_further_digits: Final = re.compile(rb"\.\d{7}(?<=\d:\d\d\.\d{7})").search


def _is_utf8(text: bytes) -> bool:
    # The quick decoder does not look at the bytes of unknown fields.
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
