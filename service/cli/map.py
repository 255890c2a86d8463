"""`contact-metrics map`: what other systems publish, as events."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, cast

import typer

from service.cli.no_event import ROWS, end_without_event
from service.cli.options import FAILED, WRONG_USAGE, ConfigFile, FeedsFile, load_or_exit
from service.cli.output import STANDARD, refused, writing
from service.cli.tally import Tally
from service.settings import Settings

if TYPE_CHECKING:
    from service.feeds.lines import LineMapper
    from service.feeds.mapped import Emitted
    from service.feeds.mapper import Mapper


def map_(
    records: Annotated[
        Path | None,
        typer.Option(
            "--in",
            metavar="FILE",
            show_default="the feeds' topics on Kafka, until SIGTERM or Ctrl-C",
            help='Records, one {"topic": "...", "timestamp": ..., "key": ..., "headers": ...,'
            ' "value": ...} a line; - is standard input. Nothing is read from Kafka then.',
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Rows below a line that names the columns; - is standard input. Each row is"
            " offered to every feed.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default="standard output",
            help="Events of --in or --csv, as replay reads them.",
        ),
    ] = None,
    feeds: FeedsFile = None,
    delimiter: Annotated[
        str | None,
        typer.Option(
            show_default="the header's most frequent of , ; tab |", help="Between columns (--csv)."
        ),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option(
            show_default="that of the byte order mark, else utf-8",
            help="Encoding of the rows (--csv), such as cp1252.",
        ),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Make events of what other systems publish, by the feeds of the configuration.

    From Kafka to Kafka, unless a file is given.
    """
    settings = load_or_exit(config, feeds)
    if records is not None and csv is not None:
        raise typer.BadParameter("give --in or --csv, not both")
    if csv is None and (delimiter or encoding):
        raise typer.BadParameter("--delimiter and --encoding are for --csv")
    if records is None and csv is None and out is not None:
        raise typer.BadParameter(
            "--out is for --in or --csv: from Kafka, events go to the topics of their types"
        )
    mapper = feeds_or_exit(settings, need_topics=csv is None)
    if csv is not None:
        _map_rows(settings, mapper, csv, out or STANDARD, delimiter, encoding)
    elif records is not None:
        _map_lines(settings, mapper, records, out or STANDARD)
    else:
        from service.cli.mapping import map_topics

        _registry_or_exit(settings, mapper)
        map_topics(settings, mapper)


def feeds_or_exit(settings: Settings, *, need_topics: bool) -> Mapper:
    """The feeds, compiled; without any, or with a wrong one, a message and exit code 2."""
    from service.feeds.errors import FeedError
    from service.feeds.ready_made import ready_names
    from service.settings.feed_groups import feed_mapper

    mapper = feed_mapper(settings)
    if not mapper.feeds:
        ready = ", ".join(ready_names()) or "none"
        typer.echo(
            "There is no feed: write [feeds.NAME] tables, or use = [...] under [feeds]"
            f" (ready-made: {ready})",
            err=True,
        )
        raise typer.Exit(WRONG_USAGE)
    try:
        if need_topics:
            mapper.require_topics()
    except FeedError as error:
        typer.echo("The configuration is wrong:", err=True)
        for place, what in error.mistakes:
            typer.echo(f"  feeds.{'.'.join(place)}: {what}", err=True)
        raise typer.Exit(WRONG_USAGE) from None
    return mapper


def _registry_or_exit(settings: Settings, mapper: Mapper) -> None:
    # Lines of a file bring their schemas along; on Kafka only a registry has them.
    if mapper.of_avro and settings.registry.url is None:
        names = ", ".join(mapper.of_avro)
        typer.echo(
            f"Avro is read by the schemas of a registry: set registry.url (feeds of Avro: {names})",
            err=True,
        )
        raise typer.Exit(WRONG_USAGE)


def _map_lines(settings: Settings, mapper: Mapper, source: Path, out: Path) -> None:
    from service.feeds.lines import LineMapper, event_line

    lines = LineMapper(mapper, time.time_ns() // 1000)
    topics = settings.all_topics()
    tally = Tally()
    with reading(source) as file, writing(out, file) as output:
        for emitted in mapped_lines(lines, file, tally):
            output.write(event_line(emitted, topics))
        _end(settings, tally, file)


def mapped_lines(lines: LineMapper, file: Iterable[bytes], tally: Tally) -> Iterator[Emitted]:
    """The events that come of the records of a file; what became of each is in the tally."""
    from service.events.mark import without_mark
    from service.feeds.lines import read_line
    from service.feeds.refusal import Unmappable

    for number, line in enumerate(without_mark(file), 1):
        if not line.strip():
            continue
        try:
            mapped = lines.map(line)
        except Unmappable as why:
            tally.add_bad(number, why.reason, f"{why.reason}: {why.detail}")
            continue
        if mapped is None:
            tally.add_without_feed(read_line(line).record.topic)
            continue
        tally.add(number, mapped)
        yield from mapped.emitted


def _map_rows(
    settings: Settings,
    mapper: Mapper,
    source: Path,
    out: Path,
    delimiter: str | None,
    encoding: str | None,
) -> None:
    from service.cli.text_files import UnknownEncodingError, text_of
    from service.feeds.lines import event_line
    from service.feeds.record import ForeignRecord
    from service.feeds.rows import BadHeader, rows

    if delimiter is not None and len(delimiter := delimiter.replace("\\t", "\t")) != 1:
        raise typer.BadParameter("--delimiter is one character; \\t is the tabulator")
    of_a_row = ForeignRecord("", 0, None, (), None)
    wall_us = time.time_ns() // 1000
    topics = settings.all_topics()
    tally = Tally(ROWS)
    try:
        with reading(source) as file, writing(out, file) as output:
            for row in rows(text_of(file, encoding), delimiter):
                if row.problem is not None:
                    tally.add_bad(row.number, "bad_row", row.problem)
                    continue
                mapped = mapper.map_tree(of_a_row, row.cells, wall_us)
                tally.add(row.number, mapped)
                for emitted in mapped.emitted:
                    output.write(event_line(emitted, topics))
            _end(settings, tally, file)
    except (BadHeader, UnknownEncodingError) as error:
        typer.echo(f"{source}: {error}", err=True)
        raise typer.Exit(WRONG_USAGE) from None
    except UnicodeDecodeError:
        typer.echo(f"{source}: it is not of that encoding: see --encoding", err=True)
        raise typer.Exit(FAILED) from None


def _end(settings: Settings, tally: Tally, source: IO[bytes]) -> None:
    tally.tell(settings)
    if not tally.events:
        end_without_event(source, tally.lines, tally.what)


@contextmanager
def reading(path: Path) -> Iterator[io.BufferedReader]:
    """The file, or standard input for `-`; with one that cannot be read, exit code 2."""
    if path == STANDARD:
        yield cast("io.BufferedReader", sys.stdin.buffer)
        return
    with refused(path, "read"):
        file = path.open("rb")
    with file:
        yield file
