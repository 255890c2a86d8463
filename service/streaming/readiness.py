"""What keeps a worker from being ready: state that is not there, a broker that does not answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from service.streaming.copartitions import told

if TYPE_CHECKING:
    from service.streaming.holdings import Holdings
    from service.streaming.wall_clock import WallClock

#: What does not answer for so long is taken for unreachable.
REACHABLE_SECONDS: Final = 10.0


def amiss_of(
    holdings: Holdings, clock: WallClock, contact_at: float, *, assigned: bool
) -> dict[str, object]:
    """What is amiss with the partitions of a worker, by what it concerns.

    `contact_at`: when a fetch was answered last, by the monotonic clock; `assigned`: whether the
    group has said which partitions are this worker's.
    """
    held, restoring = holdings.held, holdings.restoring
    amiss: dict[str, object] = {}
    if restoring:
        amiss["restoring_partitions"] = told(restoring)
    elif not assigned:
        amiss["group"] = "waiting for partitions to be assigned"
    elif held and time.monotonic() - contact_at > REACHABLE_SECONDS:
        amiss["broker"] = "no fetch was answered lately"
    elif held and (trouble := clock.trouble()):
        amiss["clock"] = trouble
    stalled = max((it.writer.stalled_for() for it in held.values()), default=0.0)
    if stalled > REACHABLE_SECONDS:
        amiss["changelog"] = f"no write was acknowledged for {stalled:.0f} s"
    return amiss
