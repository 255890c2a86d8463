"""Records that are larger than brokers take are kept in pieces.

That much is known of a contact, a customer or an agent only where thousands of things are said of
one, as where a publisher gives the same id to all. Such a value is written in pieces, each under a
key of its own, and under the record's key stands a head, which says how many pieces there are.

| key | value |
|---|---|
| the record's own | :data:`HEAD`, then the :class:`Head` |
| :data:`PIECE`, turn, number, the record's own | the bytes from there on |

Pieces go before their head, and tombstones of the former ones after it. One turn's keys are not
the next one's, so in every prefix of the log the value of the last head is whole.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Final, TypeGuard

import msgspec

from service.store.changelog import PART_BYTES, Change
from service.store.completeness import StateIncompleteError

#: No value of msgpack begins with this byte, as the keys of all other records are, nor a claim.
PIECE: Final = b"\xc1piece/"
#: Some values are packed: these may begin with any byte, but never with so many given ones.
HEAD: Final = b"\xc1 is in pieces:"
#: Of a piece, and of a value in one: a batch to the changelog takes it with key and headers. What
#: is written in parts anyway is always in one: where such a part stands in the log says what it
#: replaces, and what is in pieces is read after all else.
PIECE_BYTES: Final = PART_BYTES + 10_000
#: Of the number of a piece.
_NUMBER_BYTES: Final = 3


class Head(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What stands in a record's place; `check`: the CRC-32 of its value."""

    turn: Annotated[int, msgspec.Meta(ge=0, le=1)]
    pieces: Annotated[int, msgspec.Meta(ge=2, lt=1 << 8 * _NUMBER_BYTES)]
    check: int

    def keys(self, key: bytes) -> list[bytes]:
        """Those of the pieces of the record with this key."""
        begin = PIECE + bytes([self.turn])
        return [begin + nth.to_bytes(_NUMBER_BYTES, "big") + key for nth in range(self.pieces)]


_encode = msgspec.msgpack.Encoder().encode
_decode_head = msgspec.msgpack.Decoder(Head).decode


class Pieces:
    """Cuts the records of one changelog partition, and joins them where it is read back."""

    def __init__(self) -> None:
        #: By the record's key, what stands in its place.
        self._heads: dict[bytes, Head] = {}
        #: Of what was read and is not joined yet: such heads, and pieces by their keys.
        self._unjoined: dict[bytes, Head] = {}
        self._read: dict[bytes, bytes] = {}
        #: Keys of pieces in the log that are of no head.
        self._left_over: list[bytes] = []

    def cut(self, records: list[Change]) -> list[Change]:
        """The records as they are to be written, none of them too large; None: a tombstone."""
        if not (self._heads or self._left_over or _are_large(records)):
            return records
        written: list[Change] = [(key, None) for key in self._left_over]
        self._left_over = []
        for key, value in records:
            former = self._heads.pop(key, None)
            if value is None or len(value) <= PIECE_BYTES:
                written.append((key, value))
            else:
                written.extend(self._in_pieces(key, value, former))
            if former is not None:
                written.extend((piece, None) for piece in former.keys(key))
        return written

    def _in_pieces(self, key: bytes, value: bytes, former: Head | None) -> Iterator[Change]:
        cuts = range(0, len(value), PIECE_BYTES)
        turn = 0 if former is None else 1 - former.turn
        head = self._heads[key] = Head(turn, len(cuts), zlib.crc32(value))
        for piece, begin in zip(head.keys(key), cuts, strict=True):
            yield piece, value[begin : begin + PIECE_BYTES]
        yield key, HEAD + _encode(head)

    def whole(self, records: Iterable[Change]) -> Iterable[Change]:
        """Those of the records read, in log order, that are in one piece.

        Each is to be taken in before the next one is looked at: see :meth:`replaced`.
        """
        read = list(records)
        return self._those_whole(read) if self._unjoined or _may_hold_pieces(read) else read

    def _those_whole(self, records: Iterable[Change]) -> Iterator[Change]:
        for key, value in records:
            if not key.startswith(PIECE):
                self._unjoined.pop(key, None)
                if _is_head(value):
                    self._unjoined[key] = _decode_head(value[len(HEAD) :])
                else:
                    yield key, value
            elif value is None:
                self._read.pop(key, None)
            else:
                self._read[key] = value

    def replaced(self, key: bytes) -> None:
        """A record that was read has another value for this key: no longer the one in pieces."""
        self._unjoined.pop(key, None)

    def joined(self) -> list[Change]:
        """All has been read: the records that were in pieces.

        Raises StateIncompleteError where pieces are missing, ValueError where they do not fit.
        """
        joined: list[Change] = []
        for key, head in self._unjoined.items():
            pieces = [self._read.pop(piece) for piece in head.keys(key) if piece in self._read]
            if len(pieces) < head.pieces:
                raise StateIncompleteError("pieces of a record", len(pieces), head.pieces)
            value = b"".join(pieces)
            if zlib.crc32(value) != head.check:
                raise ValueError("the pieces of a record do not fit together")
            joined.append((key, value))
        self._heads |= self._unjoined
        self._left_over.extend(self._read)
        self._unjoined.clear()
        self._read.clear()
        return joined


def _are_large(records: Iterable[Change]) -> bool:
    """Whether any of them is."""
    for _, value in records:  # noqa: SIM110 - twice as fast as any()
        if value is not None and len(value) > PIECE_BYTES:
            return True
    return False


def _may_hold_pieces(records: Iterable[Change]) -> bool:
    # Nearly always not: to compare a byte takes an eighth of what it takes to ask for a beginning.
    mark = PIECE[0]
    for key, value in records:  # noqa: SIM110 - twice as fast as any()
        if (key and key[0] == mark) or (value and value[0] == mark):
            return True
    return False


def _is_head(value: bytes | None) -> TypeGuard[bytes]:
    return value is not None and value.startswith(HEAD)


def flaw(
    key: bytes, value: bytes | None, of_one: Callable[[bytes, bytes | None], str | None]
) -> str | None:
    """Why a record cannot be read by itself; None if it can. `of_one`: of one in one piece."""
    if key.startswith(PIECE):
        return None
    if not _is_head(value):
        return of_one(key, value)
    try:
        _decode_head(value[len(HEAD) :])
    except msgspec.DecodeError as error:
        return f"its head cannot be read: {error}"
    return None
