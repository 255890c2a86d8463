"""What the stream has counted about itself since this process began."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

from service.exposition.pipeline import Arrivals, Delays, Pipeline
from service.streaming.placement import java_partitions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from service.view.snapshot import Group

#: Seconds; from "live" to "a replay of last month".
DELAY_BOUNDS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0, 86400.0)
_BOUNDS: Final = np.array(DELAY_BOUNDS)
#: Batches whose delays are counted at once: they are small, and a numpy call costs as much as many.
_PENDING: Final = 64
#: Keys whose places are looked at together, for the same reason.
_PENDING_KEYS: Final = 2_000
#: Where keys lay lately is told of an hour to two (microseconds), and of no fewer keys than these.
_LATELY: Final = 3_600_000_000
_LATELY_KEYS: Final = 100


class PipelineCounts:
    """Counted a batch at a time, read at every scrape; all on one event loop.

    `topics`: how many partitions each has; `groups`: the one that each is of. `definitions` is
    their digest.
    """

    def __init__(
        self, topics: Mapping[str, int], groups: Mapping[str, Group], definitions: str
    ) -> None:
        self._topics = tuple(topics)
        self._groups = groups
        self._definitions = definitions
        self._events: Counter[tuple[str, str]] = Counter()
        self._dead_letters: Counter[tuple[str, str]] = Counter()
        self._dropped: Counter[str] = Counter()
        self._lost: Counter[tuple[str, int]] = Counter()
        self._overflows: Counter[str] = Counter()
        self._lag: dict[tuple[str, int], int] = {}
        self._delays: dict[str, _DelayCounts] = {}
        begun_us = time.time_ns() // 1000
        self._places = {topic: _PlaceCounts(count, begun_us) for topic, count in topics.items()}

    def add_results(self, topic: str, results: Iterable[str]) -> None:
        """Events applied, by what the engine made of them."""
        for result, count in Counter(results).items():
            self._events[topic, result] += count

    def add_refused(self, topic: str, reasons: Mapping[str, int]) -> None:
        """Records that were no events: how many, by reason."""
        self._events[topic, "invalid"] += sum(reasons.values())
        for reason, count in reasons.items():
            self._dead_letters[topic, str(reason)] += count

    def add_lost(self, topic: str, partition: int, count: int) -> None:
        """Events that were deleted before they were read."""
        self._lost[topic, partition] += count

    def add_overflows(self, overflows: Mapping[str, int]) -> None:
        """Labels that became `other`, by dimension."""
        self._overflows.update(overflows)

    def add_dropped(self, topic: str) -> None:
        """A dead letter was given up, because its topic takes none."""
        self._dropped[topic] += 1

    def add_delays(self, topic: str, event_times: NDArray[np.int64], wall_us: int) -> None:
        """Event times (microseconds) of events applied at `wall_us`."""
        self._delays.setdefault(topic, _DelayCounts()).add(wall_us - event_times)

    def add_keys(self, topic: str, partition: int, keys: Sequence[bytes], wall_us: int) -> None:
        """Keys of records that lie in that partition, and were read at `wall_us`."""
        self._places[topic].add(partition, keys, wall_us)

    def set_lag(self, lag: Mapping[tuple[str, int], int]) -> None:
        """Events not consumed yet, by topic and partition; replaces all former ones."""
        self._lag = dict(lag)

    def report(self, clock_off_us: int | None = None) -> Pipeline:
        """All of it as it is now, and how far (microseconds) the wall clock is known to be off."""
        return Pipeline(
            definitions=self._definitions,
            topics=self._topics,
            groups=self._groups,
            events=dict(self._events),
            dead_letters=dict(self._dead_letters),
            lag=dict(self._lag),
            overflows=dict(self._overflows),
            # Of what is read here a 0 is told as well: only from there an increase is seen.
            lost={**dict.fromkeys(self._lag, 0), **self._lost},
            misplaced={topic: counts.misplaced() for topic, counts in self._places.items()},
            arrivals={topic: counts.lately() for topic, counts in self._places.items()},
            delays={topic: counts.report() for topic, counts in self._delays.items()},
            clock_off=None if clock_off_us is None else clock_off_us / 1e6,
        )


class _PlaceCounts:
    def __init__(self, partitions: int, begun_us: int) -> None:
        self._partitions = partitions
        self._misplaced = 0
        self._keys: list[bytes] = []
        #: Where they lie: a partition, and how many keys that is said of.
        self._lie: list[tuple[int, int]] = []
        self._last = begun_us
        #: Keys and misplaced ones of this hour, when it began, and those of the one before.
        self._hour, self._since = (0, 0), begun_us
        self._former = (0, 0)

    def add(self, partition: int, keys: Sequence[bytes], wall_us: int) -> None:
        self._last = wall_us
        if wall_us - self._since >= _LATELY:
            self._begin_hour(wall_us)
        self._keys += keys
        self._lie.append((partition, len(keys)))
        if len(self._keys) >= _PENDING_KEYS:
            self._count()

    def _begin_hour(self, wall_us: int) -> None:
        self._count()
        if self._hour[0] >= _LATELY_KEYS:
            self._former, self._hour, self._since = self._hour, (0, 0), wall_us

    def _count(self) -> None:
        if not self._keys:
            return
        lie = np.repeat(*np.array(self._lie, np.int64).T)
        places = java_partitions(self._keys, self._partitions)
        misplaced = int(np.count_nonzero(places != lie))
        self._misplaced += misplaced
        self._hour = self._hour[0] + len(lie), self._hour[1] + misplaced
        self._keys, self._lie = [], []

    def misplaced(self) -> int:
        self._count()
        return self._misplaced

    def lately(self) -> Arrivals:
        self._count()
        keys, elsewhere = (sum(both) for both in zip(self._hour, self._former, strict=True))
        return Arrivals(self._partitions, self._last / 1e6, keys, elsewhere)


class _DelayCounts:
    def __init__(self) -> None:
        self._counts = np.zeros(len(DELAY_BOUNDS) + 1, dtype=np.int64)
        self._total = 0.0
        self._pending: list[NDArray[np.int64]] = []

    def add(self, microseconds: NDArray[np.int64]) -> None:
        self._pending.append(microseconds)
        if len(self._pending) >= _PENDING:
            self._count()

    def _count(self) -> None:
        # An event from a publisher whose clock is ahead has no negative delay.
        seconds = np.maximum(np.concatenate(self._pending), 0) / 1e6
        places = _BOUNDS.searchsorted(seconds, side="left")
        self._counts += np.bincount(places, minlength=len(self._counts))
        self._total += float(seconds.sum())
        self._pending = []

    def report(self) -> Delays:
        if self._pending:
            self._count()
        return Delays(DELAY_BOUNDS, self._counts.tolist(), self._total)
