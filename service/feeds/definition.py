"""A feed as the configuration gives it, ready-made ones and the user's own put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from service.events.agents import AnyEventType

Format = Literal["json", "cloudevents", "connect", "debezium", "avro", "text"]
#: A value of a look-up table or of `match`.
Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDefinition:
    """One rule: records of one topic become events of one type.

    Attributes:
        name: what metrics, dead letters and messages call it.
        topic: where its records are; None: only rows of a file are mapped with it.
        emit: the event type.
        match: dotted path to the values of which one must be there; all paths must match.
        when: JMESPath expressions that must all be true.
        for_each: JMESPath of an array whose elements are taken one by one.
        fields: JMESPath for each field of the event.
        lookups: tables by name; keys are texts.
        not_before: microseconds since 1970; earlier events are skipped.
        timezone: the zone of times that have none.
    """

    name: str
    topic: str | None
    emit: AnyEventType
    format: str = "json"
    match: tuple[tuple[str, tuple[Scalar, ...]], ...] = ()
    when: tuple[str, ...] = ()
    for_each: str | None = None
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    lookups: Mapping[str, Mapping[str, Scalar]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    not_before: int | None = None
    timezone: str | None = None
