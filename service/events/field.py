"""One field of an event type, read by itself: its value, or which of its rules is broken."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, inspect
from msgspec.json import Decoder

from service.events.model import LABEL_LENGTH
from service.events.refusal import Reason, Refused

_QUOTE: Final = ord('"')
_NUMBER_STARTS: Final = frozenset(b"-0123456789")
#: Time counts in microseconds: what msgspec would round is cut off.
_FURTHER_DIGITS: Final = re.compile(rb"(\.\d{6})\d+")
_number = Decoder(float).decode
_text = Decoder(str).decode
_time_without_offset = Decoder(Annotated[datetime, Meta(tz=False)]).decode


class Field:
    """Reads what is given for one field, where it is given and not null."""

    def __init__(self, info: msgspec.structs.FieldInfo) -> None:
        self.name = info.encode_name
        self.required = info.required
        self._type = info.type
        self._decode = Decoder[Any](info.type).decode
        kind = inspect.type_info(info.type)
        self._is_label = _is_label(kind)
        self._kind = _not_null(kind)

    def read(self, raw: bytes) -> Any:
        """The value of this JSON text, or Refused with the rule it breaks."""
        if self._is_label and raw[0] == _QUOTE:
            return self._read_label(raw)
        if isinstance(self._kind, inspect.DateTimeType):
            raw = _FURTHER_DIGITS.sub(rb"\1", raw)
        try:
            return self._decode(raw)
        except msgspec.DecodeError:  # whose message may quote the value: not to be chained
            pass
        return self._reconsider(raw)

    def _reconsider(self, raw: bytes) -> Any:
        match self._kind:
            case inspect.IntType():
                return self._read_integer(raw)
            case inspect.FloatType():
                self._require_number(raw)
                raise self._refused(Reason.OUT_OF_RANGE, "is out of its range")
            case inspect.BoolType():
                raise self._refused(Reason.WRONG_TYPE, "must be true or false")
        if raw[0] != _QUOTE:
            raise self._refused(Reason.WRONG_TYPE, "must be a string")
        match self._kind:
            case inspect.DateTimeType():
                raise self._refused_time(raw)
            case inspect.LiteralType():
                raise self._refused(Reason.OUT_OF_RANGE, "is none of the values it may have")
        raise self._refused(Reason.OUT_OF_RANGE, "is empty or too long")

    def _read_integer(self, raw: bytes) -> int:
        """In JSON Schema 4.0 is an integer; some serializers write integers so."""
        self._require_number(raw)
        with suppress(msgspec.ValidationError):  # also of what no double can hold
            number = _number(raw)
            if not number.is_integer():
                raise self._refused(Reason.WRONG_TYPE, "must be an integer")
            integer: int = msgspec.convert(int(number), self._type)
            return integer
        raise self._refused(Reason.OUT_OF_RANGE, "is out of its range")

    def _read_label(self, raw: bytes) -> str | None:
        with suppress(msgspec.DecodeError):
            label = _text(raw).strip()
            if not label and not self.required:
                return None
            if 1 <= len(label) <= LABEL_LENGTH:
                return label
        raise self._refused(Reason.OUT_OF_RANGE, "is empty or too long")

    def _require_number(self, raw: bytes) -> None:
        if raw[0] not in _NUMBER_STARTS:
            raise self._refused(Reason.WRONG_TYPE, "must be a number")

    def _refused_time(self, raw: bytes) -> Refused:
        with suppress(msgspec.ValidationError):
            _time_without_offset(raw)
            return self._refused(Reason.NO_OFFSET, "needs an offset: Z, or one such as +02:00")
        example = "an RFC 3339 time such as 2025-01-31T09:30:00Z"
        return self._refused(Reason.NOT_A_TIME, f"must be {example}")

    def _refused(self, reason: Reason, what: str) -> Refused:
        return Refused(reason, f"{self.name} {what}")


def _is_label(kind: inspect.Type) -> bool:
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    return any(
        isinstance(of, inspect.Metadata) and (of.extra or {}).get("label", False) for of in kinds
    )


def _not_null(kind: inspect.Type) -> inspect.Type:
    if isinstance(kind, inspect.UnionType):
        kind = next(of for of in kind.types if not isinstance(of, inspect.NoneType))
    return kind.type if isinstance(kind, inspect.Metadata) else kind
