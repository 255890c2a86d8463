"""What is wrong with a feed, said before the first record is read."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Mistake(NamedTuple):
    """The place of a setting below `feeds`, such as (feed, field), and what to mend there."""

    place: tuple[str, ...]
    what: str


class FeedError(Exception):
    """Feeds that cannot be used; all their mistakes at once."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(f"{'.'.join(place)}: {what}" for place, what in mistakes))
        self.mistakes = tuple(mistakes)


def known(name: str, names: Iterable[str]) -> str:
    """Which name was meant, or which there are."""
    every = sorted(names)
    near = difflib.get_close_matches(name, every, n=1)
    if near:
        return f'did you mean "{near[0]}"?'
    return f"known: {', '.join(every)}" if every else "there is none"
