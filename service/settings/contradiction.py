"""A setting that is right by itself, and makes no sense beside another."""

from __future__ import annotations

from typing import NamedTuple


class Contradiction(NamedTuple):
    """The place of a setting, and what is wrong with it and how to mend it."""

    place: tuple[str, ...]
    what: str
