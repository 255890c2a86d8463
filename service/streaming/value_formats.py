"""Contract events in other clothes: what is taken off before they are read as JSON.

The binary mode of CloudEvents needs none of it: there the value is the event.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
import orjson

from service.events.refusal import Reason, Refused
from service.feeds.formats.avro import read_by
from service.feeds.refusal import Unmappable
from service.feeds.schemas import SchemaRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.events.decoding import Decoder
    from service.events.model import Event, EventType
    from service.feeds.schemas import Schema
    from service.streaming.fetching.record import Record
    from service.streaming.registry.schemas import Schemas

#: Confluent's wire format: a byte 0 that no JSON begins with, and the number of the schema.
_PREFIX_BYTES: Final = 5


class Clothes(Protocol):
    """A format of values."""

    def taken_off(self, value: bytes) -> bytes:
        """The event as JSON; what wears none is returned as it is. Raises Refused."""


class DressedDecoder:
    """Reads events as the decoder does, whatever they wear."""

    def __init__(self, decoder: Decoder, max_event_bytes: int, clothes: Clothes) -> None:
        self._decode = decoder.decode
        self._max_event_bytes = max_event_bytes
        self._clothes = clothes

    def decode(
        self, type_: EventType, key: bytes | None, value: bytes | None, wall_us: int
    ) -> tuple[Event, int]:
        """As :meth:`Decoder.decode`; the limit of bytes holds with the clothes, and without."""
        if value is None:
            return self._decode(type_, key, value, wall_us)
        if len(value) > self._max_event_bytes:
            limit = self._max_event_bytes
            raise Refused(Reason.TOO_LARGE, f"the value is larger than {limit} bytes")
        return self._decode(type_, key, self._clothes.taken_off(value), wall_us)

    def decode_all(
        self, type_: EventType, records: Sequence[Record], wall_us: int
    ) -> tuple[list[tuple[Event, int]], list[tuple[int, Refused]]]:
        """As :meth:`Decoder.decode_all`."""
        events: list[tuple[Event, int]] = []
        refused: list[tuple[int, Refused]] = []
        for place, record in enumerate(records):
            try:
                events.append(self.decode(type_, record.key, record.value, wall_us))
            except Refused as why:
                refused.append((place, why.bare()))
        return events, refused


class _Envelope(msgspec.Struct):
    specversion: str
    data: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    data_base64: str | msgspec.UnsetType = msgspec.UNSET


class CloudEvents:
    """The structured mode, in JSON."""

    def __init__(self) -> None:
        self._envelope = msgspec.json.Decoder(_Envelope).decode

    def taken_off(self, value: bytes) -> bytes:
        """The `data`."""
        try:
            envelope = self._envelope(value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return value
        if envelope.data is not msgspec.UNSET:
            return bytes(envelope.data)
        if envelope.data_base64 is msgspec.UNSET:
            raise Refused(Reason.NO_VALUE, "the CloudEvent has no data")
        try:
            return base64.b64decode(envelope.data_base64, validate=True)
        except (binascii.Error, ValueError):
            raise Refused(Reason.NOT_JSON, "data_base64 is not base64") from None


class JsonSchema:
    """JSON by a schema registry: the schema need not be known."""

    def taken_off(self, value: bytes) -> bytes:
        """What comes after the number of the schema."""
        return value if schema_number(value) is None else value[_PREFIX_BYTES:]


class Avro:
    """Avro, or JSON, by a schema registry: a schema has to be looked up before its events."""

    def __init__(self, schemas: Mapping[SchemaRef, Schema]) -> None:
        self._schemas = schemas

    def taken_off(self, value: bytes) -> bytes:
        """The same event in JSON."""
        number = schema_number(value)
        if number is None:
            return value
        schema = self._schemas.get(_ref(number))
        if schema is None or schema.problem is not None:
            # Of those that the registry has not, only the latest are remembered.
            why = "the registry has none" if schema is None else schema.problem
            raise Refused(Reason.UNREADABLE, f"its schema cannot be used: {why}")
        if schema.parsed is None:
            return value[_PREFIX_BYTES:]
        try:
            tree: Any = read_by(schema.parsed, value[_PREFIX_BYTES:])
            return orjson.dumps(tree)
        except Unmappable as why:
            raise Refused(Reason.UNREADABLE, why.detail) from None
        except orjson.JSONEncodeError:
            raise Refused(Reason.WRONG_TYPE, "the value holds what JSON has no word for") from None


def schema_number(value: bytes) -> int | None:
    """The number of the schema that a value is written by; None: it names none."""
    if len(value) < _PREFIX_BYTES or value[0] != 0:
        return None
    return int.from_bytes(value[1:_PREFIX_BYTES])


async def look_up(schemas: Schemas, batches: Iterable[Iterable[Record]]) -> None:
    """Returns when the schemas of all these records are known, however long that takes."""
    numbers = {
        schema_number(record.value)
        for records in batches
        for record in records
        if record.value is not None
    }
    await schemas.look_up(_ref(number) for number in numbers if number is not None)


def _ref(number: int) -> SchemaRef:
    return SchemaRef("id", str(number))
