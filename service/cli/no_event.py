"""A file of which nothing becomes an event: most likely the wrong one, or what wrote it failed."""

from __future__ import annotations

from typing import IO, Final

import typer

from service.cli.options import FAILED

#: What lines of a table are called.
ROWS: Final = "rows"


def tell_no_event(file: IO[bytes], count: int, what: str = "lines") -> None:
    """Says that none of the `count` lines is an event, or that there are none."""
    if count:
        told = f"None of the {count:,} {what} became an event: see above."
    else:
        name = "standard input" if file.name == "<stdin>" else file.name
        below = " below the line that names the columns" if what == ROWS else ""
        told = f"There is nothing in {name}{below}."
    typer.echo(f"contact-metrics: {told}", err=True)


def end_without_event(file: IO[bytes], count: int, what: str = "lines") -> None:
    """The same, and exit code 1 where there are lines; nothing is made of nothing, and rightly."""
    tell_no_event(file, count, what)
    if count:
        raise typer.Exit(FAILED)
