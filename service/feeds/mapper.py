# ruff: noqa: ARG002
"""All feeds together: a record in, events out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from service.feeds.mapped import Mapped

if TYPE_CHECKING:
    from service.events.decoding import Decoder
    from service.feeds.definition import FeedDefinition
    from service.feeds.record import ForeignRecord
    from service.feeds.schemas import Schema, SchemaRef

_NO_SCHEMAS: Mapping[SchemaRef, Schema] = MappingProxyType({})


class Mapper:
    """Every feed, compiled. Pure: no method reads a clock, a file or the network."""

    def __init__(
        self,
        feeds: Iterable[FeedDefinition],
        decoder: Decoder,
        hash_secret: str | None = None,
    ) -> None:
        """Raises FeedError with all mistakes of all feeds."""
        self._feeds = tuple(feeds)
        self._decoder = decoder

    @property
    def topics(self) -> frozenset[str]:
        """The topics whose records are mapped."""
        return frozenset(feed.topic for feed in self._feeds if feed.topic is not None)

    def schemas_needed(self, record: ForeignRecord) -> tuple[SchemaRef, ...]:
        """The schemas without which `map` could not read this record; mostly none."""
        return ()

    def map(
        self,
        record: ForeignRecord,
        wall_us: int,
        schemas: Mapping[SchemaRef, Schema] = _NO_SCHEMAS,
    ) -> Mapped:
        """What the feeds of its topic make of a record; never raises, whatever its bytes are.

        `wall_us` is the wall clock, in microseconds since 1970: no event may be far ahead of it.
        """
        return Mapped((), (), ())
