"""One thing that was looked at."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """What was found, and how to mend it where it is wrong. Never holds a secret."""

    well: bool
    what: str
    remedy: str = ""
