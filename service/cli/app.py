"""All commands in one program."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.backfill import backfill
from service.cli.bench import bench
from service.cli.check import check
from service.cli.command import Command
from service.cli.demo import demo
from service.cli.export import export
from service.cli.health import health
from service.cli.map import map_
from service.cli.receive import receive
from service.cli.replay import replay
from service.cli.report import report
from service.cli.rules import rules
from service.cli.run import run
from service.cli.simulate import simulate

app = typer.Typer(
    name="contact-metrics",
    no_args_is_help=True,
    add_completion=False,
    # A traceback's local variables would show events.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    *(run, demo, simulate, replay, report, backfill, export),
    *(receive, check, health, rules, bench),
):
    app.command(cls=Command)(command)
app.command("map", cls=Command)(map_)


def _show_version(wanted: bool) -> None:
    if wanted:
        from service.version import VERSION

        typer.echo(f"contact-metrics {VERSION}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Exact, live customer-service KPIs from Kafka events, as Prometheus metrics."""


def main() -> None:
    """Run the command that the arguments name."""
    app(prog_name="contact-metrics")
