"""What several commands have in common: their options, and how they end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from service.settings import Settings, SettingsError, load_settings
from service.settings.environment import variable_name

WRONG_USAGE = 2
FAILED = 1

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        envvar=variable_name(["config"]),
        show_default="contact-metrics.toml here, if there is one",
        help="The configuration, a TOML file; the environment (CONTACT_METRICS_...) wins over it.",
    ),
]


FeedsFile = Annotated[
    Path | None,
    typer.Option(
        "--feeds",
        help="A TOML file with feeds; what is in it goes before the configuration.",
    ),
]


def load_or_exit(config: Path | None, feeds: Path | None = None) -> Settings:
    """The settings; with a wrong one, its message and exit code 2."""
    try:
        return load_settings(config, feeds)
    except SettingsError as error:
        typer.echo("The configuration is wrong:", err=True)
        for mistake in error.mistakes:
            typer.echo(f"  {mistake}", err=True)
        raise typer.Exit(WRONG_USAGE) from None


@contextmanager
def exit_on(*errors: type[Exception]) -> Iterator[None]:
    """Turn errors that explain themselves into their message and exit code 1, no traceback."""
    try:
        yield
    except errors as error:
        typer.echo(f"contact-metrics: {_in_words(error)}", err=True)
        raise typer.Exit(FAILED) from None


def _in_words(error: Exception) -> str:
    """Python tells the number of an error of a file, and not that it is one."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename} cannot be used: {error.strerror}"
    return str(error)
