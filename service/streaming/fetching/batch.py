"""One record batch of a topic partition, as it lies in the broker.

What aiokafka reads (quickly, in C) it reads. Where it gives up, the batch is read again record by
record, and what of it cannot be read becomes :class:`Unreadable`.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.legacy_records import LegacyRecordBatch

from service.events.refusal import Reason, Refused
from service.streaming.fetching.compression import (
    CompressionError,
    ExpandsTooFarError,
    decompress,
)
from service.streaming.fetching.plain_records import plain_records
from service.streaming.fetching.record import PlainRecord
from service.streaming.fetching.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiokafka import TopicPartition

    from service.streaming.fetching.record import ReadRecord, Record

#: Base offset and length, which all formats begin with, and the magic byte at one place in each.
PREFIX: Final = struct.Struct(">qi")
_MAGIC_AT: Final = 16
_CURRENT: Final = 2
#: Of the current format, up to its records.
_HEADER: Final = struct.Struct(">qiibIhiqqqhii")
_ATTRIBUTES: Final = struct.Struct(">h")
_ATTRIBUTES_AT: Final = 21
_CODEC, _LOG_APPEND_TIME, _TRANSACTIONAL, _CONTROL = 0x07, 0x08, 0x10, 0x20
#: What the shortest message of the former formats takes; its attributes and what comes before its
#: key, by magic byte.
_LEGACY_BYTES: Final = 26
_LEGACY_ATTRIBUTES_AT: Final = 17
_LEGACY_KEY_AT: Final = (18, 26)
_FIELD_LENGTH: Final = struct.Struct(">i")


class CorruptError(ValueError):
    """The bytes are not those that the producer sent; asking once more may help."""


class Header(NamedTuple):
    """What a batch says of itself."""

    base_offset: int
    next_offset: int
    producer_id: int
    codec: int
    is_transactional: bool
    is_control: bool
    appended_at: int | None
    """Milliseconds since 1970, where the broker's own time counts."""
    first_timestamp: int
    records: int


def read_header(raw: bytes) -> Header:
    """Of a whole batch. Raises CorruptError; then nothing in it can be relied on."""
    base_offset, _ = PREFIX.unpack_from(raw)
    magic = raw[_MAGIC_AT] if len(raw) > _MAGIC_AT else -1
    if magic in (0, 1) and len(raw) >= _LEGACY_BYTES:
        _check_legacy(raw, magic)
        codec = raw[_LEGACY_ATTRIBUTES_AT] & _CODEC
        return Header(base_offset, base_offset + 1, -1, codec, False, False, None, 0, 1)
    if magic != _CURRENT or len(raw) < _HEADER.size:
        raise CorruptError(f"its format ({magic}) is unknown")
    if not DefaultRecordBatch(raw).validate_crc():
        raise CorruptError("its checksum is wrong")
    fields = _HEADER.unpack_from(raw)
    attributes, last_delta, first_timestamp, max_timestamp = fields[5:9]
    return Header(
        base_offset,
        base_offset + max(0, last_delta) + 1,
        fields[9],
        attributes & _CODEC,
        bool(attributes & _TRANSACTIONAL),
        bool(attributes & _CONTROL),
        max_timestamp if attributes & _LOG_APPEND_TIME else None,
        first_timestamp,
        max(0, fields[12]),
    )


def _check_legacy(raw: bytes, magic: int) -> None:
    try:
        message = LegacyRecordBatch(raw, magic)
    except Exception as error:  # noqa: BLE001 - it reads the message at once, and trusts its lengths
        raise CorruptError(str(error)) from None
    if not message.validate_crc():
        raise CorruptError("its checksum is wrong")


def unpacked(raw: bytes, header: Header, limit: int) -> bytes:
    """The same batch, no record of it compressed. Raises Refused."""
    if header.codec == 0:
        return raw
    try:
        if raw[_MAGIC_AT] != _CURRENT:
            # aiokafka unpacks these itself; that it may is all there is to know.
            decompress(header.codec, _legacy_value(raw), limit)
            return raw
        records = decompress(header.codec, raw[_HEADER.size :], limit)
    except CompressionError as error:
        raise Refused(Reason.UNREADABLE, f"the batch cannot be decompressed: {error}") from None
    except ExpandsTooFarError:
        raise Refused(
            Reason.TOO_LARGE,
            f"the batch takes more than {limit} bytes once it is decompressed (kafka.fetch_bytes)",
        ) from None
    (attributes,) = _ATTRIBUTES.unpack_from(raw, _ATTRIBUTES_AT)
    return b"".join(
        (
            raw[:_ATTRIBUTES_AT],
            _ATTRIBUTES.pack(attributes & ~_CODEC),
            raw[_ATTRIBUTES_AT + _ATTRIBUTES.size : _HEADER.size],
            records,
        )
    )


def _legacy_value(raw: bytes) -> bytes:
    place = _LEGACY_KEY_AT[raw[_MAGIC_AT]]
    try:
        (key,) = _FIELD_LENGTH.unpack_from(raw, place)
        place += _FIELD_LENGTH.size + max(0, key)
        (value,) = _FIELD_LENGTH.unpack_from(raw, place)
    except struct.error:
        raise CompressionError("it has no value") from None
    place += _FIELD_LENGTH.size
    return raw[place : place + max(0, value)]


def read_records(tp: TopicPartition, batch: bytes, header: Header, offset: int) -> Iterator[Record]:
    """The records of an unpacked batch from that offset on."""
    begin, end = offset, header.next_offset
    magic = batch[_MAGIC_AT]
    try:
        for record in DefaultRecordBatch(batch) if magic == _CURRENT else _legacy(batch, magic):
            at = record.offset
            if at < begin:
                continue
            if not offset <= at < end:
                why = "an offset is out of order"
                break
            offset = at + 1
            yield record
        else:
            return
    except Exception as error:  # noqa: BLE001 - whatever it trips over is looked at below
        why = str(error)
    if magic != _CURRENT:
        yield unreadable_batch(tp, batch, header, offset, Refused(Reason.UNREADABLE, why))
        return
    for slow in plain_records(tp, memoryview(batch)[_HEADER.size :], header):
        if slow.offset >= offset:
            offset = slow.offset + 1
            yield slow


def _legacy(batch: bytes, magic: int) -> Iterator[ReadRecord]:
    for record in LegacyRecordBatch(batch, magic):
        # As the protocol says that there is none, which the first format had no room for.
        timestamp = -1 if record.timestamp is None else record.timestamp
        yield PlainRecord(record.offset, timestamp, record.key, record.value, ())


def unreadable_batch(
    tp: TopicPartition, raw: bytes, header: Header, offset: int, refused: Refused
) -> Unreadable:
    """All of a batch from that offset on."""
    last = max(offset, header.next_offset - 1)
    return Unreadable(tp.topic, tp.partition, offset, last, refused, None, raw)
