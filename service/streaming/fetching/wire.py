"""aiokafka's messages, of which adjoining numbers are packed and unpacked at once.

aiokafka makes several calls for each field. A fetch names every topic partition, and so does its
answer: of a worker to which little comes that was a third of all it did.
"""

from __future__ import annotations

import struct
from functools import cache
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any, Final

from aiokafka.protocol.types import Array, Int8, Int16, Int32, Int64, Schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import BytesIO

    from aiokafka.protocol.api import Request, RequestStruct

_CODES: Final = {Int8: "b", Int16: "h", Int32: "i", Int64: "q"}
_LENGTH: Final = struct.Struct(">i")


class Quick:
    """A request of aiokafka's, which is written and answered by :func:`writer`, :func:`reader`."""

    def __init__(self, request: Request[Any]) -> None:
        self.plain = request

    def prepare(self, versions: dict[int, tuple[int, int]]) -> RequestStruct:
        """In the version that both sides know. Raises what aiokafka raises."""
        plain = self.plain.prepare(versions)
        kind: Any = type(plain)
        return _quick(kind)(*(plain.__dict__[name] for name in plain.SCHEMA.names))


@cache
def _quick(plain: type[RequestStruct]) -> type[RequestStruct]:
    answer, names = plain.RESPONSE_TYPE, plain.SCHEMA.names
    write, read = writer(plain.SCHEMA), reader(answer.SCHEMA)

    def encode(self: RequestStruct) -> bytes:
        return write([self.__dict__[name] for name in names])

    quick_answer = type(
        answer.__name__, (answer,), {"decode": classmethod(lambda cls, data: cls(*read(data)))}
    )
    return type(plain.__name__, (plain,), {"RESPONSE_TYPE": quick_answer, "encode": encode})


def writer(of: Any) -> Callable[[Any], bytes]:
    """Writes a value of one of aiokafka's types as that would. None is no array here."""
    if isinstance(of, Schema):
        fields = [writer(field) for field in of.fields]
        return lambda values: b"".join(
            [write(it) for write, it in zip(fields, values, strict=True)]
        )
    if isinstance(of, Array):
        numbers = _numbers(of.array_of.fields) if isinstance(of.array_of, Schema) else None
        if numbers is not None:
            return lambda items: struct.pack(
                ">i" + numbers * len(items), len(items), *chain.from_iterable(items)
            )
        each = writer(of.array_of)
        return lambda items: _LENGTH.pack(len(items)) + b"".join(map(each, items))
    encode: Callable[[Any], bytes] = of.encode
    return encode


def reader(of: Any) -> Callable[[BytesIO], Any]:
    """Reads a value of one of aiokafka's types as that would.

    Raises struct.error, and ValueError, where the bytes do not suffice.
    """
    if isinstance(of, Array):
        return _array_reader(reader(of.array_of))
    if not isinstance(of, Schema):
        decode: Callable[[BytesIO], Any] = of.decode
        return decode
    parts: list[Callable[[BytesIO], Any]] = []
    for are_numbers, fields in groupby(of.fields, lambda field: _numbers([field]) is not None):
        if are_numbers:
            parts.append(_numbers_reader(struct.Struct(f">{_numbers(list(fields))}")))
        else:
            parts += [_single(reader(field)) for field in fields]
    return lambda data: tuple(chain.from_iterable([read(data) for read in parts]))


def _numbers(fields: Any) -> str | None:
    """The format of such a record; None if it has anything but numbers."""
    codes = [_CODES.get(field) if isinstance(field, type) else None for field in fields]
    return None if None in codes else "".join(map(str, codes))


def _numbers_reader(numbers: struct.Struct) -> Callable[[BytesIO], Any]:
    unpack, size = numbers.unpack, numbers.size
    return lambda data: unpack(data.read(size))


def _single(read: Callable[[BytesIO], Any]) -> Callable[[BytesIO], Any]:
    return lambda data: (read(data),)


def _array_reader(each: Callable[[BytesIO], Any]) -> Callable[[BytesIO], Any]:
    def read(data: BytesIO) -> list[Any] | None:
        (length,) = _LENGTH.unpack(data.read(4))
        return None if length < 0 else [each(data) for _ in range(length)]

    return read
