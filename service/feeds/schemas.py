"""Schemas of a registry: how a record names the one it was written with, and what is read by it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple


class SchemaRef(NamedTuple):
    """Where a registry has the schema of a record.

    `id`: Confluent's number, at /schemas/ids/{id}. `guid`: /schemas/guids/{guid}. `global_id`
    and `content_id`: Apicurio's numbers, of its own headers.
    """

    kind: Literal["id", "guid", "global_id", "content_id"]
    value: str


class Schema(NamedTuple):
    """A schema made ready by `parse_schema`, or, with `problem`, why it cannot be used.

    `parsed` is None for JSON, which is read without.
    """

    parsed: Any
    problem: str | None = None


def parse_schema(
    schema_type: str, text: str, references: Mapping[str, str] = MappingProxyType({})
) -> Schema:
    """The schema that a registry answers with; never raises.

    Args:
        schema_type: as the registry says: AVRO (also where it says none), JSON or PROTOBUF.
        text: the schema itself.
        references: texts of the schemas it refers to, by name, each after those that it needs.
    """
    from service.feeds.formats.avro import parsed

    match schema_type.upper():
        case "" | "AVRO":
            try:
                return Schema(parsed(text, references))
            except ValueError as error:
                return Schema(None, str(error))
        case "JSON":
            return Schema(None)
        case "PROTOBUF":
            return Schema(None, "the value is Protobuf, which is not read: let it be Avro or JSON")
    return Schema(None, "the value's schema is neither Avro nor JSON")
