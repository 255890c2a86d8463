"""Ways to spoil an event so that it has to be refused, one for each common mistake."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import orjson

from service.events.agents import AGENT_EMPLOYED, AGENT_SCHEDULED, AGENT_TIME_FIELDS
from service.events.model import TIME_FIELDS
from service.events.refusal import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from random import Random

    from service.events.agents import AgentEventType
    from service.events.model import EventType
    from service.simulate.publication import Publication

_Fields = dict[str, Any]
_TIMES: Final = frozenset((*TIME_FIELDS.values(), *AGENT_TIME_FIELDS.values()))
_IDS: Final = ("contact_id", "customer_id", "agent_id")
#: Beyond the default of `max_event_bytes`.
_TOO_MUCH: Final = "x" * 66_000


def _time_field(fields: _Fields) -> str:
    return next(name for name in fields if name in _TIMES)


def _with_id(value: object) -> Callable[[_Fields], _Fields]:
    def spoil(fields: _Fields) -> _Fields:
        return {**fields, next(name for name in _IDS if name in fields): value}

    return spoil


def _with_time(change: Callable[[str], str]) -> Callable[[_Fields], _Fields]:
    def spoil(fields: _Fields) -> _Fields:
        name = _time_field(fields)
        return {**fields, name: change(fields[name])}

    return spoil


def _without_time(fields: _Fields) -> _Fields:
    return {name: value for name, value in fields.items() if name not in _TIMES}


_OF_FIELDS: Final[Mapping[Reason, Callable[[_Fields], _Fields]]] = MappingProxyType(
    {
        Reason.TOO_LARGE: lambda fields: {**fields, "note": _TOO_MUCH},
        Reason.MISSING_FIELD: _without_time,
        Reason.WRONG_TYPE: _with_id(42),
        Reason.OUT_OF_RANGE: _with_id(""),
        Reason.NOT_A_TIME: _with_time(lambda _: "yesterday"),
        Reason.NO_OFFSET: _with_time(lambda time: time.removesuffix("Z")),
        Reason.IN_THE_FUTURE: _with_time(lambda time: "2999" + time[4:]),
    }
)
_OF_VALUE: Final[Mapping[Reason, Callable[[bytes], bytes]]] = MappingProxyType(
    {
        Reason.NOT_JSON: lambda value: value[: len(value) // 2],
        Reason.NOT_AN_OBJECT: lambda value: b"[" + value + b"]",
    }
)

#: Every kind of bad event, by the reason it is refused for.
KINDS: Final = (*_OF_FIELDS, *_OF_VALUE, Reason.WRONG_KEY)


def kinds(type_: EventType | AgentEventType) -> Sequence[Reason]:
    """Those of a type of event: plans may lie ahead."""
    planned = type_ in (AGENT_SCHEDULED, AGENT_EMPLOYED)
    return [kind for kind in KINDS if not planned or kind is not Reason.IN_THE_FUTURE]


def spoil(item: Publication, kind: Reason) -> Publication:
    """The event with this mistake in it; `kind` is one of :data:`KINDS`."""
    if kind is Reason.WRONG_KEY:
        return item._replace(key=b"somebody-else")
    if kind in _OF_VALUE:
        return item._replace(value=_OF_VALUE[kind](item.value))
    fields = _OF_FIELDS[kind](orjson.loads(item.value))
    return item._replace(value=orjson.dumps(fields))


def spoiled(rng: Random, item: Publication) -> Publication:
    """The event with any one mistake."""
    return spoil(item, rng.choice(kinds(item.type)))
