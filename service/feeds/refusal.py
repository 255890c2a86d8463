"""Why a record cannot be mapped: the further reasons of dead letters, beside those of events."""

from __future__ import annotations

from typing import Final

#: The value, or a part of it that is asked for, is not in the format of its feed.
WRONG_FORMAT: Final = "wrong_format"
#: The registry's schema is missing, or of a kind that is not read.
WRONG_SCHEMA: Final = "wrong_schema"
#: An expression met a value that it cannot work with.
WRONG_VALUE: Final = "wrong_value"
#: More parts, elements or text than an event could need.
TOO_MUCH: Final = "too_much"


class Unmappable(Exception):  # noqa: N818 - an outcome like another
    """`reason` is a short fixed word, `detail` says what to mend; both are free of data."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
