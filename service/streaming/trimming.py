"""Memory that is no longer used, given back to the system."""

from __future__ import annotations

import ctypes
from typing import Final

#: The C library of this process: glibc, or another one that has no such call.
_LIBC: Final = ctypes.CDLL(None)


def give_memory_back() -> None:
    """What was freed within the C library's heap, as after a restore, leaves the process.

    glibc does so by itself only at the end of its heap, where something nearly always stays.
    """
    if hasattr(_LIBC, "malloc_trim"):
        _LIBC.malloc_trim(ctypes.c_size_t(0))
