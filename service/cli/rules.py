"""`contact-metrics rules`: the Prometheus rule files for this configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.options import FAILED, ConfigFile, load_or_exit


def _unwritable(path: Path, error: OSError) -> typer.Exit:
    typer.echo(
        f"contact-metrics: {path} cannot be written: {error.strerror}. Name another directory with"
        " --output, or mend the rights on this one",
        err=True,
    )
    return typer.Exit(FAILED)


def rules(
    config: ConfigFile = None,
    output: Annotated[
        Path, typer.Option(help="Directory to write indexes.yml, totals.yml and alerts.yml into.")
    ] = Path("rules"),
) -> None:
    """Write Prometheus' recording rules, and alerts made from the configured objectives."""
    from service.alerting.files import rule_files

    settings = load_or_exit(config)
    names = settings.agent_topics().values()
    files = rule_files(settings.definitions(), settings.alerts, tuple(names))
    try:
        output.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise typer.BadParameter(
            f"{output} is, or lies below, a file: name a directory", param_hint="'--output'"
        ) from None
    except OSError as error:
        raise _unwritable(output, error) from None
    for name, text in files.items():
        try:
            (output / name).write_text(text, encoding="utf-8")
        except OSError as error:
            raise _unwritable(output / name, error) from None
    typer.echo(f"Wrote {', '.join(files)} into {output}")
    if "://" not in settings.alerts.runbooks:
        typer.echo(
            f"Alerts link to {settings.alerts.runbooks}, which a browser does not find: set"
            " alerts.runbooks to the address at which you publish docs/runbooks",
            err=True,
        )
