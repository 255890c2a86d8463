"""What commands write into: a file, or standard output, which its reader may close at any time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO, Final

import typer

from service.cli.options import WRONG_USAGE

#: Standard input or output, where a file is named.
STANDARD: Final = Path("-")


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Bytes to it; ends what is done in here without a word once nobody reads on."""
    out = sys.stdout.buffer
    try:
        yield out
        out.flush()
    except BrokenPipeError:
        # Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def writing(path: Path, source: IO[bytes]) -> Iterator[IO[bytes]]:
    """The file, or standard output for `-`, for what comes of `source`; else exit code 2."""
    if path == STANDARD:
        with standard_output() as out:
            yield out
        return
    require_another(path, source)
    with refused(path, "written"):
        file = path.open("wb")
    with file:
        yield file


@contextmanager
def refused(path: Path, done: str) -> Iterator[None]:
    """Exit code 2 where the file cannot be `read` or `written`, and why."""
    try:
        yield
    except OSError as error:
        typer.echo(f"contact-metrics: {path} cannot be {done}: {error.strerror}", err=True)
        raise typer.Exit(WRONG_USAGE) from None


def require_another(path: Path, source: IO[bytes]) -> None:
    """Exit code 2 where the file to write is the one that is read: nothing would be left of it."""
    # Neither a file that is not there nor a source that is none can be the same.
    with suppress(OSError):
        if path.is_file() and os.path.samestat(path.stat(), os.fstat(source.fileno())):
            typer.echo(
                f"contact-metrics: {path} is the file that is read: name another one to write",
                err=True,
            )
            raise typer.Exit(WRONG_USAGE)
