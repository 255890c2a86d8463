"""When customers make contact: a Poisson process whose rate swings over day and week."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING, Final

from service.definitions import HOUR
from service.simulate import rhythm

if TYPE_CHECKING:
    from random import Random

#: Demand drifts about its forecast, as it does in life: the log-rate's memory from one quarter
#: of an hour to the next, and its push. Together they make a standard deviation of 8 %.
_MEMORY: Final = 0.9
_PUSH: Final = 0.035


class Demand:
    """Draws one arrival after another; the rate is in contacts an hour, the week's mean."""

    def __init__(self, rng: Random, rate: float) -> None:
        self._rng = rng
        self._rate = rate
        self._drift = 0.0
        self._mean_gap = float("inf")

    def plan_quarter(self, at: int) -> None:
        """Sets the rate for the quarter of an hour that begins at this time."""
        self._drift = _MEMORY * self._drift + self._rng.gauss(0, _PUSH)
        self._mean_gap = HOUR / (self._rate * rhythm.demand(at) * exp(self._drift))

    def next_after(self, now: int) -> int:
        """The next arrival, if the rate stays as it is; having no memory, it may be redrawn."""
        return now + max(1, int(self._rng.expovariate(1 / self._mean_gap)) // 1000) * 1000
