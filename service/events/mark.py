"""The byte order mark that some programs put before the first line of a file."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator


def without_mark(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines, the first of them without it."""
    lines = iter(lines)
    for first in lines:
        yield first.removeprefix(BOM_UTF8)
        break
    yield from lines
