"""`contact-metrics replay`: the numbers of a file of events, without Kafka."""

from __future__ import annotations

import gc
from contextlib import nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from service.cli.foreign import foreign_lines
from service.cli.moments import AsOf, EventsFile, too_early
from service.cli.no_event import end_without_event
from service.cli.options import ConfigFile, load_or_exit
from service.cli.output import writing
from service.cli.tally import Tally
from service.settings import Settings

if TYPE_CHECKING:
    from datetime import datetime

    from service.replay import Replayed

Outcomes = Annotated[
    Path | None,
    typer.Option(
        "--outcomes",
        metavar="FILE",
        help="Write what is known of each contact's verdicts here, one JSON record a line.",
    ),
]


def replay(
    file: EventsFile,
    as_of: AsOf = None,
    config: ConfigFile = None,
    outcomes: Outcomes = None,
) -> None:
    """Read events from a file and write what /metrics would say of them."""
    from service.replay import TooEarly

    # Nothing that a replay makes goes before it ends: there is no garbage to look for.
    gc.disable()
    settings = load_or_exit(config)
    try:
        with nullcontext() if outcomes is None else writing(outcomes, file) as told:
            replayed, page, foreign = _replayed(settings, file, as_of, told)
    except TooEarly as error:
        raise too_early(error.latest) from None
    typer.echo(page, nl=False)
    if replayed.refused == replayed.lines:
        end_without_event(file, replayed.lines or foreign)


def _write_line(file: IO[bytes], line: bytes) -> None:
    file.write(line + b"\n")


def _replayed(
    settings: Settings,
    lines: typer.FileBinaryRead,
    as_of: datetime | None,
    outcomes: IO[bytes] | None,
) -> tuple[Replayed, str, int]:
    """What became of the lines, the page that tells it, and how many held foreign records."""
    import time

    from service.events.decoding import Decoder
    from service.events.times import microseconds
    from service.exposition.pipeline import Pipeline
    from service.exposition.reports import MetricsPage
    from service.replay import Replay
    from service.store.settings_told import digest, written
    from service.version import VERSION

    wall_us = time.time_ns() // 1000
    tally = Tally()
    foreign = foreign_lines(settings, lines, wall_us, tally)

    def report(number: int, why: Exception) -> None:
        number = number if foreign is None else foreign.number
        typer.echo(f"line {number}: {why}", err=True)

    topics = settings.types_of_topics()
    definitions = settings.definitions()
    replayed = Replay(
        definitions,
        Decoder(settings.max_event_bytes, settings.max_future_skew),
        topics,
        wall_us=wall_us,
        on_bad_line=report,
        unread=settings.unread_topics(),
        on_outcome=None if outcomes is None else lambda it: _write_line(outcomes, it),
    ).run(foreign or lines, None if as_of is None else microseconds(as_of))
    tally.tell(settings)
    page = MetricsPage(VERSION)
    pipeline = Pipeline(
        definitions=digest(written(definitions)),
        topics=tuple(topics),
        events=replayed.events,
        dead_letters=replayed.dead_letters,
        overflows=replayed.overflows,
    )
    snapshots = [replayed.snapshot, *([replayed.agents] if replayed.agents else [])]
    text = page.text(page.merge([(0, snapshot) for snapshot in snapshots]), pipeline)
    return replayed, text, tally.lines
