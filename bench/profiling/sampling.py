"""A process under py-spy, which looks at its stacks from outside, many times a second."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from bench.peers.environment import peers_python
from bench.processes import ROOT
from bench.profiling.steps import Steps

_RATE = 400
_END_SECONDS = 60.0
#: A process that has just been started is not Python yet; then it imports for a second.
_START_SECONDS = 0.4
#: py-spy takes these for work where a thread waits without a time-out.
_WAITING = "Condition.wait ("
_LIBRARIES = re.compile(r".*/(site-packages|python3[.]\d+)/")


class CannotLookError(Exception):
    """py-spy could not look into the process; the message says how to mend that."""


class Stack(NamedTuple):
    """Frames, `function (file:line)`, from the outermost to the innermost; how often seen."""

    frames: list[str]
    samples: int


class Sampling:
    """Looks at a process from now on until that process ends. Raises NoPeersError."""

    def __init__(self, pid: int, rate: int = _RATE, *, just_started: bool = False) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="bench-profile-")
        self._file = Path(self._directory.name) / "stacks"
        if just_started:
            time.sleep(_START_SECONDS)
        self._watching = subprocess.Popen(
            [
                Path(peers_python()).with_name("py-spy"),
                "record",
                "--format=raw",
                # Stopped at each look, its threads would get the interpreter in other shares.
                "--nonblocking",
                f"--rate={rate}",
                "--full-filenames",
                f"--pid={pid}",
                f"--output={self._file}",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def stacks(self) -> list[Stack]:
        """What was seen, once the process has ended. Raises CannotLookError."""
        with self._directory:
            try:
                failed = self._watching.wait(_END_SECONDS) != 0
            except subprocess.TimeoutExpired:
                self._watching.kill()
                failed = True
            if failed or not self._file.exists():
                raise CannotLookError(
                    "py-spy could not look into the process: run it as root, or with"
                    " kernel.yama.ptrace_scope=0"
                )
            return [_stack(line) for line in self._file.read_text().splitlines()]


@dataclass(frozen=True, slots=True)
class Profile:
    """How many samples fell on each step, and on each function itself."""

    total: float
    """What all samples together stand for: microseconds of an event, or seconds."""
    steps: Counter[str] = field(default_factory=Counter)
    functions: Counter[str] = field(default_factory=Counter)

    def cost(self, samples: int) -> float:
        """The part of the total that so many of the samples stand for."""
        return self.total * samples / max(1, sum(self.steps.values()))


def profile_of(
    stacks: Iterable[Stack], steps: Steps, total: float, marks: Iterable[str]
) -> Profile:
    """Shares `total` out by the stacks that have one of `marks` in a frame, and do not wait.

    Those without are of starting and importing.
    """
    profile = Profile(total)
    marks = tuple(marks)
    for frames, samples in stacks:
        if frames[-1].startswith(_WAITING):
            continue
        if any(mark in frame for frame in frames for mark in marks):
            profile.steps[steps.of(frames)] += samples
            profile.functions[_short(frames[-1])] += samples
    return profile


def _stack(line: str) -> Stack:
    frames, _, count = line.rpartition(" ")
    return Stack(frames.replace(f"{ROOT}/", "").split(";"), int(count))


def _short(frame: str) -> str:
    """The function and its file, without the line and the way to the library."""
    if not frame:
        return "(not in Python code)"
    function, _, place = frame.partition(" (")
    return f"{function} ({_LIBRARIES.sub('', place).rpartition(':')[0]})"
