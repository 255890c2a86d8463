"""Foreign records as lines of a file, and what is made of them as lines that `replay` reads."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from service.events.mark import without_mark
from service.events.refusal import Reason
from service.feeds.mapped import Emitted, Failed, Mapped
from service.feeds.record import ForeignRecord
from service.feeds.refusal import WRONG_FORMAT, Unmappable
from service.feeds.schemas import Schema, SchemaRef, parse_schema

if TYPE_CHECKING:
    from service.events.agents import AnyEventType
    from service.feeds.feed import Seen
    from service.feeds.mapper import Mapper

_NULL: Final = msgspec.Raw(b"null")
#: Headers of a schema's GUID are bytes: in a line they stand as hexadecimal digits.
_GUID: Final = re.compile(r"01[0-9a-fA-F]{32}")


class _Line(msgspec.Struct, gc=False):
    topic: str
    timestamp: int | float = 0
    key: msgspec.Raw = _NULL
    headers: dict[str, Any] | None = None
    value: msgspec.Raw = _NULL
    value_hex: str | None = None
    value_base64: str | None = None
    schema: msgspec.Raw = _NULL


class Line(NamedTuple):
    """A record, and the text of the Avro schema that it was written with, where it is given."""

    record: ForeignRecord
    schema: str | None


_decode: Final = msgspec.json.Decoder(_Line).decode
_FORM: Final = 'the line is not {"topic": "...", "timestamp": ..., "value": ...} in JSON'


def read_line(line: bytes) -> Line:
    """The record of a line.

    `value` is any JSON, and stands for its text; bytes that are none stand in `value_hex` or
    `value_base64`. `key` is a text, or JSON; `schema` an Avro schema. Raises Unmappable.
    """
    try:
        read = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        read = None
    if read is None:
        raise Unmappable(Reason.NOT_JSON, _FORM)
    headers = tuple((name, _header(value)) for name, value in (read.headers or {}).items())
    record = ForeignRecord(
        read.topic, int(read.timestamp), _text_or_json(read.key), headers, _value(read)
    )
    schema = _text_or_json(read.schema)
    return Line(record, None if schema is None else schema.decode("utf-8", "replace"))


def _header(value: Any) -> bytes | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    return bytes.fromhex(text) if _GUID.fullmatch(text) else text.encode("utf-8", "replace")


def _text_or_json(raw: msgspec.Raw) -> bytes | None:
    data = bytes(raw)
    if data == b"null":
        return None
    if not data.startswith(b'"'):
        return data
    try:
        return str(msgspec.json.decode(data)).encode("utf-8", "replace")
    except msgspec.DecodeError:
        raise Unmappable(Reason.NOT_JSON, _FORM) from None


def _value(line: _Line) -> bytes | None:
    try:
        if line.value_hex is not None:
            return bytes.fromhex(line.value_hex)
        if line.value_base64 is not None:
            return base64.b64decode(line.value_base64, validate=True)
    except (ValueError, binascii.Error):
        raise Unmappable(WRONG_FORMAT, "value_hex or value_base64 is not that") from None
    value = bytes(line.value)
    return None if value == b"null" else value


class LineMapper:
    """Maps lines, with the schemas that they bring along."""

    def __init__(self, mapper: Mapper, wall_us: int, seen: Seen | None = None) -> None:
        self._mapper = mapper
        self._wall_us = wall_us
        self._seen = seen
        self._schemas: dict[str, Schema] = {}

    def is_foreign(self, line: bytes) -> bool:
        """Whether a line is of a topic that is mapped."""
        try:
            return _topic(line).topic in self._mapper.topics
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False

    def map(self, line: bytes) -> Mapped | None:
        """What is made of a line; None if no feed has its topic. Raises Unmappable."""
        record, text = read_line(line)
        if record.topic not in self._mapper.topics:
            return None
        return self._mapper.map(record, self._wall_us, self._schemas_of(record, text), self._seen)

    def _schemas_of(self, record: ForeignRecord, text: str | None) -> dict[SchemaRef, Schema]:
        if text is None:
            return {}
        if text not in self._schemas:
            self._schemas[text] = parse_schema("AVRO", text)
        return dict.fromkeys(self._mapper.schemas_needed(record), self._schemas[text])


class _Topic(msgspec.Struct, gc=False):
    topic: str


_topic: Final = msgspec.json.Decoder(_Topic).decode


def event_line(emitted: Emitted, topics: Mapping[AnyEventType, str]) -> bytes:
    """An event as a line that `replay` reads."""
    topic = json.dumps(topics[emitted.type]).encode()
    return b'{"topic": %s, "value": %s}\n' % (topic, emitted.value)


class ContractLines:
    """Lines as `replay` reads them, each foreign one taken for the events that are made of it.

    Lazily, in order; lines of other topics stay as they are. While the events of a line are taken,
    `number` is its number, from 1.

    Args:
        lines: contract events and foreign records, one a line.
        mapper: takes the lines of a foreign topic.
        topics: the topic of each event type that is read; events of others are left out.
        tell: told of each foreign line its number and what was made of it.
    """

    def __init__(
        self,
        lines: Iterable[bytes],
        mapper: LineMapper,
        topics: Mapping[AnyEventType, str],
        tell: Callable[[int, Mapped], None],
    ) -> None:
        self._lines = lines
        self._mapper = mapper
        self._topics = topics
        self._tell = tell
        self.number = 0

    def __iter__(self) -> Iterator[bytes]:
        for number, line in enumerate(without_mark(self._lines), 1):
            self.number = number
            if not self._mapper.is_foreign(line):
                yield line
                continue
            try:
                mapped = self._mapper.map(line)
            except Unmappable as why:
                mapped = Mapped((), (Failed("", str(why.reason), why.detail),), ())
            if mapped is None:
                continue
            self._tell(number, mapped)
            for emitted in mapped.emitted:
                if emitted.type in self._topics:
                    yield event_line(emitted, self._topics)
