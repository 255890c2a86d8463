"""The wall clock of this host, believed only as far as the broker's clock bears it out.

Where a topic is read to its end, the wall clock moves event time. A host whose clock is wrong for a
moment would let every contact expire, and all later events come too late, for good. So what it
says counts only while it agrees with the time at which the broker took a record of ours (log append
time). A broker that does not tell its time leaves one check: a clock that jumps against the
monotonic one is not believed before it is back, or a record comes that agrees with it.

All times are microseconds: of the wall since 1970, of the steady clock since any moment.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

#: Half of the usual `allowed_lateness`: within it, events of publishers on the broker's time are
#: not late to a clock that goes by ours.
TOLERANCE_US: Final = 15_000_000
#: What the broker said holds for so long.
FRESH_US: Final = 30_000_000


class _Bounds(NamedTuple):
    """What the wall clock is ahead of the steady one, where the wall clock is right."""

    least: int
    most: int
    heard_at: int


class WallClock:
    """Asked from several threads: each answer is one look at one tuple."""

    def __init__(
        self,
        wall_ns: Callable[[], int] = time.time_ns,
        steady_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._wall_ns, self._steady_ns = wall_ns, steady_ns
        self._broker: _Bounds | None = None
        #: Where the broker tells nothing: how far the wall was ahead when it was last believed.
        self._anchor: int | None = None

    def steady_us(self) -> int:
        """For how long the broker took to answer."""
        return self._steady_ns() // 1000

    def heard(self, broker_us: int, asked_at: int) -> None:
        """The broker took a record at `broker_us` of its clock, after `asked_at` of the steady one.

        What took too long to be of use is left out.
        """
        now = self.steady_us()
        if 0 <= now - asked_at <= TOLERANCE_US:
            self._broker = _Bounds(broker_us - now, broker_us - asked_at, now)

    def heard_nothing(self) -> None:
        """The broker took a record and did not say when."""
        if self._broker is None and self._anchor is None:
            self._anchor = self._ahead()

    def seen(self, record_us: int) -> None:
        """A record has this time, of its publisher or of the broker."""
        if self._anchor is not None and abs(record_us - self._wall_us()) <= TOLERANCE_US:
            self._anchor = self._ahead()

    def right_us(self) -> int | None:
        """What the wall clock says; None unless it is to be believed."""
        wall = self._wall_us()
        off = self._off(wall - self.steady_us())
        if off is None or abs(off) > TOLERANCE_US:
            return None
        if self._broker is None:
            # A clock that is set right a little at a time does not jump.
            self._anchor = wall - self.steady_us()
        return wall

    def likely_us(self) -> int:
        """The time as far as it can be known: what the broker said last, gone on since."""
        right = self.right_us()
        if right is not None:
            return right
        if self._broker is not None:
            return self.steady_us() + (self._broker.least + self._broker.most) // 2
        return self._wall_us() if self._anchor is None else self.steady_us() + self._anchor

    def off_us(self) -> int | None:
        """How far the wall clock is ahead of the right time, behind if negative; None: unknown."""
        return self._off(self._ahead())

    def trouble(self) -> str | None:
        """Why it is not to be believed, in words; None: it is."""
        if self.right_us() is not None:
            return None
        off = self.off_us()
        if off is None:
            return "not compared with the broker's lately: the register topic takes no record"
        way = "ahead of" if off > 0 else "behind"
        return f"{abs(off) / 1e6:.0f} s {way} the right time: it moves no numbers until it is right"

    def _off(self, ahead: int) -> int | None:
        if self._broker is not None:
            least, most, heard_at = self._broker
            if not 0 <= self.steady_us() - heard_at <= FRESH_US:
                return None
            return max(0, ahead - most) + min(0, ahead - least)
        return None if self._anchor is None else ahead - self._anchor

    def _ahead(self) -> int:
        return self._wall_us() - self.steady_us()

    def _wall_us(self) -> int:
        return self._wall_ns() // 1000
