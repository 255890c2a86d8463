"""A contact's part in the question who repeats whom."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """Start and end (microseconds), what it matches others by, and the contact it names."""

    start: int
    #: Of an open contact: its expiry.
    end: int
    match: str | None
    previous: str | None
