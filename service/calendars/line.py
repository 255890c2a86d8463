"""Time that counts, as a number line: all of it, or business time alone."""

from __future__ import annotations

from typing import Protocol


class Line(Protocol):
    """How much has passed by a moment, since some fixed one, and the way back. Microseconds."""

    def by(self, moment: int, /) -> int:
        """What has passed by a moment."""
        ...

    def last(self, passed: int, /) -> int:
        """The last moment by which no more than so much has passed; NEVER: it never does."""
        ...

    def first(self, passed: int, /) -> int:
        """The first moment by which so much has passed; NEVER: it never does."""
        ...


class AllTime:
    """Where no office hours are given."""

    def by(self, moment: int) -> int:
        return moment

    def last(self, passed: int) -> int:
        return passed

    def first(self, passed: int) -> int:
        return passed
