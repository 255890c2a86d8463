"""How far workers have come, and what they and the broker have used of the processors, over time.

Readings are taken all the while; afterwards they are asked about any stretch of it.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from typing import NamedTuple

from bench.background import Background
from bench.machine import all_cpu_seconds, cpu_seconds
from bench.processes import Service

_LOOK_SECONDS = 0.1


class Readings:
    """Of a figure that only grows, each with its moment (of the monotonic clock)."""

    def __init__(self) -> None:
        self._moments: list[float] = []
        self._values: list[float] = []

    def add(self, moment: float, value: float) -> None:
        """The next one."""
        self._values.append(value)
        self._moments.append(moment)

    @property
    def latest(self) -> float:
        """The last value, 0 without any."""
        return self._values[-1] if self._values else 0.0

    def first_growth(self) -> float:
        """The moment when it was first seen above 0."""
        return self._moments[bisect_left(self._values, 1e-9)]

    def last_growth(self) -> float:
        """The moment when it first had its last value."""
        return self._moments[bisect_left(self._values, self._values[-1])]

    def between(self, since: float, until: float) -> float:
        """By how much it grew."""
        return self._at(until) - self._at(since)

    def _at(self, moment: float) -> float:
        # The threads that add may be one ahead in one of the lists.
        last = min(len(self._moments), len(self._values)) - 1
        place = bisect_left(self._moments, moment, hi=last)
        if place == 0 or self._moments[place] < moment:
            return self._values[place]
        before, after = self._moments[place - 1], self._moments[place]
        part = (moment - before) / (after - before)
        return self._values[place - 1] + part * (self._values[place] - self._values[place - 1])


class Step(NamedTuple):
    """What a traced worker did, and when; the probes that it was done with."""

    name: str
    begun: float
    ended: float
    probes: list[int]


class WatchedWorker:
    """A worker: events it has applied, its CPU seconds, and its steps if it tells of them.

    It must have no other listener.
    """

    def __init__(self, worker: Service) -> None:
        self.worker = worker
        self.events = Readings()
        self.cpu = Readings()
        self.steps: list[Step] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for said in self.worker.lines():
            if "at" in said:
                self.cpu.add(said["at"], said["cpu_seconds"])
                self.events.add(said["at"], said["events"])
            elif "step" in said:
                probes = said.get("probes", [])
                self.steps.append(Step(said["step"], said["begun"], said["ended"], probes))


class CpuMeter(Background):
    """The CPU seconds of another process, and of all there are; a context manager."""

    def __init__(self, pid: int) -> None:
        super().__init__()
        self._pid = pid
        self.cpu = Readings()
        self.machine = Readings()

    def _run(self) -> None:
        while True:
            now = time.monotonic()
            self.cpu.add(now, cpu_seconds(self._pid))
            self.machine.add(now, all_cpu_seconds())
            if self._stop.wait(_LOOK_SECONDS):
                return
