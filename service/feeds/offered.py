"""A record as the feeds of its topic are offered it: read, with all that an expression may ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from service.feeds.formats.keys import read_key

if TYPE_CHECKING:
    from service.feeds.record import ForeignRecord
    from service.feeds.schemas import Schema, SchemaRef


class Offered:
    """A record and its value as a tree; its key is read when it is asked for."""

    __slots__ = ("_key", "record", "schemas", "tree")

    def __init__(
        self, record: ForeignRecord, tree: Any, schemas: Mapping[SchemaRef, Schema]
    ) -> None:
        self.record = record
        self.tree = tree
        self.schemas = schemas
        self._key: Any = self

    def key(self) -> Any:
        """The key: a text, or the tree of one that is JSON or written with a schema."""
        if self._key is self:
            self._key = read_key(self.record, self.schemas)
        return self._key

    def header(self, name: str) -> str | None:
        """A header's text; None where there is none, or it is no text."""
        value = self.record.header(name)
        try:
            return None if value is None else value.decode()
        except UnicodeDecodeError:
            return None
