"""The end of a process in which threads are left that could not be stopped."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

from service.cli.options import FAILED


@contextmanager
def ending_at_once() -> Iterator[None]:
    """What is done in here is the whole command: all that it had to close is closed.

    Where nothing but this thread runs, Python ends the process as ever. A thread that is left (its
    stop has failed, say) runs on while Python takes itself apart, and one in the event loop's or
    the Kafka client's C code takes the process down with it, some of the time: exit code -11.
    """
    try:
        yield
    finally:
        if threading.active_count() > 1:
            _end(sys.exception())


def _end(error: BaseException | None) -> NoReturn:
    """Ends the process as the error would, and with its words."""
    code: object = FAILED
    if error is None:
        code = 0
    elif isinstance(error, SystemExit):
        code = error.code or 0
    else:
        sys.excepthook(type(error), error, error.__traceback__)
    if not isinstance(code, int):
        # As Python does with what is no number.
        sys.stderr.write(f"{code}\n")
        code = FAILED
    for stream in (sys.stdout, sys.stderr):
        # Whoever read it may be gone; that is no other end.
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
