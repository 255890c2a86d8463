"""What expressions give, made to fit the fields of an event: derived from `service.events`.

Only what is beyond doubt is changed: numbers in texts, ids that are numbers, labels that are too
long, words in capitals, offsets without a colon. All else is left to the service's own decoder.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import inspect

from service.events.agents import ALL_EVENT_CLASSES, AnyEventType
from service.events.model import LABEL_LENGTH
from service.events.refusal import Reason, Refused
from service.feeds.moments import rfc_3339
from service.feeds.values import key_of, number_of

#: From what an expression gives, never None, to the field's value, or None where there is none.
Coercion = Callable[[Any], Any]

#: Nothing that events count can be below 0; many systems write this for what they do not know.
_NONE: Final = -1
_TRUTH: Final = MappingProxyType(
    {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
)


@cache
def coercions(type_: AnyEventType) -> Mapping[str, Coercion]:
    """For each field of an event type."""
    infos = msgspec.structs.fields(ALL_EVENT_CLASSES[type_])
    return MappingProxyType({info.name: _coercion(info) for info in infos})


@cache
def required(type_: AnyEventType) -> frozenset[str]:
    """The fields without which there is no event of the type."""
    infos = msgspec.structs.fields(ALL_EVENT_CLASSES[type_])
    return frozenset(info.name for info in infos if info.required)


@cache
def words(type_: AnyEventType, field: str) -> tuple[str, ...]:
    """The words of which a field's value must be one; none where it is free."""
    (info,) = (it for it in msgspec.structs.fields(ALL_EVENT_CLASSES[type_]) if it.name == field)
    kind = _plain(inspect.type_info(info.type))
    return tuple(map(str, kind.values)) if isinstance(kind, inspect.LiteralType) else ()


@cache
def key_field(type_: AnyEventType) -> str:
    """The field that is the Kafka key: events of agents have no customer."""
    fields = ALL_EVENT_CLASSES[type_].__struct_fields__
    return "customer_id" if "customer_id" in fields else "agent_id"


def _coercion(info: msgspec.structs.FieldInfo) -> Coercion:
    name, kind = info.name, inspect.type_info(info.type)
    match _plain(kind):
        case inspect.DateTimeType():
            return lambda value: _time(name, value)
        case inspect.LiteralType():
            return lambda value: _text(name, value).strip().lower() or None
        case inspect.BoolType():
            return lambda value: _truth(name, value)
        case inspect.IntType() | inspect.FloatType():
            return lambda value: _number(name, value)
    if _is_label(kind):
        return lambda value: _text(name, value).strip()[:LABEL_LENGTH].strip() or None
    return lambda value: _text(name, value).strip() or None


def _time(name: str, value: Any) -> str | None:
    if not isinstance(value, str):
        raise Refused(
            Reason.NOT_A_TIME,
            f"{name} is a number: say which unit it is in, by epoch_s, epoch_ms, epoch_us or"
            " epoch_ns",
        )
    return rfc_3339(value) or None


def _text(name: str, value: Any) -> str:
    text = key_of(value)
    if text is None:
        raise Refused(Reason.WRONG_TYPE, f"{name} must be a text or a number")
    return text


def _truth(name: str, value: Any) -> bool | None:
    text = _text(name, value).strip().lower()
    if not text:
        return None
    if text not in _TRUTH:
        raise Refused(Reason.WRONG_TYPE, f"{name} must be true or false")
    return _TRUTH[text]


def _number(name: str, value: Any) -> int | float | None:
    if isinstance(value, str) and not value.strip():
        return None
    number = number_of(value)
    if number is None or not math.isfinite(number):
        raise Refused(Reason.WRONG_TYPE, f"{name} must be a number")
    if number == _NONE:
        return None
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _plain(kind: inspect.Type) -> inspect.Type:
    """Without null, and without what is said beyond the type."""
    if isinstance(kind, inspect.UnionType):
        kind = next(of for of in kind.types if not isinstance(of, inspect.NoneType))
    return kind.type if isinstance(kind, inspect.Metadata) else kind


def _is_label(kind: inspect.Type) -> bool:
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    return any(
        isinstance(of, inspect.Metadata) and (of.extra or {}).get("label", False) for of in kinds
    )
