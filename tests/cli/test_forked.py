"""A forked command is what a started one is."""

from __future__ import annotations

import os
import subprocess
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.cli import forked
from tests.cli.program import PROGRAM, environment, run
from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        pytest.param(("replay", "-"), b'\xef\xbb\xbf{"topic": "x"}\n', id="it reads and complains"),
        pytest.param(("replay", "-"), b"", id="it has nothing to read"),
        pytest.param(("replay", "nowhere"), b"", id="it is used wrongly"),
        pytest.param(("check",), b"", id="it is configured by a variable"),
        pytest.param(("rules",), b"", id="it writes much"),
    ],
)
def test_it_says_and_ends_as_if_it_had_been_started(
    arguments: tuple[str, ...], stdin: bytes, tmp_path: Path
) -> None:
    settings = {"WINDOWS": "[]"} if arguments == ("check",) else {}
    started = subprocess.run(
        [*PROGRAM, *arguments],
        input=stdin,
        capture_output=True,
        cwd=tmp_path,
        env=environment(settings),
        timeout=PATIENCE_S,
    )
    code, output, errors = run(*arguments, cwd=tmp_path, stdin=stdin, settings=settings)
    assert output == started.stdout.decode()
    assert errors == started.stderr.decode()
    assert code == started.returncode


def test_one_that_does_not_end_is_ended(tmp_path: Path) -> None:
    # Nobody ever writes into it.
    os.mkfifo(tmp_path / "events")
    with pytest.raises(subprocess.TimeoutExpired):
        forked.run(("replay", "events"), tmp_path, b"", environment({}), wait=0.5)


@pytest.mark.parametrize("name", forked.IMPORTED)
def test_what_is_imported_beforehand_is_there(name: str) -> None:
    assert find_spec(name) is not None
