"""`contact-metrics export`: the events of a Kafka, or its outcomes, as a file."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.moments import moment
from service.cli.options import ConfigFile, exit_on, load_or_exit
from service.cli.output import standard_output

if TYPE_CHECKING:
    from service.streaming.export import Exported


def export(
    since: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            parser=moment,
            metavar="TIME",
            show_default="the first record",
            help="Only records of this time or later: when they were published, not when what they"
            " tell of happened.",
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            "--to",
            parser=moment,
            metavar="TIME",
            show_default="the last record",
            help="Only records before this time.",
        ),
    ] = None,
    outcomes: Annotated[
        bool,
        typer.Option(
            "--outcomes",
            help="Write the topic of outcomes instead, one JSON record a line, as replay"
            " --outcomes does.",
        ),
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Write the events that the topics hold, as replay, report and backfill read them."""
    from service.cli.files import UnusableFileError, require_files
    from service.cli.progress import Progress
    from service.cli.wiring import kafka_config
    from service.events.times import microseconds
    from service.streaming.errors import StreamError
    from service.streaming.export import export as read

    if since is not None and until is not None and since >= until:
        raise typer.BadParameter("it has to be later than --from", param_hint="'--to'")

    def milliseconds(time: datetime | None) -> int | None:
        return None if time is None else microseconds(time) // 1000

    # What goes wrong is said below, in words; the client's own log would say it twice.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    settings = load_or_exit(config)
    topics = [settings.topics.outcomes] if outcomes else list(settings.event_topics().values())
    progress = Progress()

    def tell(so_far: Exported) -> None:
        share = so_far.read / (so_far.to_read or 1)
        progress.say("{:,} records written, {:.0%} read", so_far.records, share)

    with exit_on(StreamError, UnusableFileError), standard_output() as out:
        require_files(settings, "kafka")
        exported = asyncio.run(
            read(
                kafka_config(settings),
                topics,
                milliseconds(since),
                milliseconds(until),
                out.write,
                tell,
                bare=outcomes,
            )
        )
        _tell(exported)


def _tell(exported: Exported) -> None:
    typer.echo(f"{exported.records:,} records written", err=True)
    for topic, count in sorted(exported.no_json.items()):
        typer.echo(f"{count:,} records of {topic} are no JSON: their lines are refused", err=True)
    if exported.unfinished:
        typer.echo(
            "Not written, because a transaction is open there: the end of"
            f" {', '.join(exported.unfinished)}",
            err=True,
        )
