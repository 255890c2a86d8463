"""How a value says which schema of a registry it was written with.

Confluent's wire format (a zero, then the number of the schema, four bytes) and its header of a
GUID; Apicurio's headers of numbers. Those of AWS Glue and of others are told by name and refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from uuid import UUID

from service.feeds.refusal import WRONG_FORMAT, Unmappable
from service.feeds.schemas import SchemaRef

if TYPE_CHECKING:
    from service.feeds.record import ForeignRecord

_MAGIC: Final = 0
_PREFIX: Final = 5
_GLUE: Final = (b"\x03\x00", b"\x03\x05")
_GLUE_HEADER: Final = 18
_CONTAINER: Final = b"Obj\x01"

Part = Literal["key", "value"]


class Written(NamedTuple):
    """A value without its prefix, and the schema that it names."""

    body: bytes
    schema: SchemaRef | None


def written(record: ForeignRecord, part: Part, data: bytes) -> Written:
    """What the key or the value of a record says of its schema. Raises Unmappable."""
    named = _of_headers(record, part)
    if named is not None:
        return Written(data, named)
    if data[:1] == b"\x00" and len(data) > _PREFIX:
        number = int.from_bytes(data[1:_PREFIX], "big")
        return Written(data[_PREFIX:], SchemaRef("id", str(number)))
    if data[:2] in _GLUE and len(data) > _GLUE_HEADER:
        raise Unmappable(
            WRONG_FORMAT,
            "the value has the prefix of AWS Glue's registry, which is not read: let the publisher"
            " write JSON, or use a registry that speaks Confluent's API",
        )
    if data[:4] == _CONTAINER:
        raise Unmappable(WRONG_FORMAT, "the value is a whole Avro file: one record each is needed")
    return Written(data, None)


def _of_headers(record: ForeignRecord, part: Part) -> SchemaRef | None:
    if not record.headers:
        return None
    guid = record.header(f"__{part}_schema_id")
    if guid is not None:
        if len(guid) != 17 or guid[0] != 1:
            raise Unmappable(WRONG_FORMAT, f"the header __{part}_schema_id is no schema's GUID")
        return SchemaRef("guid", str(UUID(bytes=guid[1:])))
    for name, kind in _APICURIO:
        number = record.header(f"apicurio.{part}.{name}")
        if number is not None:
            if len(number) not in {4, 8}:
                raise Unmappable(WRONG_FORMAT, f"the header apicurio.{part}.{name} is no number")
            return SchemaRef(kind, str(int.from_bytes(number, "big")))
    return None


_APICURIO: Final[tuple[tuple[str, Literal["global_id", "content_id"]], ...]] = (
    ("globalId", "global_id"),
    ("contentId", "content_id"),
)
