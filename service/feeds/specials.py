"""Functions that ask for the record, or for what the feed says: checked when it is compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from service.calendars.zones import zone
from service.feeds import moments
from service.feeds.definition import FeedDefinition, Scalar
from service.feeds.errors import known
from service.feeds.expressions import Build, Closure, Special, check_count
from service.feeds.memory import Memory
from service.feeds.offered import Offered
from service.feeds.parsing import Node
from service.feeds.refusal import WRONG_VALUE, Unmappable
from service.feeds.values import is_true, key_of

#: What is longer is no id, and would take room.
_MAX_ID: Final = 256


def specials(
    feed: FeedDefinition, used: set[str], memories: Mapping[str, Memory]
) -> dict[str, Special]:
    """By name; `used` is told the name of each look-up table that an expression asks.

    `memories` has one for every name.
    """
    times: dict[str, Special] = {
        "local": _local(feed, None),
        **{f"local_{unit}": _local(feed, unit) for unit in moments.UNITS},
    }
    return {
        "lookup": _lookup(feed.lookups, used),
        "record": _of_record("record", lambda offered: offered.tree),
        "record_time": _of_record("record_time", _record_time),
        "record_key": _of_record("record_key", Offered.key),
        "header": _header,
        "remember": _remember(memories),
        "parse_time": _parse_time(feed),
        **times,
    }


def _of_record(name: str, ask: Callable[[Offered], Any]) -> Special:
    def special(arguments: Sequence[Node], _build: Build) -> Closure:
        check_count(name, arguments, 0, 0)
        return lambda _value, offered: ask(offered)

    return special


def _record_time(offered: Offered) -> str | None:
    return moments.since_1970(offered.record.timestamp_ms, "ms")


def _header(arguments: Sequence[Node], _build: Build) -> Closure:
    check_count("header", arguments, 1, 1)
    name = _literal_text("header", "the header", arguments[0])
    return lambda _value, offered: offered.header(name)


def _lookup(tables: Mapping[str, Mapping[str, Scalar]], used: set[str]) -> Special:
    def special(arguments: Sequence[Node], build: Build) -> Closure:
        check_count("lookup", arguments, 2, 2)
        name = _literal_text("lookup", "the table", arguments[0])
        if name not in tables:
            raise ValueError(f"there is no look-up table {name}; {known(name, tables)}")
        used.add(name)
        table, key_in = tables[name], build.node(arguments[1])

        def looked_up(value: Any, offered: Offered) -> Scalar | None:
            key = key_of(key_in(value, offered))
            return None if key is None else table.get(key)

        return looked_up

    return special


def _remember(memories: Mapping[str, Memory]) -> Special:
    def special(arguments: Sequence[Node], build: Build) -> Closure:
        check_count("remember", arguments, 3, 3)
        memory = memories[_literal_text("remember", "a name", arguments[0])]
        key_in, value_in = build.node(arguments[1]), build.node(arguments[2])

        def remembered(value: Any, offered: Offered) -> str | None:
            key, told = key_of(key_in(value, offered)), value_in(value, offered)
            if key is None:
                return None
            text = key_of(told) if is_true(told) else None
            if text is None:
                return memory.recall(key)
            if max(len(key), len(text)) <= _MAX_ID:
                memory.remember(key, text)
            return text

        return remembered

    return special


def _local(feed: FeedDefinition, unit: str | None) -> Special:
    name = "local" if unit is None else f"local_{unit}"

    def special(arguments: Sequence[Node], build: Build) -> Closure:
        check_count(name, arguments, 1, 2)
        of, zone_of = build.node(arguments[0]), _zone(name, arguments[1:], build, feed)

        def local(value: Any, offered: Offered) -> str | None:
            time, zone_name = of(value, offered), zone_of(value, offered)
            if time is None or zone_name is None:
                return None
            if unit is None and isinstance(time, str):
                return moments.local(time, zone_name)
            return moments.local_since_1970(time, unit or "ms", zone_name)

        return local

    return special


def _parse_time(feed: FeedDefinition) -> Special:
    def special(arguments: Sequence[Node], build: Build) -> Closure:
        check_count("parse_time", arguments, 2, 3)
        of = build.node(arguments[0])
        form = _literal_text("parse_time", "the form", arguments[1])
        if not moments.form_is_known(form):
            raise ValueError(
                f"parse_time(): {form!r} is no form; write it as %d.%m.%Y %H:%M (Python's strptime)"
            )
        with_offset = "%z" in form and len(arguments) == 2
        zone_of: Closure = (
            (lambda _value, _: feed.timezone)
            if with_offset
            else _zone("parse_time", arguments[2:], build, feed)
        )

        def parsed(value: Any, offered: Offered) -> str | None:
            time = of(value, offered)
            if time is None:
                return None
            if not isinstance(time, str):
                raise Unmappable(WRONG_VALUE, "parse_time() needs a text")
            return moments.parse_time(time, form, _zone_name(zone_of(value, offered)))

        return parsed

    return special


def _zone(name: str, arguments: Sequence[Node], build: Build, feed: FeedDefinition) -> Closure:
    """The zone that is given, else the feed's own."""
    if not arguments:
        if feed.timezone is None:
            raise ValueError(
                f"{name}() needs a zone: {name}(..., 'Europe/Berlin'), or timezone ="
                ' "Europe/Berlin" in the feed'
            )
        zone(feed.timezone)
        return lambda _value, _: feed.timezone
    (node,) = arguments
    if node["type"] == "literal":
        zone(_literal_text(name, "the zone", node))
    given = build.node(node)
    return lambda value, offered: _zone_name(given(value, offered))


def _zone_name(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise Unmappable(WRONG_VALUE, "a time zone must be a text")
    return value


def _literal_text(name: str, what: str, node: Node) -> str:
    if node["type"] != "literal" or not isinstance(node["value"], str):
        raise ValueError(f"{name}() needs {what} as a text in single quotes")
    return str(node["value"])
