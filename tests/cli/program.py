"""The program as its users start it: a process with a terminal's signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

from tests.cli import forked
from tests.patience import PATIENCE_S

PROGRAM = (sys.executable, "-m", "service")
_NONE: Mapping[str, str] = MappingProxyType({})
_TOPICS = (
    "CONTACT_STARTED",
    "CONTACT_RESOLVED",
    "SURVEY_ANSWERED",
    "CHANGELOG",
    "DEAD_LETTERS",
    "GROUP_REGISTER",
)
_ROOT = Path(__file__).parents[2]


def installation(bootstrap: str, unique: Callable[[str], str]) -> dict[str, str]:
    """Settings of a service with a group and topics of its own, which it makes."""
    return {
        "KAFKA__BOOTSTRAP_SERVERS": bootstrap,
        "KAFKA__GROUP": unique("group"),
        "KAFKA__CREATE_TOPICS": "true",
        "KAFKA__PARTITIONS": "2",
        "KAFKA__REPLICATION_FACTOR": "1",
        # The embedded broker lets the first member of a group wait for half of it.
        "KAFKA__SESSION_TIMEOUT": "4s",
        "KAFKA__REBALANCE_TIMEOUT": "2s",
        "HTTP__HOST": "127.0.0.1",
        **{f"TOPICS__{kind}": unique(kind.lower()) for kind in _TOPICS},
    }


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without settings of ours, and then these."""
    own = {name: v for name, v in os.environ.items() if not name.startswith("CONTACT_METRICS_")}
    given = {f"CONTACT_METRICS_{name}": value for name, value in settings.items()}
    return {**own, "PYTHONPATH": str(_ROOT), **given}


def run(
    *arguments: str, cwd: Path, stdin: bytes = b"", settings: Mapping[str, str] = _NONE
) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command that ends by itself."""
    code, written, complained = forked.run(arguments, cwd, stdin, environment(settings), PATIENCE_S)
    output, errors = written.decode(), complained.decode()
    assert "Traceback" not in errors, errors
    return code, output, errors


class Program:
    """A command that goes on until it is told to stop."""

    def __init__(self, process: subprocess.Popen[str], output: Path) -> None:
        self.process = process
        self._output = output

    def said(self) -> str:
        """Everything on standard output and standard error so far."""
        # It may be in the midst of writing a letter.
        return self._output.read_text(errors="replace")

    def wait_for(self, text: str, seconds: float = PATIENCE_S) -> str:
        """What it said, as soon as that contains `text`."""
        deadline = time.monotonic() + seconds
        while text not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)
        return self.said()

    def wait_until_said(self, line: str, seconds: float = PATIENCE_S) -> None:
        """Until `line` is one of the lines it said, whether or not it still runs."""
        deadline = time.monotonic() + seconds
        while line not in self.said().splitlines():
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)

    def stop(self, number: signal.Signals) -> int:
        """Send the signal; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


@contextmanager
def running(
    *arguments: str,
    cwd: Path,
    settings: Mapping[str, str] = _NONE,
    descriptors: int | None = None,
) -> Iterator[Program]:
    """The command, killed at the end if it still runs; `descriptors` limits its open files."""
    output = cwd / "output"
    limited = (
        () if descriptors is None else ("sh", "-c", 'ulimit -n "$0"; exec "$@"', str(descriptors))
    )
    with output.open("w") as file:
        process = subprocess.Popen(
            [*limited, *PROGRAM, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=cwd,
            env={**environment(settings), "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
    try:
        yield Program(process, output)
    finally:
        if process.poll() is None:
            # With what it has started: nobody else would end a demo's broker, which is in a
            # session of its own.
            for pid in _with_descendants(process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()


def _with_descendants(pid: int) -> list[int]:
    """The process, and all that it and those have started; itself alone where there is no /proc."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            found += map(int, children.read_text().split())
    return found


def get(url: str) -> tuple[int, str]:
    """Status and body."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as response:  # noqa: S310 - loopback
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_until_ready(url: str, seconds: float = PATIENCE_S) -> None:
    """Until /readyz says so."""
    deadline = time.monotonic() + seconds
    answer: object = None
    while time.monotonic() < deadline:
        status, body = get(f"{url}/readyz")
        if status == 200:
            return
        answer = json.loads(body)
        time.sleep(0.1)
    raise AssertionError(f"not ready: {answer}")
