"""One thing that was looked at."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """What was found, and what to do about it where that is needed. Never holds a secret."""

    well: bool
    what: str
    remedy: str = ""
    #: Whether it could be looked at; if not, it is not held against the broker.
    certain: bool = True
    #: What is amiss, and yet hinders no start.
    borne: bool = False

    @property
    def verdict(self) -> str:
        """In one word."""
        if not self.well:
            return "WRONG"
        if self.borne:
            return "WARNING"
        return "ok" if self.certain else "UNSURE"
