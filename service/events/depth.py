"""How deeply a JSON text is nested, without recursion.

msgspec skips unknown fields by recursion, up to a limit that depends on how deep its caller is.
A fixed limit far below makes the answer depend on the event alone, as a replay needs it to.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

MAX_DEPTH: Final = 500

#: A text this short cannot close more than MAX_DEPTH brackets.
SHALLOW_BYTES: Final = 2 * MAX_DEPTH

_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_OTHERS: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")
_STEPS: Final = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")


def too_deep(text: bytes) -> bool:
    """Whether arrays and objects are nested more than MAX_DEPTH deep."""
    if text.count(b"[") + text.count(b"{") <= MAX_DEPTH:
        return False
    steps = _STRING.sub(b"", text).translate(_STEPS, _OTHERS)
    depths = np.frombuffer(steps, dtype=np.int8).cumsum(dtype=np.int64)
    return bool(depths.max(initial=0) > MAX_DEPTH)
