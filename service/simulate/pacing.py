"""When a publication is due: simulated time against the wall clock."""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import inf

from service.definitions import SECOND


def wall_clock() -> int:
    """Now, in µs since the epoch."""
    return time.time_ns() // 1000


@dataclass(frozen=True, slots=True)
class Pacing:
    """How fast the past is played. Nothing is ever published ahead of the wall clock.

    What lies before `paced_from` (µs since the epoch) comes at once; from there on, `speed_up`
    simulated seconds pass in a second, until the wall clock is reached: from then on, one.
    """

    paced_from: int = 0
    #: The default plays all of the past at once, and goes on live.
    speed_up: float = inf


class Pacer:
    """Tells how long to wait. The paced part begins when its first publication is asked for."""

    def __init__(self, pacing: Pacing) -> None:
        self._pacing = pacing
        self._begun: int | None = None

    def wait(self, at: int, now: int) -> float:
        """Seconds from `now`, the wall clock, until what is published `at` is due; 0: it is."""
        pacing = self._pacing
        due = at
        if at >= pacing.paced_from:
            if self._begun is None:
                self._begun = now
            due = max(at, self._begun + int((at - pacing.paced_from) / pacing.speed_up))
        return max(0, due - now) / SECOND
