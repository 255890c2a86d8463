"""Apicurio Registry as the tests need it: one process that keeps its schemas in memory.

It speaks Confluent's API. Its program comes from Maven Central (make test-kafka fetches it).
"""

from __future__ import annotations

import subprocess
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from service.embedded_broker import LOOPBACK
from tests.patience import PATIENCE_S
from tests.ports import free_port

HOME = Path(__file__).parents[2] / ".cache" / "registry"
#: Then it is killed.
_STOP_SECONDS = 30.0


class Apicurio:
    """A context manager; `directory` takes its log."""

    def __init__(self, directory: Path) -> None:
        self._log = directory / "registry.log"
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Of Confluent's API."""
        return f"http://{LOOPBACK}:{self._port}/apis/ccompat/v7"

    def __enter__(self) -> Self:
        programs = list(HOME.glob("apicurio-registry-app-*-runner.jar"))
        if not programs:
            raise RuntimeError("Apicurio Registry is not there: make test-kafka fetches it")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *("java", "-Xmx384m", f"-Dquarkus.http.port={self._port}"),
                    *(f"-Dquarkus.http.host={LOOPBACK}", "-jar", programs[0].name),
                ],
                cwd=HOME,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__(None, None, None)
                lines = self._log.read_text(errors="replace").splitlines()
                raise RuntimeError(f"Apicurio Registry did not start: {' | '.join(lines[-5:])}")
            time.sleep(0.2)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/subjects", timeout=5) as answer:  # noqa: S310 - loopback
                return bool(answer.status == 200)
        except OSError:
            return False
