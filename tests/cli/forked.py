"""Commands in processes that have imported the program already.

To import it takes a processor half a second, or a whole one where a command needs Kafka, and some
hundreds of tests look at what a command says and no more. Their processes are forked from one that
has done so; from there on all is as it is for a user: a working directory, an environment, standard
streams and an end of its own.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_STREAMS: Final = ("stdin", "stdout", "stderr")
#: What commands import as they begin.
IMPORTED: Final = (
    *("service.cli.app", "service.cli.wiring", "service.cli.serving", "service.cli.foreign"),
    *("service.replay", "service.past.walk", "service.feeds.ready_made"),
    *("service.exposition.reports", "service.exposition.report.contents"),
    *("service.streaming.service", "service.simulate.publisher", "service.receiving.server"),
)
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(list(IMPORTED))


def run(
    arguments: Sequence[str], cwd: Path, stdin: bytes, environment: Mapping[str, str], wait: float
) -> tuple[int, bytes, bytes]:
    """Exit code, standard output and standard error; raises subprocess.TimeoutExpired."""
    with TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in _STREAMS]
        for file in files:
            file.write_bytes(stdin if file.name == "stdin" else b"")
        process = _FORKS.Process(target=_command, args=(arguments, cwd, files, dict(environment)))
        process.start()
        process.join(wait)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(list(arguments), wait)
        _, output, errors = files
        return process.exitcode, output.read_bytes(), errors.read_bytes()


def _command(
    arguments: Sequence[str], cwd: Path, files: Sequence[Path], environment: Mapping[str, str]
) -> None:
    for number, file in enumerate(files):
        opened = os.open(file, os.O_RDWR)
        os.dup2(opened, number)
        os.close(opened)
    # A forked process has no input by itself; this is how a started one makes its own.
    raw = io.FileIO(0, closefd=False)
    raw.name = "<stdin>"
    sys.stdin = io.TextIOWrapper(io.BufferedReader(raw), encoding="utf-8")
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    sys.argv = ["contact-metrics", *arguments]
    from service.cli import main
    from service.streaming import diagnosis

    # A broker that answers has the time for it; one that does not is waited for in some tests.
    diagnosis._PATIENCE_SECONDS = diagnosis._PROBE_SECONDS = 20.0  # type: ignore[misc]
    main()
