"""A file of events, as the configuration reads it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from service.cli.options import FAILED
from service.cli.progress import Progress
from service.events.decoding import Decoder
from service.past.lines import Lines

if TYPE_CHECKING:
    from service.past.by_time import EventsByTime
    from service.settings import Settings


def lines_of(settings: Settings, on_bad_line: Callable[[int, str, Exception], None]) -> Lines:
    """The reader of lines."""
    return Lines(
        Decoder(settings.max_event_bytes, settings.max_future_skew),
        {name: type_ for type_, name in settings.event_topics().items()},
        time.time_ns() // 1000,
        on_bad_line,
        settings.unread_topics(),
    )


@dataclass(slots=True)
class Refusals:
    """Why lines were refused: by topic and reason how many, and the first of them."""

    by_reason: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    """(topic, why): how many, then the numbers of the first few."""
    told: int = 0

    FIRST = 5
    #: Lines told one by one; of a file that is wrong throughout they would tell nothing new.
    TOLD = 20

    def note(self, number: int, topic: str, why: Exception) -> None:
        """Takes note of one, and tells the first of them on standard error."""
        counted = self.by_reason.setdefault((topic, str(why)), [0])
        counted[0] += 1
        if len(counted) <= self.FIRST:
            counted.append(number)
        self.told += 1
        if self.told <= self.TOLD:
            typer.echo(f"line {number}: {why}", err=True)
        elif self.told == self.TOLD + 1:
            typer.echo("further lines that are refused are counted only", err=True)


def take_in(by_time: EventsByTime, lines: Lines, file: Iterable[bytes], progress: Progress) -> None:
    """Reads the whole file; without an event in it, says so and exits with 1."""
    by_time.take(lines.events(progress.counted(file, "read {:,} lines")))
    if len(by_time):
        return
    refused = sum(lines.invalid.values())
    what = f"None of the {refused} lines is an event: see above." if refused else "No event in it."
    typer.echo(f"contact-metrics: {what}", err=True)
    raise typer.Exit(FAILED)
