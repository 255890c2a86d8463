"""JSON or Avro: whatever a value, a key or the data of a CloudEvent is written in."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from service.feeds.formats.registry import Part, Written, written
from service.feeds.json_text import read_json
from service.feeds.refusal import WRONG_FORMAT, WRONG_SCHEMA, Unmappable

if TYPE_CHECKING:
    from service.feeds.record import ForeignRecord
    from service.feeds.schemas import Schema, SchemaRef

Schemas = Mapping["SchemaRef", "Schema"]


def read_value(record: ForeignRecord, data: bytes, schemas: Schemas, part: Part = "value") -> Any:
    """The tree of JSON, with a registry's prefix or without, or of Avro. Raises Unmappable."""
    found = written(record, part, data)
    if found.schema is None:
        return read_json(found.body)
    if _looks_like_json(found.body):
        with suppress(Unmappable):
            return read_json(found.body)
    return _by_schema(found, schemas)


def read_avro(record: ForeignRecord, data: bytes, schemas: Schemas) -> Any:
    """The tree of Avro alone. Raises Unmappable."""
    found = written(record, "value", data)
    if found.schema is None:
        raise Unmappable(
            WRONG_FORMAT,
            "the value names no schema: neither by a registry's prefix nor by a header",
        )
    return _by_schema(found, schemas)


def needs_schema(found: Written) -> bool:
    """Whether it cannot be read without its schema: JSON can, whatever it names."""
    if found.schema is None:
        return False
    if _looks_like_json(found.body):
        with suppress(Unmappable):
            read_json(found.body)
            return False
    return True


def _looks_like_json(body: bytes) -> bool:
    # The bracket may also be a number of Avro: whether the rest is JSON decides.
    return body.lstrip()[:1] in {b"{", b"["}


def _by_schema(found: Written, schemas: Schemas) -> Any:
    schema = None if found.schema is None else schemas.get(found.schema)
    if schema is None:
        raise Unmappable(WRONG_SCHEMA, "the schema of the value is not known to the registry")
    if schema.problem is not None:
        raise Unmappable(WRONG_SCHEMA, schema.problem)
    if schema.parsed is None:
        return read_json(found.body)
    from service.feeds.formats.avro import read_by

    return read_by(schema.parsed, found.body)
