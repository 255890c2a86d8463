"""The processes that are measured: each alone on its core, each with its own answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Self, TypeVar

from bench.machine import MEASURED
from bench.workload import PARTITIONS
from service.embedded_broker import LOOPBACK, free_port

ROOT = Path(__file__).parents[1]
_STOP_SECONDS = 60.0
_LOOK_SECONDS = 0.01
_ON_ITS_CORE = ("taskset", "--cpu-list", str(MEASURED))
_Found = TypeVar("_Found")


class FailedError(Exception):
    """A measured process did not do what it is there for."""


def alone(work: Callable[..., _Found], *arguments: object) -> _Found:
    """What a function returns in a process of its own, on the core of those who are measured."""
    with get_context("spawn").Pool(1, os.sched_setaffinity, (0, {MEASURED})) as pool:
        return pool.apply(work, arguments)


def answer_of(command: Sequence[str], seconds: float) -> dict[str, Any]:
    """The JSON that a program prints last. Raises FailedError, or what subprocess.run raises."""
    ended = subprocess.run(
        [*_ON_ITS_CORE, *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    try:
        found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        name = " ".join(command[-5:])
        raise FailedError(f"{name} printed no result: {ended.stderr[-2000:]}") from None
    return found


class Service:
    """`contact-metrics run` with its defaults, but for the broker: ready within the context.

    With `events` it is watched until so many are done, which costs it a little. `told` is what it
    has said so far, and logged.
    """

    def __init__(
        self,
        bootstrap: str,
        events: int | None = None,
        *,
        group: str,
        settings: Mapping[str, str] | None = None,
        checkout: Path = ROOT,
    ) -> None:
        self.port = free_port()
        self.told: list[dict[str, Any]] = []
        environment = {
            "PYTHONPATH": str(checkout),
            "CONTACT_METRICS_KAFKA__BOOTSTRAP_SERVERS": bootstrap,
            "CONTACT_METRICS_KAFKA__GROUP": group,
            "CONTACT_METRICS_KAFKA__CREATE_TOPICS": "true",
            "CONTACT_METRICS_KAFKA__PARTITIONS": str(PARTITIONS),
            "CONTACT_METRICS_KAFKA__REPLICATION_FACTOR": "1",
            # The embedded broker waits half of it before a group begins.
            "CONTACT_METRICS_KAFKA__REBALANCE_TIMEOUT": "2s",
            "CONTACT_METRICS_KAFKA__SESSION_TIMEOUT": "10s",
            "CONTACT_METRICS_TOPICS__CHANGELOG": f"changelog-{group}",
            "CONTACT_METRICS_HTTP__HOST": LOOPBACK,
            "CONTACT_METRICS_HTTP__PORT": str(self.port),
            "CONTACT_METRICS_LOG__FORMAT": "json",
        }
        # -P: none of the bench's own files hides a module of that name.
        watched = ["-P", str(ROOT / "bench" / "watched_service.py"), str(events)]
        self._process = subprocess.Popen(
            [*_ON_ITS_CORE, sys.executable, *(watched if events else ["-m", "service", "run"])],
            cwd=ROOT,
            env={**os.environ, **environment, **(settings or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.pid = self._process.pid
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def __enter__(self) -> Self:
        try:
            self.says("partitions ready")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listening.join()

    def says(self, what: str) -> dict[str, Any]:
        """Wait for the line about it, or the event of the log; FailedError if it ends instead."""
        while True:
            ended = not self._listening.is_alive()
            for line in list(self.told):
                if what in line or line.get("event") == what:
                    return line
            if ended:
                raise FailedError(f"the service ended before it said {what}: {self.told[-30:]}")
            time.sleep(_LOOK_SECONDS)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.told.append(json.loads(line) if line.startswith("{") else {"event": line})
