"""A file of events, as the configuration reads it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

import typer

from service.cli.foreign import foreign_lines
from service.cli.no_event import tell_no_event
from service.cli.options import FAILED
from service.cli.progress import Progress
from service.cli.tally import Tally
from service.events.decoding import Decoder
from service.past.lines import Lines

if TYPE_CHECKING:
    from service.feeds.lines import ContractLines
    from service.past.by_time import EventsByTime
    from service.settings import Settings


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


class EventsOf:
    """Reads a file of events, and of foreign records where feeds are configured."""

    def __init__(self, settings: Settings) -> None:
        self.refusals = Refusals()
        self.progress = Progress()
        self._settings = settings
        self._wall_us = time.time_ns() // 1000
        self._foreign: ContractLines | None = None
        self.lines = Lines(
            Decoder(settings.max_event_bytes, settings.max_future_skew),
            settings.types_of_topics(),
            self._wall_us,
            self._note,
            settings.unread_topics(),
        )

    def take_in(self, file: IO[bytes], events: EventsByTime) -> None:
        """Reads the whole file; without an event in it, says so and exits with 1."""
        tally = Tally()
        read = self.progress.counted(file, "read {:,} lines")
        self._foreign = foreign_lines(self._settings, read, self._wall_us, tally)
        events.take(self.lines.events(self._foreign or read))
        tally.tell(self._settings)
        if not len(events):
            tell_no_event(file, sum(self.lines.invalid.values()) or tally.lines)
            raise typer.Exit(FAILED)

    def _note(self, number: int, topic: str, why: Exception) -> None:
        # A foreign record makes several lines, or none.
        self.refusals.note(number if self._foreign is None else self._foreign.number, topic, why)
