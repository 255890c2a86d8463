"""`contact-metrics bench`: the benchmarks, which the repository holds beside the service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.options import FAILED, WRONG_USAGE


def bench(
    kafka: Annotated[
        bool, typer.Option("--kafka", help="On Apache Kafka instead of the embedded broker.")
    ] = False,
    events: Annotated[int, typer.Option(min=5_000, help="Events each contender gets.")] = 200_000,
    rounds: Annotated[int, typer.Option(min=1, help="Runs of each contender.")] = 3,
    contacts: Annotated[int, typer.Option(min=20_000, help="Live contacts, where they count.")] = (
        1_000_000
    ),
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this: throughput, growth, latency, quiet, restore, changelog, replay,"
            " optional or profile; can be given several times.",
            show_default="all of them",
        ),
    ] = None,
    beside: Annotated[
        Path | None,
        typer.Option(
            help="A checkout of another commit, whose service is measured with the contenders.",
            exists=True,
            file_okay=False,
            resolve_path=True,
        ),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Only whether the service is as fast as the repository says."),
    ] = False,
    record: Annotated[
        bool, typer.Option("--record", help="With --quick: put the ratio into the repository.")
    ] = False,
) -> None:
    """Measure the service beside other stream processors, against its goals."""
    try:
        from bench.command import GOALS, run_bench
        from bench.measures import Plan
    except ModuleNotFoundError as error:
        # Kafka's own client is among the dependencies of development.
        if (error.name or "bench").partition(".")[0] not in ("bench", "confluent_kafka"):
            raise
        typer.echo(
            "The benchmarks are not part of the installed program: clone the repository and run"
            " make bench there, once",
            err=True,
        )
        raise typer.Exit(WRONG_USAGE) from None
    unknown = set(only or ()) - set(GOALS)
    if unknown:
        raise typer.BadParameter(f"choose from {', '.join(GOALS)}", param_hint="'--only'")
    plan = Plan(kafka, events, rounds, contacts, tuple(only or GOALS), beside)
    if not run_bench(plan, quick=quick, record=record):
        raise typer.Exit(FAILED)
