"""How far a long command has come, on standard error."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

import typer

_EVERY_SECONDS = 5.0
#: Steps between two looks at the clock.
_LOOK = 1_000

Item = TypeVar("Item")


class Progress:
    """Says a line every five seconds: a short command says nothing."""

    def __init__(self) -> None:
        self._due = time.monotonic() + _EVERY_SECONDS

    def say(self, what: str, *of: object) -> None:
        """Says it, if it is time to: a format, and what goes into it."""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + _EVERY_SECONDS
            typer.echo(what.format(*of), err=True)

    def counted(self, items: Iterable[Item], what: str) -> Iterator[Item]:
        """Passes items on; `what` says what was done to how many, as in "read {:,} lines"."""
        for number, item in enumerate(items):
            if number % _LOOK == 0:
                self.say(what, number)
            yield item
