"""All feeds together: a record in, events out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, get_args

from service.events.refusal import Reason
from service.feeds.definition import Format
from service.feeds.errors import FeedError, Mistake, known
from service.feeds.feed import Feed, Seen
from service.feeds.formats.cloudevents import cloudevent
from service.feeds.formats.connect import payload
from service.feeds.formats.debezium import change
from service.feeds.formats.registry import Part, written
from service.feeds.formats.text import line
from service.feeds.formats.values import needs_schema, read_avro, read_value
from service.feeds.functions import keyed_hash
from service.feeds.mapped import Emitted, Failed, Mapped, Result
from service.feeds.memory import Memory
from service.feeds.offered import Offered
from service.feeds.refusal import Unmappable

if TYPE_CHECKING:
    from service.events.decoding import Decoder
    from service.feeds.definition import FeedDefinition
    from service.feeds.record import ForeignRecord
    from service.feeds.schemas import Schema, SchemaRef

    Schemas = Mapping[SchemaRef, Schema]

#: A larger record is refused unread: several times the broker's own default.
MAX_RECORD_BYTES: Final = 4 * 1024 * 1024

_NO_SCHEMAS: Mapping[SchemaRef, Schema] = MappingProxyType({})

_READ: Final[dict[str, Callable[[ForeignRecord, bytes, Schemas], Any]]] = {
    "json": read_value,
    "cloudevents": cloudevent,
    "connect": lambda record, data, schemas: payload(read_value(record, data, schemas)),
    "debezium": lambda record, data, schemas: change(read_value(record, data, schemas)),
    "avro": read_avro,
    "text": lambda _record, data, _schemas: line(data),
}


class Mapper:
    """Every feed, compiled. Pure: no method reads a clock, a file or the network."""

    def __init__(
        self,
        feeds: Iterable[FeedDefinition],
        decoder: Decoder,
        hash_secret: str | None = None,
        anonymous: frozenset[str] = frozenset(),
    ) -> None:
        """`decoder` decides what an event is; ids of `anonymous`, in small letters, are not hashed.

        Raises FeedError with all mistakes of all feeds.
        """
        hashed = None if hash_secret is None else keyed_hash(hash_secret.encode(), anonymous)
        memories: defaultdict[str, Memory] = defaultdict(Memory)
        self.feeds = tuple(Feed(feed, hashed, decoder, memories) for feed in feeds)
        mistakes = [mistake for feed in self.feeds for mistake in feed.mistakes]
        mistakes += [mistake for feed in self.feeds for mistake in _of_format(feed.definition)]
        # An expression that is mistaken itself asks no table.
        mistakes = mistakes or list(_unused_lookups(self.feeds))
        if mistakes:
            raise FeedError(mistakes)
        self._of_topic: dict[str, tuple[Feed, ...]] = {}
        for feed in self.feeds:
            topic = feed.definition.topic
            if topic is not None:
                self._of_topic[topic] = (*self._of_topic.get(topic, ()), feed)

    @property
    def topics(self) -> frozenset[str]:
        """The topics whose records are mapped."""
        return frozenset(self._of_topic)

    @property
    def remembering(self) -> frozenset[str]:
        """Those of which later records need what earlier ones said."""
        return frozenset(
            topic for topic, feeds in self._of_topic.items() if any(f.remembers for f in feeds)
        )

    @property
    def of_avro(self) -> tuple[str, ...]:
        """The feeds that read nothing without the schemas of a registry."""
        return tuple(feed.name for feed in self.feeds if feed.definition.format == "avro")

    def require_topics(self) -> None:
        """Raises FeedError if a feed does not say where its records are; rows need no topic."""
        mistakes = [
            Mistake((feed.name, "topic"), "it is missing: the topic that holds the records")
            for feed in self.feeds
            if feed.definition.topic is None
        ]
        if mistakes:
            raise FeedError(mistakes)

    def schemas_needed(self, record: ForeignRecord) -> tuple[SchemaRef, ...]:
        """The schemas without which `map` could not read this record; mostly none."""
        feeds = self._of_topic.get(record.topic, ())
        parts: list[tuple[Part, bytes | None]] = [("value", record.value)]
        if any(feed.asks_for_key for feed in feeds):
            parts.append(("key", record.key))
        needed = []
        for part, data in parts:
            try:
                found = None if data is None else written(record, part, data)
            except Unmappable:
                continue
            if found is None or found.schema is None or found.schema in needed:
                continue
            if needs_schema(found) or any(feed.definition.format == "avro" for feed in feeds):
                needed.append(found.schema)
        return tuple(needed)

    def map(
        self,
        record: ForeignRecord,
        wall_us: int,
        schemas: Mapping[SchemaRef, Schema] = _NO_SCHEMAS,
        seen: Seen | None = None,
    ) -> Mapped:
        """What the feeds of its topic make of a record; never raises, whatever its bytes are.

        `wall_us` is the wall clock, in microseconds since 1970: no event may be far ahead of it.
        `seen` is told of each expression that gives a value.
        """
        feeds = self._of_topic.get(record.topic, ())
        if record.value is None:  # a tombstone
            return Mapped((), (), tuple((feed.name, Result.SKIPPED) for feed in feeds))
        read: dict[str, Offered | Unmappable] = {}
        outcomes = []
        for feed in feeds:
            form = feed.definition.format
            if form not in read:
                read[form] = _read(form, record, record.value, schemas)
            outcomes.append((feed, read[form]))
        return _mapped(outcomes, wall_us, seen)

    def map_tree(
        self, record: ForeignRecord, tree: Any, wall_us: int, seen: Seen | None = None
    ) -> Mapped:
        """What all feeds, of whatever topic and format, make of what has been read already."""
        offered = Offered(record, tree, _NO_SCHEMAS)
        return _mapped([(feed, offered) for feed in self.feeds], wall_us, seen)


def _read(form: str, record: ForeignRecord, value: bytes, schemas: Schemas) -> Offered | Unmappable:
    if len(value) > MAX_RECORD_BYTES:
        return Unmappable(Reason.TOO_LARGE, f"the value is larger than {MAX_RECORD_BYTES} bytes")
    try:
        return Offered(record, _READ[form](record, value, schemas), schemas)
    except Unmappable as unmappable:
        return unmappable


def _mapped(
    outcomes: Iterable[tuple[Feed, Offered | Unmappable]], wall_us: int, seen: Seen | None
) -> Mapped:
    emitted: list[Emitted] = []
    failed: list[Failed] = []
    results: list[tuple[str, Result]] = []
    for feed, offered in outcomes:
        result = Result.SKIPPED
        if isinstance(offered, Unmappable):
            failed.append(Failed(feed.name, str(offered.reason), offered.detail))
            result = Result.FAILED
        elif offered.tree is not None:  # else a tombstone within an envelope
            for made in feed.map(offered, wall_us, seen):
                if isinstance(made, Failed):
                    failed.append(made)
                    result = Result.FAILED
                else:
                    emitted.append(made)
                    result = Result.EMITTED if result is Result.SKIPPED else result
        results.append((feed.name, result))
    return Mapped(tuple(emitted), tuple(failed), tuple(results))


def _of_format(feed: FeedDefinition) -> Iterable[Mistake]:
    if feed.format not in get_args(Format):
        what = f"{feed.format} is not read; {known(feed.format, get_args(Format))}"
        if feed.format == "protobuf":
            what += ". Let the publisher write Avro or JSON"
        yield Mistake((feed.name, "format"), what)


def _unused_lookups(feeds: tuple[Feed, ...]) -> Iterable[Mistake]:
    """A misspelt table would be silently empty; one of a group has to be used by one feed only."""
    used = {name for feed in feeds for name in feed.lookups}
    told: set[str] = set()
    for feed in feeds:
        for name in feed.definition.lookups:
            if name not in used | told:
                told.add(name)
                yield Mistake(
                    (feed.name, "lookups", name),
                    f"no expression asks this table; {known(name, used)}",
                )
