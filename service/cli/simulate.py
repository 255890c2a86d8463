"""`contact-metrics simulate`: a simulated contact centre, to a broker or to standard output."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import inf
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.options import ConfigFile, exit_on, load_or_exit
from service.cli.output import standard_output
from service.definitions import HOUR, MINUTE
from service.settings import Settings
from service.settings.durations import parse_duration

if TYPE_CHECKING:
    from service.simulate.pacing import Pacing
    from service.simulate.plan import Plan
    from service.simulate.publication import Topics
    from service.simulate.publisher import Progress
    from service.streaming.config import KafkaConfig

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REPORT_SECONDS = 10
_OUTAGE_AFTER = 10 * MINUTE


class Scenario(StrEnum):
    """What happens in the simulated centre."""

    NORMAL = "normal"
    OUTAGE = "outage"


def _duration(value: str | int) -> int:
    if isinstance(value, int):  # a default, which Typer brings here too
        return value
    try:
        return parse_duration(value)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _moment(text: str) -> int:
    """µs since the epoch of an RFC 3339 time, or of so long ago."""
    from service.simulate.pacing import wall_clock

    try:
        return wall_clock() - parse_duration(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter(
            "a time with an offset (2026-03-01T12:00:00Z) is needed, or how long ago (2h)"
        )
    return (moment - _EPOCH) // timedelta(microseconds=1)


def simulate(
    config: ConfigFile = None,
    rate: Annotated[
        float,
        typer.Option(min=1, max=1_000_000, help="Contacts an hour, averaged over a week."),
    ] = 1200,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal centres.")] = 1,
    start: Annotated[
        int | None,
        typer.Option(
            parser=_moment,
            metavar="TIME|AGO",
            show_default="now",
            help="When the run starts: a time with an offset, or how long ago (2h). What lies in"
            " the past is published at once, or as --speed-up says.",
        ),
    ] = None,
    history: Annotated[
        int,
        typer.Option(
            parser=_duration,
            metavar="DURATION",
            show_default="none",
            help="Begin so long before the start; this is always published at once.",
        ),
    ] = 0,
    duration: Annotated[
        int | None,
        typer.Option(
            parser=_duration,
            metavar="DURATION",
            show_default="without end",
            help="Simulated time from the start to the end.",
        ),
    ] = None,
    speed_up: Annotated[
        float | None,
        typer.Option(
            min=1,
            help="Simulated seconds in a second, while the past lasts; then it goes on live.",
        ),
    ] = None,
    scenario: Annotated[
        Scenario, typer.Option(help="outage: for 20 minutes no agent answers.")
    ] = Scenario.NORMAL,
    outage_after: Annotated[
        int | None,
        typer.Option(
            parser=_duration,
            metavar="DURATION",
            show_default="10m",
            help="When the outage begins, counted from the start.",
        ),
    ] = None,
    disorder: Annotated[
        int,
        typer.Option(
            parser=_duration,
            metavar="DURATION",
            show_default="none",
            help="Events are delayed by up to so long.",
        ),
    ] = 0,
    duplicates: Annotated[
        float, typer.Option(min=0, max=1, help="Share of events published twice.")
    ] = 0.0,
    bad: Annotated[
        float, typer.Option(min=0, max=1, help="Bad events for each good one, in addition.")
    ] = 0.0,
    stdout: Annotated[
        bool,
        typer.Option(
            "--stdout",
            help="Write the events at once to standard output, as contact-metrics replay reads"
            " them, instead of publishing. Without --start the run ends now.",
        ),
    ] = False,
) -> None:
    """Publish a simulated contact centre to the configured broker."""
    from service.simulate.pacing import Pacing, wall_clock
    from service.simulate.plan import Faults, Outage, Plan

    settings = load_or_exit(config)
    if duration == 0:
        raise typer.BadParameter("nothing happens in no time", param_hint="'--duration'")
    if scenario is Scenario.NORMAL and outage_after is not None:
        raise typer.BadParameter(
            "there is no outage: give --scenario outage too", param_hint="'--outage-after'"
        )
    outage_after = _OUTAGE_AFTER if outage_after is None else outage_after
    if scenario is Scenario.OUTAGE and duration is not None and outage_after >= duration:
        raise typer.BadParameter(
            "the run ends before: give a longer --duration, or an earlier outage",
            param_hint="'--outage-after'",
        )
    now = wall_clock()
    if start is None:
        start = now - (duration or HOUR if stdout else 0)
    if stdout:
        duration = duration or HOUR
    elif start > now:
        raise typer.BadParameter(
            "this is in the future, and nothing is published ahead of time", param_hint="'--start'"
        )
    if speed_up is not None and stdout:
        raise typer.BadParameter(
            "--stdout writes all of it at once: leave one of the two out",
            param_hint="'--speed-up'",
        )
    if speed_up is not None and start == now:
        raise typer.BadParameter(
            "it is for publishing the past: give --start too, such as --start 2h",
            param_hint="'--speed-up'",
        )
    plan = Plan(
        seed=seed,
        start=start - history,
        rate=rate,
        duration=None if duration is None else history + duration,
        outage=Outage(start + outage_after) if scenario is Scenario.OUTAGE else None,
        contact_responded=settings.contact_responded,
        contact_updated=settings.contact_updated,
        contact_evaluated=settings.contact_evaluated,
        customer_changed=settings.customer_changed,
        agents=settings.agents,
        faults=Faults(disorder, duplicates, bad),
    )
    if stdout:
        _write(plan, settings)
    else:
        _publish(plan, Pacing(start, inf if speed_up is None else speed_up), settings)


def _write(plan: Plan, settings: Settings) -> None:
    from service.simulate.generator import simulate as events
    from service.simulate.publication import ndjson_line

    topics = _topics(settings)
    with standard_output() as out:
        for item in events(plan):
            out.write(ndjson_line(item, topics[item.type]))


def _topics(settings: Settings) -> Topics:
    topics: dict[Any, str] = dict(settings.event_topics())
    return topics | dict(settings.agent_topics())


def _publish(plan: Plan, pacing: Pacing, settings: Settings) -> None:
    from service.cli.files import UnusableFileError, require_files
    from service.cli.wiring import kafka_config
    from service.simulate.publisher import PublishingError, UnreachableError
    from service.streaming.diagnosis import why_unreachable
    from service.streaming.errors import StreamError

    # What goes wrong is said once, by PublishingError.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    report = _Report()
    with exit_on(PublishingError, StreamError, UnusableFileError):
        require_files(settings, "kafka")
        config = kafka_config(settings)
        reached = True
        try:
            asyncio.run(_until_stopped(plan, pacing, config, settings, report))
        except UnreachableError:
            reached = False
        if not reached:
            # Not while that error is handled: Python would take it for the cause of what is found.
            raise PublishingError(asyncio.run(why_unreachable(config)))
    report.last()


async def _until_stopped(
    plan: Plan,
    pacing: Pacing,
    config: KafkaConfig,
    settings: Settings,
    report: _Report,
) -> None:
    from service.simulate.publisher import publish
    from service.streaming.bootstrap import look_round

    await look_round(config)
    connection = config.client_settings()
    publishing = asyncio.ensure_future(publish(plan, pacing, connection, _topics(settings), report))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, publishing.cancel)
    try:
        report(await publishing)
    except asyncio.CancelledError:
        typer.echo("stopped", err=True)


class _Report:
    """Progress on standard error: when it goes live, and every ten seconds."""

    def __init__(self) -> None:
        self._latest: Progress | None = None
        self._told_at = 0.0
        self._told_live = False

    def __call__(self, progress: Progress) -> None:
        self._latest = progress
        due = time.monotonic() >= self._told_at + _REPORT_SECONDS
        if due or progress.live != self._told_live:
            self._told_at = time.monotonic()
            self._told_live = progress.live
            self._tell(progress)

    def last(self) -> None:
        """How far it came."""
        if self._latest is not None:
            self._tell(self._latest)

    def _tell(self, progress: Progress) -> None:
        reached = _EPOCH + timedelta(microseconds=progress.at)
        typer.echo(
            f"{progress.published} events published, simulated time"
            f" {reached:%Y-%m-%d %H:%M:%S}Z{', live' if progress.live else ''}",
            err=True,
        )
