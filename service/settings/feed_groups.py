"""Groups and their feeds, ready-made and the user's own, put together into definitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from service.events.agents import ALL_EVENT_CLASSES, AnyEventType
from service.events.decoding import Decoder
from service.feeds.definition import FeedDefinition, Scalar
from service.feeds.errors import FeedError, Mistake, known
from service.feeds.mapper import Mapper
from service.feeds.ready_made import ready_names, ready_tables
from service.settings.feeds import Feeds, FeedTable

if TYPE_CHECKING:
    from service.settings.root import Settings

Tables = Mapping[str, FeedTable]
Lookups = dict[str, dict[str, Scalar]]


def feed_mapper(settings: Settings) -> Mapper:
    """The feeds of the settings, compiled. Raises FeedError."""
    secret = settings.feeds.hash_secret
    return Mapper(
        feed_definitions(settings.feeds),
        Decoder(settings.max_event_bytes, settings.max_future_skew),
        None if secret is None else secret.get_secret_value(),
        frozenset(map(str.lower, settings.anonymous_customers)),
    )


def feed_definitions(feeds: Feeds) -> tuple[FeedDefinition, ...]:
    """Every feed of `use` and of the user's tables. Raises FeedError."""
    mistakes: list[Mistake] = []
    ready = dict(_ready(feeds, mistakes))
    own = feeds.tables()
    emits = {name: _emit(name, ready, own) for name in {**ready, **own}}
    types = {name: type_ for name, type_ in emits.items() if type_ is not None}
    mistakes += _groups_of_nothing(list(types), own)
    if mistakes:
        raise FeedError(mistakes)
    shared = _shared_lookups(ready, own)
    return tuple(_definition(name, type_, ready, own, shared) for name, type_ in types.items())


def _shared_lookups(ready: Tables, own: Tables) -> Lookups:
    """A table is known to all of the user's feeds, wherever it is given; a feed's own entries go
    before. Ready-made systems keep theirs apart: 600 is a queue in one and a team in another.
    """
    shared: Lookups = {}
    for feed, table in own.items():
        if feed in ready:
            continue
        for name, entries in table.lookups.items():
            shared[name] = {**shared.get(name, {}), **entries}
    return shared


def _ready(feeds: Feeds, mistakes: list[Mistake]) -> Iterator[tuple[str, FeedTable]]:
    for system in dict.fromkeys(feeds.use):
        try:
            tables = ready_tables(system)
        except ValueError as error:
            mistakes.append(Mistake(("use",), str(error)))
            continue
        for name, table in tables.items():
            yield name, FeedTable.model_validate(table)


def _emit(name: str, ready: Tables, own: Tables) -> AnyEventType | None:
    """What a feed emits; of a group None."""
    given = [tables[name].emit for tables in (ready, own) if name in tables]
    return next((type_ for type_ in reversed(given) if type_ is not None), None)


def _groups_of_nothing(names: list[str], own: Tables) -> Iterator[Mistake]:
    for name in own:
        if name in names or any(feed.startswith(f"{name}-") for feed in names):
            continue
        what = f"it is no feed, as it has no emit, and no feed's name begins with {name}-"
        system = next((it for it in ready_names() if it == name or name.startswith(f"{it}-")), None)
        if system is not None:
            what += f'; for the ready-made ones write use = ["{system}"] under [feeds]'
        else:
            types = ", ".join(ALL_EVENT_CLASSES)
            what += f". Give it emit, one of {types}; or {known(name, names)}"
        yield Mistake((name,), what)


def _definition(
    name: str, emit: AnyEventType, ready: Tables, own: Tables, shared: Lookups
) -> FeedDefinition:
    """What is said last goes first: the user's feed, the user's groups, and so on."""
    layers = [layer for tables in (ready, own) for layer in _layers(name, tables, ready, own)]
    scalars: dict[str, Any] = {}
    match: dict[str, tuple[Scalar, ...]] = {}
    lookups = {} if name in ready else dict(shared)
    fields: dict[str, str] = {}
    when: list[str] = []
    own_when = None
    for table, is_group in layers:
        for scalar in ("topic", "format", "for_each", "not_before", "timezone"):
            value = getattr(table, scalar)
            if value is not None:
                scalars[scalar] = value
        match.update({path: tuple(values) for path, values in table.match.items()})
        for lookup, entries in table.lookups.items():
            lookups[lookup] = {**lookups.get(lookup, {}), **entries}
        given = table.expressions()
        if is_group:
            # A group of feeds of several types can say what only some of them have.
            of_type = ALL_EVENT_CLASSES[emit].__struct_fields__
            given = {field: text for field, text in given.items() if field in of_type}
            when += [table.when] if table.when is not None else []
        elif table.when is not None:
            own_when = table.when
        fields.update(given)
    return FeedDefinition(
        name=name,
        emit=emit,
        match=tuple(match.items()),
        when=(*when, *([own_when] if own_when is not None else [])),
        fields=fields,
        lookups=lookups,
        **{"topic": None, **scalars},
    )


def _layers(
    name: str, tables: Tables, ready: Tables, own: Tables
) -> Iterator[tuple[FeedTable, bool]]:
    groups = [g for g in tables if name.startswith(f"{g}-") and _emit(g, ready, own) is None]
    for group in sorted(groups, key=len):
        yield tables[group], True
    if name in tables:
        yield tables[name], False
