"""A second, slower look at a value that the quick decoder did not take.

It accepts what only the quick decoder refuses (null for a field with a default, an empty string for
an optional one, 4.0 for an integer), and tells which rule the others break. It skips unknown fields
just as the quick one.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Raw

from service.events.field import Field
from service.events.refusal import Reason, Refused

if TYPE_CHECKING:
    from service.events.agents import AgentEvent
    from service.events.model import Event

#: What an optional field may say for being absent.
_ABSENT: Final = (b"null", b'""')
_fields_of_object = msgspec.json.Decoder(dict[str, Raw]).decode
_any_json = msgspec.json.Decoder(Raw).decode


class SecondLook:
    """The second look at values of one event type."""

    def __init__(self, event_class: type[Event | AgentEvent]) -> None:
        self._class = event_class
        self._fields = tuple(Field(info) for info in msgspec.structs.fields(event_class))

    def read(self, value: bytes) -> Event | AgentEvent:
        """The event, or Refused: of several broken rules, for the model's first field."""
        given = _read_object(value)
        event: dict[str, Any] = {}
        for field in self._fields:
            raw = bytes(given.get(field.name, b"null"))
            if field.required and raw == b"null":
                raise Refused(Reason.MISSING_FIELD, f"{field.name} is required")
            if field.required or raw not in _ABSENT:
                event[field.name] = field.read(raw)
        return self._class(**event)


def _read_object(value: bytes) -> dict[str, Raw]:
    try:
        with suppress(msgspec.ValidationError):
            return _fields_of_object(value)
        # That stopped at the first byte of what is no object: the rest may be no JSON either.
        _any_json(value)
    except (msgspec.DecodeError, RecursionError):
        raise Refused(Reason.NOT_JSON, "the value is not JSON") from None
    raise Refused(Reason.NOT_AN_OBJECT, "the value must be a JSON object")
