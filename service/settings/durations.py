"""Durations as people write them, kept as exact microseconds."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer

from service.definitions import DAY, SECOND, UNITS, duration_text

_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(us|ms|s|m|h|d|w)")
_TEXT = re.compile(rf"(?:{_PART.pattern}\s*)+")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d{1,2})?")
#: The longest duration that means anything here; more is a slip, and would overflow dates.
_LONGEST = 100 * 365 * DAY
_HOW = 'a number of seconds or a text such as "30s", "1.5m", "2h" or "7d"'


def parse_duration(value: object) -> int:
    """Microseconds of a number of seconds, or of a text such as `30s`, `2h` or `1h30m`.

    Raises ValueError.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"a duration is {_HOW}")  # noqa: TRY004 - what pydantic expects
    text = str(value).strip()
    if _NUMBER.fullmatch(text):
        microseconds = Fraction(text) * SECOND
    elif _TEXT.fullmatch(text):
        microseconds = sum(
            (Fraction(number) * UNITS[unit] for number, unit in _PART.findall(text)), Fraction()
        )
    else:
        raise ValueError(f"a duration is {_HOW}, not negative")
    if microseconds > _LONGEST:
        raise ValueError("a duration is at most 100 years")
    return round(microseconds)


Duration = Annotated[
    int,
    BeforeValidator(parse_duration, json_schema_input_type=float | str),
    PlainSerializer(duration_text),
]
"""A duration of 0 or more, in µs."""

PositiveDuration = Annotated[Duration, Field(gt=0)]
"""A duration longer than 0, in µs."""
