"""The service under py-spy, which looks at its stacks from outside, many times a second."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bench.brokers import Broker
from bench.peers.environment import peers_python
from bench.processes import ROOT, FailedError, service
from bench.profiling.steps import step_of
from bench.scraping import Scraper

_RATE = 400
_END_SECONDS = 30.0
_LIBRARIES = re.compile(r".*/(site-packages|python3[.]\d+)/")


@dataclass(frozen=True, slots=True)
class Profile:
    """How many samples fell on each step, and on each function itself."""

    microseconds: float
    """CPU time of an event."""
    steps: Counter[str] = field(default_factory=Counter)
    functions: Counter[str] = field(default_factory=Counter)

    def cost(self, samples: int) -> float:
        """Microseconds an event that so many of the samples stand for."""
        return self.microseconds * samples / sum(self.steps.values())


def sample_service(broker: Broker, events: int) -> Profile:
    """Of one run over the published events, from the first event on."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-profile-") as directory,
        service(broker.bootstrap, events, group="bench-profile") as worker,
    ):
        stacks = Path(directory) / "stacks"
        worker.says("ready")
        watching = _watch(worker.process.pid, stacks)
        with Scraper(worker.port):
            done = worker.says("done")
        worker.stop()
        if watching.wait(_END_SECONDS) or not stacks.exists():
            raise FailedError(
                "py-spy could not look into the service: run it as root, or with"
                " kernel.yama.ptrace_scope=0"
            )
        return _read(stacks, 1e6 * done["cpu_seconds"] / (events - done["begun"][1]))


def _watch(pid: int, stacks: Path) -> subprocess.Popen[bytes]:
    program = Path(peers_python()).with_name("py-spy")
    return subprocess.Popen(
        [
            program,
            "record",
            "--format=raw",
            f"--rate={_RATE}",
            "--full-filenames",
            f"--pid={pid}",
            f"--output={stacks}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _read(stacks: Path, microseconds: float) -> Profile:
    profile = Profile(microseconds)
    for line in stacks.read_text().splitlines():
        frames, _, count = line.rpartition(" ")
        stack = frames.replace(f"{ROOT}/", "").split(";")
        if not any("service/streaming" in frame or "aiokafka" in frame for frame in stack):
            continue  # starting, importing
        profile.steps[step_of(stack)] += int(count)
        profile.functions[_short(stack[-1])] += int(count)
    return profile


def _short(frame: str) -> str:
    """The function and its file, without the line and the way to the library."""
    function, _, place = frame.partition(" (")
    return f"{function} ({_LIBRARIES.sub('', place).rpartition(':')[0]})"
