"""From the simulated centre's events to the records of another system."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

import msgspec
import orjson

from service.definitions import DAY
from service.events.model import EVENT_CLASSES, Event, SurveyAnswered
from service.simulate.publication import Publication, moment

#: After so long nothing happens to a contact any more: customers come back within nine days.
FORGOTTEN_AFTER: Final = 14 * DAY

_DECODERS: Final[Mapping[str, Callable[[bytes], Event]]] = MappingProxyType(
    {type_: msgspec.json.Decoder(of).decode for type_, of in EVENT_CLASSES.items()}
)


class ForeignPublication(NamedTuple):
    """A record to publish, whatever it says; `at` is when, in µs since the epoch."""

    topic: str
    key: bytes
    value: bytes
    at: int


class Vendor(Protocol):
    """What a system makes of what happens in the centre."""

    topics: tuple[str, ...]
    """Where its records are."""
    feeds: Mapping[str, Any]
    """Its ready-made feeds, as in a configuration, with the names of this centre."""

    def tell(self, event: Event, at: int) -> Iterator[ForeignPublication]:
        """The records of an event, in their order; of some there are none."""
        ...


def translated(items: Iterable[Publication], vendor: Vendor) -> Iterator[ForeignPublication]:
    """The records of all events. Only events that are sound can be translated."""
    for item in items:
        yield from vendor.tell(_DECODERS[item.type](item.value), item.at)


def record(topic: str, key: str, value: Mapping[str, Any], at: int) -> ForeignPublication:
    """A record whose value is JSON."""
    return ForeignPublication(topic, key.encode(), orjson.dumps(value), at)


def time(at: int) -> str:
    """A time as most systems write it: ISO, UTC, here to the microsecond."""
    return moment(at).isoformat().replace("+00:00", "Z")


def foreign_line(item: ForeignPublication) -> bytes:
    """The record as a line that `contact-metrics map --in` reads, with its line break."""
    return b'{"topic":%b,"timestamp":%d,"key":%b,"value":%b}\n' % (
        orjson.dumps(item.topic),
        item.at // 1000,
        orjson.dumps(item.key.decode()),
        item.value,
    )


def is_star_rating(event: SurveyAnswered) -> bool:
    """Whether it is the one answer that these systems know: how satisfied, all in all, of five."""
    return event.survey == "csat" and event.aspect == "overall" and event.scale is None
