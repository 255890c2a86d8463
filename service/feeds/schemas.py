"""Schemas of a registry: how a record names the one it was written with, and what is read by it."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple


class SchemaRef(NamedTuple):
    """Where a registry has the schema of a record.

    `id`: Confluent's number, at /schemas/ids/{id}. `guid`: /schemas/guids/{guid}. `global_id`
    and `content_id`: Apicurio's numbers, of its own headers.
    """

    kind: Literal["id", "guid", "global_id", "content_id"]
    value: str


class Schema(NamedTuple):
    """A schema made ready by `parse_schema`, or, with `problem`, why it cannot be used."""

    parsed: Any
    problem: str | None = None


def parse_schema(schema_type: str, text: str, references: dict[str, str] | None = None) -> Schema:
    """The schema that a registry answers with; never raises.

    Args:
        schema_type: as the registry says: AVRO (also where it says none), JSON or PROTOBUF.
        text: the schema itself.
        references: texts of the schemas it refers to, by their full names, in an order in which
            each comes after those that it needs.
    """
    raise NotImplementedError
