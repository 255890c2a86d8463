"""`contact-metrics rules`: the Prometheus rule files for this configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.settings import SettingsError, load_settings


def rules(
    config: Annotated[Path | None, typer.Option(help="The configuration file.")] = None,
    output: Annotated[
        Path, typer.Option(help="Directory to write indexes.yml, totals.yml and alerts.yml into.")
    ] = Path("rules"),
) -> None:
    """Write Prometheus recording rules, and alerts made from the configured objectives."""
    from service.alerting.burn_rates import UnreachableBurnRateError
    from service.alerting.files import rule_files

    try:
        settings = load_settings(config)
        files = rule_files(settings.definitions(), settings.alerts)
    except (SettingsError, UnreachableBurnRateError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (output / name).write_text(text, encoding="utf-8")
    except OSError as error:
        typer.echo(f"Cannot write into {output}: {error.strerror}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"Wrote {', '.join(files)} into {output}")
