"""Files of the configuration: text in UTF-8, with or without a byte order mark."""

from __future__ import annotations

import codecs
from pathlib import Path

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class MissingFileError(ValueError):
    """A file that is read with the settings is not there, or does not hold what it is named for."""


def why_unreadable(error: OSError | ValueError) -> str:
    """In words, without the file's name."""
    return str((isinstance(error, OSError) and error.strerror) or error)


def text_of(path: Path) -> str:
    """The file's text. Raises OSError, and ValueError that says how it is encoded."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if content.startswith(_UTF_16):
            raise ValueError("it is UTF-16: save it as UTF-8") from None
        raise ValueError(f"it is not UTF-8 (at byte {error.start + 1}): save it as UTF-8") from None
    # UTF-16 without its mark is UTF-8, too, where all of it is ASCII.
    if "\0" in text:
        raise ValueError("it is no text in UTF-8 (a zero byte is in it): save it as UTF-8")
    return text
