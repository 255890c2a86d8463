"""How many requests, and how much of them at a time."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Final

#: A vendor's burst, such as a bulk change of tickets, is not its rate.
_BURST_SECONDS: Final = 5.0


class Rate:
    """So many a second in the long run, and those of some seconds at once (a token bucket)."""

    def __init__(self, per_second: float, clock: Callable[[], float] = monotonic) -> None:
        self._per_second = per_second
        self._most = max(1.0, per_second * _BURST_SECONDS)
        self._left = self._most
        self._clock = clock
        self._at = clock()

    def allows(self) -> bool:
        """Whether one more may come now; if so, it counts."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
