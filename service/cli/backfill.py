"""`contact-metrics backfill`: the past for Prometheus, from a file of events."""

from __future__ import annotations

import gc
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.moments import EventsFile, moment, written
from service.cli.options import WRONG_USAGE, ConfigFile, exit_on, load_or_exit
from service.cli.output import standard_output
from service.definitions import HOUR, SECOND, duration_text
from service.settings.durations import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.cli.progress import Progress
    from service.past.by_time import EventsByTime
    from service.settings import Settings
    from service.view.catalogue import Metric
    from service.view.snapshot import Family

#: What one block of Prometheus spans: a file each, so that promtool reads each file once.
_BLOCK = 2 * HOUR
#: A year by the minute is half of that.
_MOST_STEPS = 1_000_000


def _step(text: str) -> int:
    try:
        step = parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if step < SECOND or step % SECOND:
        raise typer.BadParameter("whole seconds are needed, such as 15s, 1m or 5m")
    return step


def backfill(
    file: EventsFile,
    step: Annotated[
        int,
        typer.Option(parser=_step, metavar="DURATION", help="From one page to the next."),
    ],
    since: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            parser=moment,
            metavar="TIME",
            show_default="the first event",
            help="The first page is of this time or of the next whole step.",
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            "--to",
            parser=moment,
            metavar="TIME",
            show_default="the last event",
            help="The last page is of this time or of the whole step before.",
        ),
    ] = None,
    series: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            show_default="all",
            help="Only metrics of such a name, as in 'cx_window_*'; can be given several times.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            show_default="standard output",
            help="A directory to write a file for every two hours into: promtool reads a file once"
            " for each block of two hours in it.",
        ),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Write the page of every step as OpenMetrics with timestamps, for promtool."""
    from service.cli.events_file import EventsOf
    from service.events.times import microseconds
    from service.past.by_time import EventsByTime

    # Nearly all that is made stays: there is little garbage to look for.
    gc.set_threshold(100_000, 50, 100)
    settings = load_or_exit(config)
    metrics = _chosen(series)
    source = EventsOf(settings)
    with exit_on(OSError), EventsByTime() as events:
        source.take_in(file, events)
        first = events.first() if since is None else microseconds(since)
        last = events.last if until is None else microseconds(until)
        moments = range(-(-first // step) * step, last + 1, step)
        if not moments:
            raise typer.BadParameter(
                f"no whole step of {duration_text(step)} lies between {written(first)} and"
                f" {written(last)}"
            )
        if len(moments) > _MOST_STEPS:
            typer.echo(
                f"From {written(first)} to {written(last)} there are {len(moments):,} steps of"
                f" {duration_text(step)}: give a later --from, or a longer --step",
                err=True,
            )
            raise typer.Exit(WRONG_USAGE)
        pages = _Pages(settings, metrics, source.progress)
        if output is None:
            pages.write(events, moments)
        else:
            output.mkdir(parents=True, exist_ok=True)
            pages.write_blocks(events, moments, output)
            typer.echo(f"Wrote {len(moments):,} pages into {output}")


def _chosen(patterns: list[str] | None) -> list[Metric]:
    from service.exposition.pipeline import PIPELINE_METRICS
    from service.view.catalogue import METRICS

    metrics = [*METRICS, *PIPELINE_METRICS]
    for pattern in patterns or ():
        if not any(fnmatchcase(metric.name, pattern) for metric in metrics):
            raise typer.BadParameter(
                f"no metric is named {pattern}: docs/metrics.md has all names",
                param_hint="'--series'",
            )
    return [
        metric
        for metric in metrics
        if patterns is None or any(fnmatchcase(metric.name, pattern) for pattern in patterns)
    ]


class _Pages:
    """Draws up the pages and writes them."""

    def __init__(self, settings: Settings, metrics: list[Metric], progress: Progress) -> None:
        from service.exposition.reports import MetricsPage
        from service.past.walk import Walk
        from service.store.settings_told import digest, written
        from service.version import VERSION

        definitions = settings.definitions()
        self._walk = Walk(definitions)
        self._definitions = digest(written(definitions))
        self._topics = tuple(settings.types_of_topics())
        self._page = MetricsPage(VERSION)
        self._metrics = metrics
        self._progress = progress

    def write(self, events: EventsByTime, moments: range) -> None:
        """All of them as one document, to standard output."""
        from service.exposition.past_text import PastPages

        with PastPages(self._metrics) as past, standard_output() as out:
            for at, families in self._drawn_up(events, moments):
                past.add(at, families)
            size = 0
            for piece in past.text():
                size += out.write(piece.encode())
                self._progress.say("{:,} MB written", size // 1_000_000)
            out.write(b"# EOF\n")

    def write_blocks(self, events: EventsByTime, moments: range, output: Path) -> None:
        """A document for every two hours."""
        from service.exposition.past_text import PastPages

        block = _BLOCK // SECOND
        drawn_up = self._drawn_up(events, moments)
        with PastPages(self._metrics) as past:
            for number, pages in groupby(drawn_up, key=lambda page: page[0] // block):
                past.clear()
                for at, families in pages:
                    past.add(at, families)
                name = written(number * _BLOCK)[:16].replace(":", "-")
                with (output / f"{name}.om").open("wb") as file:
                    file.writelines(piece.encode() for piece in past.text())
                    file.write(b"# EOF\n")

    def _drawn_up(
        self, events: EventsByTime, moments: range
    ) -> Iterator[tuple[int, dict[str, Family]]]:
        from service.exposition.pipeline import Pipeline

        for number, snapshots in enumerate(self._walk.at(moments, events)):
            pipeline = Pipeline(
                definitions=self._definitions,
                topics=self._topics,
                events=self._walk.events,
                overflows=self._walk.overflows,
            )
            self._progress.say(
                "{:,} of {:,} pages, {}", number, len(moments), written(snapshots[0].clock)
            )
            merged = self._page.merge([(0, snapshot) for snapshot in snapshots])
            yield snapshots[0].clock // SECOND, self._page.families(merged, pipeline)
