"""The machine: which core does what, how much it has done, and what is installed."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PACKAGES = ("aiokafka", "faust-streaming", "msgspec", "numpy", "orjson", "uvloop")


def cores() -> tuple[set[int], set[int]]:
    """The core of broker and bench, and the one of whoever is measured (the same if alone)."""
    usable = sorted(os.sched_getaffinity(0))
    return {usable[0]}, {usable[-1]}


def cpu_seconds(pid: int) -> float:
    """What the process has used of the processors so far, in all its threads."""
    # The name, in brackets, may hold spaces.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def busy_elsewhere() -> float:
    """How many processes want to run on average; with nothing else going on, near zero."""
    return os.getloadavg()[0]


def versions() -> dict[str, str]:
    """What the numbers depend on."""
    found = {"python": platform.python_version(), "kernel": platform.release(), "cpu": _cpu()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return f"{line.partition(':')[2].strip()}, {os.cpu_count()} cores"
    return platform.machine()
