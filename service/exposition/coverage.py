"""Of how much of the group the numbers are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Silent:
    """A worker (`host:port`) whose numbers are not to be had, and why not."""

    worker: str
    why: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """They are complete where nothing is `missing`."""

    partitions: int
    """That there are in all."""
    clocks: Mapping[str, float | None]
    """Of each that is told, the event time up to which its numbers tell, in seconds since 1970;
    None: not every topic of it has been read yet."""
    missing: Sequence[int | str]
    """Those in no worker's answer."""
    workers: int
    """Those asked, this one too."""
    silent: Sequence[Silent]
