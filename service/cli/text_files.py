"""Text of exports, in whatever encoding they are."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class UnknownEncodingError(Exception):
    """The encoding is none that is known here."""


def text_of(file: io.BufferedReader, encoding: str | None) -> Iterable[str]:
    """The lines of a file; without an encoding, by its byte order mark, else UTF-8.

    A byte that is not of the encoding becomes a lone surrogate. Raises UnknownEncodingError.
    """
    start = file.peek(4)[:4]
    if encoding is None or encoding.lower() in {"utf-8", "utf8"}:
        encoding = next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")
    try:
        text = io.TextIOWrapper(file, encoding, errors=_errors(encoding), newline="")
    except LookupError:
        raise UnknownEncodingError(
            f"there is no encoding {encoding}: give --encoding, such as utf-8, utf-16 or cp1252"
        ) from None
    return text


def _errors(encoding: str) -> str:
    """How to read what is wrong without losing that it was."""
    return (
        "surrogatepass" if encoding.lower().startswith(("utf-16", "utf-32")) else "surrogateescape"
    )
