"""One feed, compiled: from a record to the events that it makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from service.events.agents import ALL_EVENT_CLASSES
from service.events.refusal import Refused
from service.feeds.contract import Coercion, coercions, key_field, required, words
from service.feeds.errors import Mistake, known
from service.feeds.expressions import Build, Closure
from service.feeds.formats.debezium import says_no_row
from service.feeds.functions import Function
from service.feeds.mapped import Emitted, Failed
from service.feeds.match import compile_match
from service.feeds.parsing import parse
from service.feeds.refusal import TOO_MUCH, WRONG_FORMAT, WRONG_VALUE, Unmappable
from service.feeds.specials import specials
from service.feeds.values import MAX_PARTS, is_true

if TYPE_CHECKING:
    from service.events.decoding import Decoder
    from service.feeds.definition import FeedDefinition
    from service.feeds.memory import Memory
    from service.feeds.offered import Offered

#: Told a feed and its setting each time that a condition is true, or an expression has a value.
Seen = Callable[[str, str], None]

#: The settings of a feed that decide whether it takes a record, in their order.
CONDITIONS: Final = ("for_each", "match", "when")

#: Elements times bytes of a record whose elements may each ask for the whole of it.
_MAX_WORK: Final = 20_000_000

_encode: Final = msgspec.json.Encoder().encode


class Feed:
    """Offered every record of its topic; takes those that match."""

    def __init__(
        self,
        definition: FeedDefinition,
        hashed: Function | None,
        decoder: Decoder,
        memories: Mapping[str, Memory],
    ) -> None:
        """`hashed` is the function `hash`, where there is a secret; `mistakes` must be empty."""
        self.definition = definition
        self.name = definition.name
        #: The look-up tables that an expression asks.
        self.lookups: set[str] = set()
        self._decoder = decoder
        self._type = definition.emit
        self._key = key_field(definition.emit)
        self._matches = compile_match(definition.match)
        # Deletions are for feeds that ask for them by name.
        self._rows_only = definition.format == "debezium" and "op" not in dict(definition.match)
        compiler = _Compiler(definition, hashed, self.lookups, memories)
        self._when = compiler.conditions()
        self._for_each = compiler.for_each()
        self._fields = compiler.fields()
        self.asks_for_key = "record_key" in compiler.asked
        self.remembers = "remember" in compiler.asked
        self._asks_for_record = "record" in compiler.asked
        self.mistakes = compiler.mistakes

    @property
    def expressions(self) -> tuple[str, ...]:
        """The settings of which `seen` is told."""
        given = (self._for_each is not None, bool(self.definition.match), bool(self._when))
        conditions = (name for name, there in zip(CONDITIONS, given, strict=True) if there)
        return (*conditions, *(name for name, _, _ in self._fields))

    def map(self, offered: Offered, wall_us: int, seen: Seen | None) -> Iterator[Emitted | Failed]:
        """What it makes of a record: nothing, if it does not take it."""
        if self._rows_only and says_no_row(offered.tree):
            return
        try:
            elements = self._elements(offered, seen)
        except Unmappable as unmappable:
            yield self._failed(unmappable)
            return
        for element in elements:
            try:
                emitted = self._event(element, offered, wall_us, seen)
            except (Unmappable, Refused) as refused:
                yield self._failed(refused)
            except (ArithmeticError, ValueError, TypeError, RecursionError):
                yield Failed(self.name, WRONG_VALUE, "a value is beyond what can be computed with")
            else:
                if emitted is not None:
                    yield emitted

    def _elements(self, offered: Offered, seen: Seen | None) -> list[Any]:
        if self._for_each is None:
            return [offered.tree]
        elements = self._for_each(offered.tree, offered)
        if elements is None:
            return []
        if seen is not None:
            seen(self.name, "for_each")
        if type(elements) is not list:
            return [elements]
        if len(elements) > MAX_PARTS:
            raise Unmappable(TOO_MUCH, f"for_each gives more than {MAX_PARTS} elements")
        size = len(offered.record.value or b"")
        if self._asks_for_record and len(elements) * size > _MAX_WORK:
            raise Unmappable(
                TOO_MUCH, "each of many elements would ask for a large record: do without record()"
            )
        return elements

    def _event(
        self, element: Any, offered: Offered, wall_us: int, seen: Seen | None
    ) -> Emitted | None:
        if not self._matches(element, offered.tree):
            return None
        if seen is not None:
            seen(self.name, "match")
        for condition in self._when:
            if not is_true(condition(element, offered)):
                return None
        if seen is not None:
            seen(self.name, "when")
        if self._for_each is None and type(element) is list:
            raise Unmappable(WRONG_FORMAT, 'the value is an array: write for_each = "@"')
        value = _encode(self._fields_of(element, offered, seen))
        read, at = self._decoder.decode_without_key(self._type, value, wall_us)
        earliest = self.definition.not_before
        if earliest is not None and at < earliest:
            return None
        return Emitted(self.name, self._type, getattr(read, self._key).encode(), value, at)

    def _fields_of(self, element: Any, offered: Offered, seen: Seen | None) -> dict[str, Any]:
        event = {}
        for name, expression, coerce in self._fields:
            value = expression(element, offered)
            value = None if value is None else coerce(value)
            if value is not None:
                event[name] = value
                if seen is not None:
                    seen(self.name, name)
        return event

    def _failed(self, why: Unmappable | Refused) -> Failed:
        return Failed(self.name, str(why.reason), why.detail)


class _Compiler:
    """Compiles the parts of a feed, and collects what is wrong with them."""

    def __init__(
        self,
        feed: FeedDefinition,
        hashed: Function | None,
        used_lookups: set[str],
        memories: Mapping[str, Memory],
    ) -> None:
        self.mistakes: list[Mistake] = []
        #: The names of all functions that are asked.
        self.asked: set[str] = set()
        self._feed = feed
        self._has_secret = hashed is not None
        extra = {} if hashed is None else {"hash": hashed}
        self._build = Build(specials(feed, used_lookups, memories), extra)

    def conditions(self) -> list[Closure]:
        found = (self._compiled("when", text) for text in self._feed.when)
        return [it for it in found if it is not None]

    def for_each(self) -> Closure | None:
        text = self._feed.for_each
        return None if text is None else self._compiled("for_each", text)

    def fields(self) -> list[tuple[str, Closure, Coercion]]:
        """In the model's order."""
        type_, given = self._feed.emit, self._feed.fields
        of_type = ALL_EVENT_CLASSES[type_].__struct_fields__
        for name in given:
            if name not in of_type:
                self._mistake(name, f"{type_} has no such field; {known(name, of_type)}")
        for name in required(type_) - given.keys():
            self._mistake(name, f"it is missing: every {type_} has one")
        compiled = []
        for name in of_type:
            if name not in given:
                continue
            closure = self._compiled(name, given[name])
            if given[name].strip() in words(type_, name):
                self._mistake(
                    name,
                    f"{given[name].strip()} is a field of the record in JMESPath; the word itself"
                    f" is written \"'{given[name].strip()}'\"",
                )
            if closure is not None:
                compiled.append((name, closure, coercions(type_)[name]))
        return compiled

    def _compiled(self, name: str, text: str) -> Closure | None:
        try:
            asked = _functions(parse(text))
            if "hash" in asked and not self._has_secret:
                raise ValueError(  # noqa: TRY301 - told like the others
                    "hash() needs a secret: feeds.hash_secret_file, or feeds.hash_secret"
                )
            self.asked |= asked
            return self._build.expression(text)
        except ValueError as error:
            self._mistake(name, str(error))
            return None

    def _mistake(self, name: str, what: str) -> None:
        self.mistakes.append(Mistake((self._feed.name, name), what))


def _functions(node: dict[str, Any]) -> set[str]:
    """The names of all functions that an expression asks."""
    inner = (_functions(child) for child in node["children"] if isinstance(child, dict))
    own = {node["value"]} if node["type"] == "function_expression" else set()
    return own.union(*inner)
