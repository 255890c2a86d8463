"""Times as the command line has them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from service.cli.options import WRONG_USAGE

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Nobody asks for a later one; calendars end there.
_LATEST_YEAR = 2199


def moment(text: str) -> datetime:
    """An RFC 3339 time with an offset."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise typer.BadParameter("a time with an offset is needed, such as 2026-03-01T12:00:00Z")
    if read.year > _LATEST_YEAR:
        raise typer.BadParameter(f"a time of the year {_LATEST_YEAR} or before is needed")
    return read


def written(microseconds: int) -> str:
    """A time as :func:`moment` reads it."""
    return (_EPOCH + timedelta(microseconds=microseconds)).isoformat()


def too_early(latest: int) -> typer.Exit:
    """Says that `--as-of` is before the largest event time; what to raise."""
    typer.echo(
        f"--as-of is before the largest event time, {written(latest)}:"
        " give that time or a later one",
        err=True,
    )
    return typer.Exit(WRONG_USAGE)


AsOf = Annotated[
    datetime | None,
    typer.Option(
        parser=moment,
        metavar="TIME",
        show_default="the largest event time",
        help="Where the clock stands at the end.",
    ),
]
EventsFile = Annotated[
    typer.FileBinaryRead,
    typer.Argument(
        help='Events, one {"topic": "...", "value": {...}} a line; - is standard input.'
    ),
]
