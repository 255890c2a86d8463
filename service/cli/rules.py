"""`contact-metrics rules`: the Prometheus rule files for this configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.options import WRONG_USAGE, ConfigFile, exit_on, load_or_exit


def rules(
    config: ConfigFile = None,
    output: Annotated[
        Path, typer.Option(help="Directory to write indexes.yml, totals.yml and alerts.yml into.")
    ] = Path("rules"),
) -> None:
    """Write Prometheus' recording rules, and alerts made from the configured objectives."""
    from service.alerting.burn_rates import UnreachableBurnRateError
    from service.alerting.files import rule_files

    settings = load_or_exit(config)
    try:
        files = rule_files(settings.definitions(), settings.alerts)
    except UnreachableBurnRateError as error:
        typer.echo(f"contact-metrics: {error}", err=True)
        raise typer.Exit(WRONG_USAGE) from None
    with exit_on(OSError):
        output.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (output / name).write_text(text, encoding="utf-8")
    typer.echo(f"Wrote {', '.join(files)} into {output}")
