"""The machine: which core does what, how much it has done, and what is installed."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PACKAGES = ("aiokafka", "faust-streaming", "msgspec", "numpy", "orjson", "uvloop")

#: Once and for all: whoever keeps to one of them would see no other any more.
_USABLE = sorted(os.sched_getaffinity(0))


def cores() -> tuple[set[int], set[int]]:
    """The core of broker and bench, and the one of whoever is measured (the same if alone)."""
    return {_USABLE[0]}, {_USABLE[-1]}


def keep_to_our_core() -> None:
    """For this process and all that it starts from now on, but for those who are measured."""
    os.sched_setaffinity(0, cores()[0])


@contextmanager
def on_all_cores() -> Iterator[None]:
    """This process, and what it starts meanwhile, wherever there is room."""
    former = os.sched_getaffinity(0)
    os.sched_setaffinity(0, _USABLE)
    try:
        yield
    finally:
        os.sched_setaffinity(0, former)


def cpu_seconds(pid: int) -> float:
    """What the process has used of the processors so far, in all its threads."""
    # The name, in brackets, may hold spaces.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def versions() -> dict[str, str]:
    """What the numbers depend on."""
    names = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return {
        "python": platform.python_version(),
        "kernel": platform.release(),
        "cpu": f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores",
        **{name: version(name) for name in _PACKAGES},
    }
