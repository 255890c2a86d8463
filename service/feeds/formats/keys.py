"""The keys of foreign records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from service.feeds.formats.connect import payload
from service.feeds.formats.registry import written
from service.feeds.formats.values import needs_schema, read_value
from service.feeds.refusal import WRONG_FORMAT, Unmappable

if TYPE_CHECKING:
    from service.feeds.record import ForeignRecord
    from service.feeds.schemas import Schema, SchemaRef


def read_key(record: ForeignRecord, schemas: Mapping[SchemaRef, Schema]) -> Any:
    """A text; the tree of what is JSON or has a schema; None without a key. Raises Unmappable."""
    key = record.key
    if key is None:
        return None
    found = written(record, "key", key)
    if needs_schema(found) or found.body[:1] in {b"{", b"[", b'"'}:
        return payload(read_value(record, key, schemas, "key"))
    try:
        return found.body.decode()
    except UnicodeDecodeError:
        raise Unmappable(WRONG_FORMAT, "the key is not UTF-8") from None
