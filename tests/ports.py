"""Ports that nobody takes between being found free and being listened on.

The system gives out its own at any moment: to each connection, and wherever port 0 is asked for.
One of those that was free need not be so once the program that is to have it has started. These
are none of them, and each process of the tests has a hundred to itself.
"""

from __future__ import annotations

import socket
from functools import cache
from itertools import cycle
from typing import TYPE_CHECKING, Final

from service.embedded_broker import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Above those of well-known programs, and below what any system gives out by itself.
_ALL: Final = range(10_000, 32_000)
_EACH: Final = 100


def free_port() -> int:
    """One that nobody listens on, nor will but for whom it is given to."""
    _, ports = _own()
    for port in ports:
        with socket.socket() as probe:
            if _bound(probe, port):
                return port
    raise AssertionError("unreachable: the ports come round again")


@cache
def _own() -> tuple[socket.socket, Iterator[int]]:
    """Those of this process: the first of them is held as long as it runs."""
    for first in _ALL[::_EACH]:
        held = socket.socket()
        if _bound(held, first):
            return held, cycle(range(first + 1, first + _EACH))
        held.close()
    raise RuntimeError("no ports are left for the tests: others listen on all of them")


def _bound(to: socket.socket, port: int) -> bool:
    try:
        to.bind((LOOPBACK, port))
    except OSError:
        return False
    return True
