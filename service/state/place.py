"""A contact's part in the question who repeats whom."""

from __future__ import annotations

import msgspec

#: A time, or (negated) an end, that is too far off to matter.
NEVER = 1 << 62


class Place(msgspec.Struct, frozen=True, gc=False):
    """Start and end (microseconds), what it matches others by, and the contact it names."""

    start: int
    #: Of an open contact: its expiry.
    end: int
    match: str | None
    previous: str | None

    def differs_in_end_only(self, other: Place | None) -> bool:
        """Whether the other is the same place but for its end, or the same altogether."""
        return (
            other is not None
            and self.start == other.start
            and self.match == other.match
            and self.previous == other.previous
        )
