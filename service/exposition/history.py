"""A short past of the totals for the page's charts, in memory and bounded.

Whoever needs more has Prometheus; this is for a page that has just been opened.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

STEP_SECONDS = 15.0
LENGTH_SECONDS = 3 * 3600.0
#: Above two steps of what is kept over restarts (:mod:`service.exposition.kept`), one a minute.
_GAP_SECONDS: Final = 150.0

Values = Mapping[str, float | None]


class Sample(NamedTuple):
    """The totals of one moment, in seconds since 1970."""

    at: float
    values: Values


@dataclass(frozen=True, slots=True)
class Past:
    """Columns of equal length: when each sample was taken (seconds since 1970), and the values."""

    step_seconds: float
    at: Sequence[float]
    series: Mapping[str, Sequence[float | None]]


class History:
    """The samples of the last three hours, one every 15 s, and those of before a restart.

    Where there were none for a while stands one without values: no line is drawn over a time of
    which nothing is known.
    """

    def __init__(self, former: Iterable[Sample] = ()) -> None:
        """`former`: in the order of time, from before this worker took any."""
        self._samples: deque[Sample] = deque()
        for sample in former:
            self.add(*sample)

    def add(self, at: float, values: Values) -> None:
        """Keeps `values` as those of the moment `at`; what is too old goes."""
        samples = self._samples
        if samples and at - samples[-1].at > _GAP_SECONDS:
            samples.append(Sample(samples[-1].at + STEP_SECONDS, {}))
        samples.append(Sample(at, values))
        while samples[0].at <= at - LENGTH_SECONDS:
            samples.popleft()

    def since(self, moment: float) -> Past:
        """The samples taken after `moment`."""
        # Copied first: samples are added on the event loop, read in another thread.
        samples = [sample for sample in tuple(self._samples) if sample.at > moment]
        names = samples[-1].values if samples else {}
        return Past(
            step_seconds=STEP_SECONDS,
            at=[sample.at for sample in samples],
            series={name: [its.values.get(name) for its in samples] for name in names},
        )
