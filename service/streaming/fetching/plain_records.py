"""The records of a batch read one by one, each on its own: one that is broken costs no other.

Slower than aiokafka's reader by far, and asked only where that one gave up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.events.refusal import Reason, Refused
from service.streaming.fetching.record import PlainRecord
from service.streaming.fetching.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiokafka import TopicPartition

    from service.streaming.fetching.batch import Header
    from service.streaming.fetching.record import Record

#: Bytes that a number may have, seven bits in each.
_LONGEST_NUMBER: Final = 10


class _BrokenError(ValueError):
    """Not the bytes of a record."""


class _Fields:
    """Reads the fields of a record, none of them beyond its end."""

    def __init__(self, data: memoryview, place: int, end: int) -> None:
        self.place = place
        self._data = data
        self._end = end

    def number(self) -> int:
        """A zigzag number of variable length."""
        bits = 0
        for index in range(_LONGEST_NUMBER):
            if self.place >= self._end:
                break
            byte = self._data[self.place]
            self.place += 1
            bits |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                return (bits >> 1) ^ -(bits & 1)
        raise _BrokenError("a number does not end")

    def text(self) -> bytes | None:
        """Bytes with their length in front; a negative one stands for None."""
        length = self.number()
        if length < 0:
            return None
        begin = self.place
        if length > self._end - begin:
            raise _BrokenError("a field ends outside of its record")
        self.place += length
        return bytes(self._data[begin : self.place])

    def end_of_next(self) -> int:
        """Where what has its length in front ends."""
        length = self.number()
        if not 0 <= length <= self._end - self.place:
            raise _BrokenError("a record ends outside of its batch")
        return self.place + length

    def skip(self) -> None:
        """One byte."""
        self.place += 1


def plain_records(tp: TopicPartition, data: memoryview, header: Header) -> Iterator[Record]:
    """The records in the bytes after the header of an unpacked batch."""
    expected = header.base_offset
    fields = _Fields(data, 0, len(data))
    for _ in range(header.records):
        begin = fields.place
        try:
            end = fields.end_of_next()
        except _BrokenError as error:
            # Where the next one begins is not known.
            last = max(expected, header.next_offset - 1)
            yield _broken(tp, expected, last, bytes(data[begin:]), error)
            return
        try:
            read = _record(tp, _Fields(data, fields.place, end), end, header, expected)
        except _BrokenError as error:
            read = _broken(tp, expected, expected, bytes(data[fields.place : end]), error)
        yield read
        expected = read.offset + 1
        fields.place = end


def _record(tp: TopicPartition, fields: _Fields, end: int, header: Header, expected: int) -> Record:
    fields.skip()  # attributes, of which there are none
    timestamp = header.first_timestamp + fields.number()
    offset = header.base_offset + fields.number()
    if not expected <= offset < header.next_offset:
        raise _BrokenError("its offset is out of order")
    key, value = fields.text(), fields.text()
    headers: list[tuple[str, bytes | None]] = []
    unnamed = 0
    for _ in range(fields.number()):
        name = fields.text()
        if name is None:
            raise _BrokenError("a header has no name")
        try:
            written = name.decode()
        except UnicodeDecodeError:
            written = name.decode(errors="backslashreplace")
            unnamed += 1
        headers.append((written, fields.text()))
    if fields.place != end:
        raise _BrokenError("it is shorter than it says")
    if unnamed:
        why = f"the names of {unnamed} headers are not UTF-8"
        refused = Refused(Reason.UNREADABLE, why)
        return Unreadable(tp.topic, tp.partition, offset, offset, refused, key, value, headers)
    if header.appended_at is not None:
        timestamp = header.appended_at
    return PlainRecord(offset, timestamp, key, value, headers)


def _broken(
    tp: TopicPartition, first: int, last: int, data: bytes, error: _BrokenError
) -> Unreadable:
    refused = Refused(Reason.UNREADABLE, f"the record is broken: {error}")
    return Unreadable(tp.topic, tp.partition, first, last, refused, None, data)
