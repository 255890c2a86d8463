"""Where Java's publishers put a key: two publishers that disagree about it tear contacts apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Bytes of the longest id that an event can have. All keys that are looked at together take as much
#: room as the longest of them.
LONGEST_KEY: Final = 4 * 256
_SEED: Final = 0x9747B28C
_MIX: Final = np.uint32(0x5BD1E995)
_WORD: Final = 4
_POSITIVE: Final = np.uint32(0x7FFFFFFF)


def java_partitions(keys: Sequence[bytes], partitions: int) -> NDArray[np.uint32]:
    """The partition of each key by the default partitioner of Kafka's own client (murmur2)."""
    lengths = np.fromiter(map(len, keys), np.uint32, len(keys))
    columns = max(1, -(-int(lengths.max(initial=0)) // _WORD))
    whole_columns = int(lengths.min(initial=LONGEST_KEY)) // _WORD
    words = np.array(keys, f"S{columns * _WORD}").view("<u4").reshape(len(keys), columns).T
    hashes = np.uint32(_SEED) ^ lengths
    for column, word in enumerate(words):
        mixed = word * _MIX
        mixed ^= mixed >> np.uint32(24)
        mixed *= _MIX
        whole = (hashes * _MIX) ^ mixed
        if column < whole_columns:
            # Every key has all four bytes of it, as ids of one make mostly do to their end.
            hashes = whole
            continue
        left = lengths.astype(np.int64) - column * _WORD
        # The bytes of the last word that is not whole count as they are.
        part = (hashes ^ word) * _MIX
        hashes = np.where(left >= _WORD, whole, np.where(left > 0, part, hashes))
    hashes ^= hashes >> np.uint32(13)
    hashes *= _MIX
    hashes ^= hashes >> np.uint32(15)
    return (hashes & _POSITIVE) % np.uint32(partitions)
