"""`contact-metrics report`: one page of the numbers of a file of events."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.moments import AsOf, EventsFile, too_early, written
from service.cli.options import ConfigFile, exit_on, load_or_exit
from service.cli.output import require_another

if TYPE_CHECKING:
    from datetime import datetime

    from service.cli.events_file import EventsOf
    from service.definitions import Definitions
    from service.exposition.report.contents import Contents, Taken, Telling
    from service.past.by_time import EventsByTime
    from service.past.walk import Walk
    from service.settings import Settings

#: The charts begin where all but so many of the events follow: one date typed wrong must not make
#: a hundred years of a month.
_STRAY = 0.001


def report(
    file: EventsFile,
    output: Annotated[Path, typer.Option(help="The HTML file to write.")],
    as_of: AsOf = None,
    config: ConfigFile = None,
) -> None:
    """Write one HTML page of the numbers of a file of events, with charts over its time."""
    from service.cli.events_file import EventsOf
    from service.exposition.report.page import html
    from service.past.by_time import EventsByTime

    gc.set_threshold(100_000, 50, 100)
    settings = load_or_exit(config)
    require_another(output, file)
    source = EventsOf(settings)
    with exit_on(OSError), EventsByTime() as events:
        source.take_in(file, events)
        page = html(_contents(settings, source, events, as_of))
        output.write_text(page, encoding="utf-8")
    typer.echo(f"Wrote {output}")


def _contents(
    settings: Settings, source: EventsOf, events: EventsByTime, as_of: datetime | None
) -> Contents:
    """The numbers at the moment asked for, and those before. Exits with 2 where it is too early."""
    from service.events.times import microseconds
    from service.exposition.report.contents import Contents, Telling
    from service.past.moments import ends_of_steps, step_for
    from service.past.walk import Walk
    from service.past.windows import most_telling
    from service.version import VERSION

    first, last = events.first(_STRAY), events.last
    now = last if as_of is None else microseconds(as_of)
    if now < last:
        raise too_early(last)
    definitions = _definitions(settings, now - first)
    step = step_for(now - first)
    moments = list(ends_of_steps(first, now, step, settings.timezone))
    told = Telling(definitions, ces_high_is_easy=settings.ces_high_is_easy)
    walk = Walk(definitions)
    for number, snapshots in enumerate(walk.at(moments, events), 1):
        told.add(snapshots)
        at = written(snapshots[0].clock)
        source.progress.say("{} of {} points, {}", number, len(moments), at)
    window, repeat = most_telling(definitions, now - first)
    return Contents(
        version=VERSION,
        timezone=settings.timezone,
        first=events.first() / 1e6,
        last=last / 1e6,
        now=now / 1e6,
        windows=told.summarist.windows,
        repeat_windows=told.summarist.repeat_windows,
        window=window,
        repeat=repeat,
        total=told.total(),
        channels=told.groups("channel"),
        queues=told.groups("queue"),
        reasons=told.groups("reason"),
        teams=told.teams(),
        agents=told.agents(settings.alerts.target_occupancy),
        past=told.past(step / 1e6, window),
        taken=_taken(told, walk, source),
    )


def _definitions(settings: Settings, span: int) -> Definitions:
    """Those of the configuration; where it names no windows, windows that suit the file.

    The whole file is a window, too.
    """
    from service.past.windows import suitable, whole

    definitions = settings.definitions()
    chosen = not settings.model_fields_set.isdisjoint({"windows", "calendar_windows"})
    windows = definitions.windows if chosen else suitable(span)
    return replace(definitions, windows=(*windows, whole(span)))


def _taken(told: Telling, walk: Walk, source: EventsOf) -> Taken:
    from collections import Counter

    from service.exposition.report.contents import Refusal, Taken

    results: Counter[str] = Counter()
    for (_, result), count in walk.events.items():
        results[result] += count
    left = Counter(told.counted("cx_pipeline_orphans_total"))
    waiting = Counter(told.counted("cx_pipeline_waiting_parts"))
    return Taken(
        accepted=results["accepted"],
        duplicates=results["duplicate"],
        too_late=results["too_late"],
        invalid=sum(source.lines.invalid.values()),
        refusals=[
            Refusal(topic, why, count, first)
            for (topic, why), (count, *first) in sorted(source.refusals.by_reason.items())
        ],
        without_start=dict(left + waiting),
        anomalies=told.counted("cx_pipeline_anomalies_total"),
        overflows={name: count for name, count in walk.overflows.items() if count},
    )
