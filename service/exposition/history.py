"""A short past of the totals for the page's charts, in memory and bounded.

Whoever needs more has Prometheus; this is for a page that has just been opened.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

STEP_SECONDS = 15.0
LENGTH_SECONDS = 3 * 3600.0


@dataclass(frozen=True, slots=True)
class Past:
    """Columns of equal length: when each sample was taken (seconds since 1970), and the values."""

    step_seconds: float
    at: Sequence[float]
    series: Mapping[str, Sequence[float | None]]


class History:
    """The samples of the last three hours, one every 15 s: 720 of them at most."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, Mapping[str, float | None]]] = deque(
            maxlen=int(LENGTH_SECONDS / STEP_SECONDS)
        )

    def add(self, at: float, values: Mapping[str, float | None]) -> None:
        """Keeps `values` as those of the moment `at`; the oldest sample goes."""
        self._samples.append((at, values))

    def since(self, moment: float) -> Past:
        """The samples taken after `moment`."""
        # Copied first: samples are added on the event loop, read in another thread.
        samples = [sample for sample in tuple(self._samples) if sample[0] > moment]
        names = samples[-1][1] if samples else {}
        return Past(
            step_seconds=STEP_SECONDS,
            at=[at for at, _ in samples],
            series={name: [values.get(name) for _, values in samples] for name in names},
        )
