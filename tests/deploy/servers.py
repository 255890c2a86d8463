"""Starts the programs that these tests look at, on free loopback ports."""

from __future__ import annotations

import shutil
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@contextmanager
def started(command: Sequence[str], ready: str, folder: Path) -> Iterator[None]:
    """`command` running, from when `ready` answers with 200; its output is in folder/log."""
    if shutil.which(command[0]) is None:
        pytest.fail(f"{command[0]} is missing; `make tools` installs it")
    log = folder / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder) as process,
    ):
        try:
            _until(ready, process, time.monotonic() + PATIENCE_S, log)
            yield
        finally:
            process.terminate()
            try:
                # Who is killed ends nothing of its own: the demo's broker would go on.
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def _until(ready: str, process: subprocess.Popen[bytes], deadline: float, log: Path) -> None:
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(ready, timeout=60) as answer:  # noqa: S310 - loopback
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"{ready} does not answer:\n{log.read_text(errors='replace')[-3000:]}")
