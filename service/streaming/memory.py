"""Care for the memory of a restore, which makes millions of objects and drops most of them."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: The C library of this process: glibc, or another one that has no such call.
_LIBC: Final = ctypes.CDLL(None)


def give_memory_back() -> None:
    """What was freed within the C library's heap, as after a restore, leaves the process.

    glibc does so by itself only at the end of its heap, where something nearly always stays.
    """
    if hasattr(_LIBC, "malloc_trim"):
        _LIBC.malloc_trim(ctypes.c_size_t(0))


@contextmanager
def without_collector() -> Iterator[None]:
    """Lets the garbage collector rest: what a restore makes either stays or goes without it, and
    it would look at all that stays again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
