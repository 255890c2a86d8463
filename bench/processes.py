"""The processes that are measured: each alone on its core, each with its own answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.machine import cores
from service.embedded_broker import LOOPBACK, free_port

ROOT = Path(__file__).parents[1]
_STOP_SECONDS = 60.0
_LOOK_SECONDS = 0.01


class FailedError(Exception):
    """A measured process did not do what it is there for."""


def start(
    command: Sequence[str],
    core: set[int] | None = None,
    settings: Mapping[str, str] | None = None,
    stderr: int | Any = subprocess.DEVNULL,
) -> subprocess.Popen[str]:
    """A process on its core, whose standard output we read; `settings` are of its environment."""
    places = ",".join(map(str, cores()[1] if core is None else core))
    return subprocess.Popen(
        ["taskset", "--cpu-list", places, *command],
        cwd=ROOT,
        env={**os.environ, **(settings or {}), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def answer_of(command: Sequence[str], seconds: float) -> dict[str, Any]:
    """The JSON that a program prints last. Raises FailedError."""
    name = " ".join(command[-5:])
    process = start(command, stderr=subprocess.PIPE)
    try:
        out, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise FailedError(f"{name} took more than {seconds:.0f} s") from None
    answers = [line for line in out.splitlines() if line.startswith("{")]
    if not answers:
        raise FailedError(f"{name} printed no result: {errors[-2000:]}")
    found: dict[str, Any] = json.loads(answers[-1])
    return found


class Service:
    """One worker under watch; `told` is what it has said so far."""

    def __init__(self, process: subprocess.Popen[str], port: int, log: Any) -> None:
        self.port = port
        self.pid = process.pid
        self.told: list[dict[str, Any]] = []
        self._process = process
        self._log = log
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._listening.is_alive()

    def says(self, what: str) -> dict[str, Any]:
        """Wait for the line about `what`. Raises FailedError when it ends instead."""
        while True:
            ended = not self.runs
            for line in list(self.told):
                if what in line:
                    return line
            if ended:
                self._log.seek(0)
                last_words = self._log.read()[-3000:]
                raise FailedError(f"the service ended before it was {what}: {last_words}")
            time.sleep(_LOOK_SECONDS)

    def logged(self, event: str) -> dict[str, Any]:
        """The line of its log about `event`."""
        self._log.seek(0)
        lines = [json.loads(line) for line in self._log if line.startswith("{")]
        return next(line for line in lines if line["event"] == event)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listening.join()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                self.told.append(json.loads(line))


@contextmanager
def service(
    bootstrap: str,
    events: int,
    *,
    group: str,
    core: set[int] | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Service]:
    """`contact-metrics run` with its defaults, but for the broker; stopped at the end."""
    port = free_port()
    environment = {
        "CONTACT_METRICS_KAFKA__BOOTSTRAP_SERVERS": bootstrap,
        "CONTACT_METRICS_KAFKA__GROUP": group,
        "CONTACT_METRICS_KAFKA__CREATE_TOPICS": "true",
        "CONTACT_METRICS_KAFKA__PARTITIONS": "4",
        "CONTACT_METRICS_KAFKA__REPLICATION_FACTOR": "1",
        # The embedded broker waits half of it before a group begins.
        "CONTACT_METRICS_KAFKA__REBALANCE_TIMEOUT": "2s",
        "CONTACT_METRICS_KAFKA__SESSION_TIMEOUT": "10s",
        "CONTACT_METRICS_TOPICS__CHANGELOG": f"changelog-{group}",
        "CONTACT_METRICS_HTTP__HOST": LOOPBACK,
        "CONTACT_METRICS_HTTP__PORT": str(port),
        "CONTACT_METRICS_LOG__FORMAT": "json",
        **(settings or {}),
    }
    command = [sys.executable, "-m", "bench.watched_service", str(events)]
    with tempfile.TemporaryFile("w+") as log:
        worker = Service(start(command, core, environment, stderr=log), port, log)
        try:
            yield worker
        finally:
            worker.stop()
