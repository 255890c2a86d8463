"""Decompression of record batches that never takes more room than it is allowed."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Any, Final

import cramjam
import numpy as np

#: Of Kafka's record batches.
GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4
_GZIP_WRAPPER: Final = 16 + zlib.MAX_WBITS
#: Magic, version and compatible version of the blocks that Java's snappy writes.
_BLOCKS: Final = b"\x82SNAPPY\0"
_BLOCKS_HEADER_BYTES: Final = 16
_LENGTH: Final = struct.Struct(">i")


class CompressionError(ValueError):
    """The bytes are not what their codec makes."""


class ExpandsTooFarError(ValueError):
    """There is more in them than the limit."""


def decompress(codec: int, packed: bytes, limit: int) -> bytes:
    """At most `limit` bytes. Raises CompressionError, ExpandsTooFarError; takes no more room
    than the limit before it does."""
    unpack = _CODECS.get(codec)
    if unpack is None:
        raise CompressionError(f"there is no codec {codec}")
    try:
        return unpack(packed, limit)
    except (cramjam.DecompressionError, zlib.error, struct.error) as error:
        raise CompressionError(str(error)) from error


def inflate(packed: bytes, limit: int, wrapper: int = zlib.MAX_WBITS) -> bytes:
    """What zlib (or with another wrapper gzip) packed; several one after the other are one."""
    parts: list[bytes] = []
    room = limit
    while packed:
        stream = zlib.decompressobj(wrapper)
        part = stream.decompress(packed, room + 1)
        room -= len(part)
        if room < 0:
            raise ExpandsTooFarError
        if not stream.eof:
            raise CompressionError("it ends in the middle")
        parts.append(part)
        packed = stream.unused_data
    return b"".join(parts)


def _gzip(packed: bytes, limit: int) -> bytes:
    return inflate(packed, limit, _GZIP_WRAPPER)


def _snappy(packed: bytes, limit: int) -> bytes:
    if not packed.startswith(_BLOCKS):
        return _snappy_block(packed, limit)
    blocks: list[bytes] = []
    place = _BLOCKS_HEADER_BYTES
    while place < len(packed):
        (length,) = _LENGTH.unpack_from(packed, place)
        place += _LENGTH.size
        if not 0 < length <= len(packed) - place:
            raise CompressionError("a block ends outside")
        blocks.append(_snappy_block(packed[place : place + length], limit))
        limit -= len(blocks[-1])
        place += length
    return b"".join(blocks)


def _snappy_block(packed: bytes, limit: int) -> bytes:
    # It begins with its length, and the decoder holds it to that.
    if cramjam.snappy.decompress_raw_len(packed) > limit:
        raise ExpandsTooFarError
    return bytes(cramjam.snappy.decompress_raw(packed))


def _into_room(decompress_into: Callable[[Any, Any], int]) -> Callable[[bytes, int], bytes]:
    def unpack(packed: bytes, limit: int) -> bytes:
        # Takes real memory only as far as it is written to.
        room = np.empty(limit, np.uint8)
        try:
            size = decompress_into(packed, room)
        except cramjam.DecompressionError as error:
            if "whole buffer" in str(error):
                raise ExpandsTooFarError from error
            raise
        return room[:size].tobytes()

    return unpack


_CODECS: Final[dict[int, Callable[[bytes, int], bytes]]] = {
    GZIP: _gzip,
    SNAPPY: _snappy,
    LZ4: _into_room(cramjam.lz4.decompress_into),
    ZSTD: _into_room(cramjam.zstd.decompress_into),
}
