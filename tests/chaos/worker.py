"""A worker as its operator runs it: `contact-metrics run` in a process of its own, on a host of
which a test sets the clock."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]


class Worker:
    """One slot: configuration, port and log stay, processes come and go."""

    def __init__(self, name: str, directory: Path, config: str, port: int) -> None:
        self.name = name
        self.port = port
        self.paused = False
        #: How often a process of it was started and killed.
        self.starts = self.kills = 0
        self._config = directory / f"{name}.toml"
        self._config.write_text(config)
        self._log = directory / f"{name}.log"
        self._skew = directory / f"{name}.skew"
        self.skew(0)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def incarnation(self) -> str:
        """Tells its processes apart."""
        return f"{self.name}/{self.starts}"

    def start(self) -> None:
        assert not self.alive, f"{self.name} runs already"
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("CONTACT_METRICS_")
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "tests.chaos.skewed", str(self._skew)),
                    *("run", "--config", str(self._config)),
                ],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.starts += 1
        self.paused = False

    def kill(self) -> None:
        """SIGKILL. Fails if there is nothing left to kill."""
        assert self.alive, f"{self.name} had ended by itself: {self.last_words()}"
        self._running().kill()
        self._running().wait()
        self.kills += 1

    def skew(self, seconds: int) -> None:
        """Set the wall clock of its host so far ahead of the right time, or behind."""
        # At once: a file that is half written is no number.
        half = self._skew.with_suffix(".new")
        half.write_text(str(seconds))
        half.replace(self._skew)

    def pause(self) -> None:
        """SIGSTOP."""
        os.kill(self._running().pid, signal.SIGSTOP)
        self.paused = True

    def resume(self) -> None:
        """SIGCONT."""
        os.kill(self._running().pid, signal.SIGCONT)
        self.paused = False

    async def stop(self) -> int:
        """SIGTERM; the exit code. A process that does not end is killed, and its code tells."""
        process = self._process
        if process is None:
            return 0
        if self.paused:
            self.resume()
        process.terminate()
        return await self.ended()

    async def ended(self) -> int:
        """The exit code, once it has ended by itself."""
        process = self._running()
        deadline = time.monotonic() + PATIENCE_S
        while process.poll() is None:
            if time.monotonic() > deadline:
                process.kill()
            await asyncio.sleep(0.05)
        return int(process.returncode)

    async def readiness(self, http: aiohttp.ClientSession) -> dict[str, Any]:
        """What `/readyz` says; empty while nobody answers."""
        try:
            async with http.get(
                f"{self.url}/readyz", timeout=aiohttp.ClientTimeout(total=10)
            ) as response:
                return dict(json.loads(await response.text()))
        except (OSError, TimeoutError, aiohttp.ClientError):
            return {}

    async def until(
        self,
        http: aiohttp.ClientSession,
        what: Callable[[dict[str, Any]], bool],
        within: float,
    ) -> bool:
        """Whether `/readyz` said so in time; asked as often as it answers."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and self.alive:
            if what(await self.readiness(http)):
                return True
            await asyncio.sleep(0.01)
        return False

    def limit_memory(self, size: int) -> None:
        """Let it have so many bytes of its own, as a container that ends whoever takes more."""
        resource.prlimit(self._running().pid, resource.RLIMIT_DATA, (size, size))

    def process_status(self) -> dict[str, str]:
        """What Linux tells of the process."""
        status = Path(f"/proc/{self._running().pid}/status").read_text()
        return dict(line.split(":", 1) for line in status.splitlines() if ":" in line)

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The log's lines with this text."""
        lines = (line for line in self.log.splitlines() if line.startswith("{") and event in line)
        return [record for record in map(json.loads, lines) if record.get("event") == event]

    def last_words(self) -> str:
        return "\n".join(self.log.splitlines()[-12:])

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, f"{self.name} was never started"
        return self._process
