"""How soon brokers are asked again: the less comes in, the later.

What comes meanwhile comes in one answer; to ask is most of what a few events cost.
"""

from __future__ import annotations

from typing import Final

#: A part of an answer that is as large comes of a backlog, which is read for so long at least.
_MUCH_BYTES: Final = 64 * 1024
_BUSY_SECONDS: Final = 2.0
#: Otherwise brokers are asked only so long after they brought something,
_PACE_SECONDS: Final = 0.04
#: or later still, while no answer brings more than a few events.
_TRICKLE_SECONDS: Final = 0.2
_TRICKLE_BYTES: Final = 4 * 1024


class Pace:
    """By what the answers brought. All times are seconds of the monotonic clock."""

    def __init__(self) -> None:
        self._busy_until = 0.0
        self._brought_at = 0.0
        #: When an answer last brought more than a few events.
        self._streamed_at = 0.0

    def brought(self, sizes: list[int], now: float) -> None:
        """An answer came, with so many bytes of each topic partition that had any."""
        if not sizes:
            return
        self._brought_at = now
        if sum(sizes) > _TRICKLE_BYTES:
            self._streamed_at = now
        if max(sizes) >= _MUCH_BYTES:
            self._busy_until = now + _BUSY_SECONDS

    def is_busy(self, now: float) -> bool:
        """Whether a backlog is read."""
        return now < self._busy_until

    def left(self, now: float) -> float:
        """How long to wait still, if it is more than nothing."""
        if self.is_busy(now):
            return 0.0
        trickles = now - self._streamed_at > _TRICKLE_SECONDS
        return self._brought_at + (_TRICKLE_SECONDS if trickles else _PACE_SECONDS) - now
