"""`contact-metrics check --samples`: what the feeds make of sample records."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from service.cli.map import feeds_or_exit, mapped_lines, reading
from service.cli.no_event import tell_no_event
from service.cli.options import FAILED
from service.cli.tally import Tally

if TYPE_CHECKING:
    from service.feeds.mapper import Mapper
    from service.settings import Settings


def check_feeds(settings: Settings, samples: Path) -> None:
    """Writes the events to standard output, and to standard error what never gave a value.

    Exit code 1 where a record failed or a feed made no event at all: it may be misspelt.
    """
    from service.feeds.lines import LineMapper, event_line

    mapper = feeds_or_exit(settings, need_topics=True)
    seen: set[tuple[str, str]] = set()
    emitting: set[str] = set()
    lines = LineMapper(
        mapper, time.time_ns() // 1000, lambda feed, setting: seen.add((feed, setting))
    )
    tally = Tally()
    with reading(samples) as file:
        for emitted in mapped_lines(lines, file, tally):
            emitting.add(emitted.feed)
            sys.stdout.buffer.write(event_line(emitted, settings.all_topics()))
        if not tally.lines:
            tell_no_event(file, 0)
    sys.stdout.buffer.flush()
    tally.tell(settings)
    if _tell_silent(mapper, emitting, seen) or tally.failed:
        typer.echo("Something is wrong: see above.", err=True)
        raise typer.Exit(FAILED)


def _tell_silent(mapper: Mapper, emitting: set[str], seen: set[tuple[str, str]]) -> bool:
    """What never gave a value; whether a whole feed was silent."""
    from service.feeds.feed import CONDITIONS

    for feed in mapper.feeds:
        never = [it for it in feed.expressions if (feed.name, it) not in seen]
        if feed.name in emitting:
            for setting in never:
                typer.echo(f"{feed.name}.{setting}: never gave a value", err=True)
        else:
            untrue = [it for it in never if it in CONDITIONS]
            why = f"; never true: {untrue[0]}" if untrue else ""
            typer.echo(f"{feed.name}: no sample became an event of it{why}", err=True)
    return any(feed.name not in emitting for feed in mapper.feeds)
