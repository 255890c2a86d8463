"""The topics of one partition number, consumed abreast in event time.

A fetch brings what it brings: of a long backlog mostly thousands of records of one topic before the
first of the others. No number depends on that order, but the work does: while the starts of a week
are applied before any of its resolutions, every contact is open and everybody's repeat, and all of
them are in memory. So what was fetched waits here, and the topic furthest behind in event time is
applied first.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from service.streaming.fetching.record import Record

#: Records of a topic before it is another one's turn.
GRAIN: Final = 250
#: How long a topic that has more to come may hold the others back until it does: its leader may
#: be unreachable, and the numbers go on telling what is known.
PATIENCE_SECONDS: Final = 1.0
#: A topic that has got so close to the wall clock (microseconds) is not held back by one that has
#: nothing fetched: what comes of that one later costs a little more, but somebody looks at the
#: numbers now.
LIVE_US: Final = 60 * 1_000_000
#: How long what is fetched of a topic may wait in all: one into which old events are poured for an
#: hour must not stop the numbers for as long. From then on the other has every other turn.
LONGEST_SECONDS: Final = 5.0
_BEFORE_ALL: Final = -(1 << 63)


class _Lane:
    """One topic: what is fetched and not applied, and how far the rest has got."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.records: list[Record] = []
        self.bytes = 0.0
        #: Of one record of those that were taken last.
        self.each = 0.0
        self.reached_us = _BEFORE_ALL
        self.at_end = False
        self.awaited_since: float | None = None
        self.waits_since = 0.0
        self.overdue = False

    def counts(self, now: float) -> bool:
        """Whether the others have to keep abreast of it."""
        if self.records:
            return True
        if self.at_end:
            return False
        return self.awaited_since is None or now - self.awaited_since < PATIENCE_SECONDS


def _reached(lane: _Lane) -> int:
    return lane.reached_us


class Intake:
    """Takes records as they are fetched, and gives them out in the order to apply them in."""

    def __init__(self, topics: Iterable[str]) -> None:
        self._lanes = {topic: _Lane(topic) for topic in topics}
        self._last: _Lane | None = None

    def put(self, topic: str, records: Sequence[Record], size: int = 0) -> None:
        """The next records of that topic, in the order of their offsets, and their bytes."""
        lane = self._lanes[topic]
        if not lane.records:
            lane.waits_since, lane.overdue = time.monotonic(), False
        lane.records += records
        lane.bytes += size
        lane.awaited_since = None

    def put_back(self, topic: str, records: Sequence[Record]) -> None:
        """The last of those that were taken, which were not applied after all."""
        lane = self._lanes[topic]
        lane.records[:0] = records
        lane.bytes += lane.each * len(records)

    def set_at_end(self, topic: str, at_end: bool) -> None:
        """Whether the topic had nothing more to fetch at the last fetch."""
        lane = self._lanes[topic]
        lane.at_end = at_end
        if at_end:
            lane.awaited_since = None

    def take(self, wall_us: int) -> tuple[str, list[Record]] | None:
        """A topic and up to `GRAIN` records of it; None if nothing is to be applied now.

        That is so when nothing waits, or while the topic furthest behind has yet to be fetched and
        no other is live at `wall_us`, the wall clock in microseconds.
        """
        now = time.monotonic()
        lanes = [lane for lane in self._lanes.values() if lane.counts(now)]
        if not lanes:
            return None
        behind = self._overdue(now) or min(lanes, key=_reached)
        if not behind.records:
            live = [lane for lane in lanes if lane.records and wall_us - _reached(lane) < LIVE_US]
            behind = min(live, key=_reached, default=behind)
        self._last = behind
        behind.waits_since = now
        taken = behind.records[:GRAIN]
        # As if all took the same; exact again as soon as none is left.
        behind.each = behind.bytes / max(1, len(behind.records))
        behind.bytes -= behind.each * len(taken)
        del behind.records[:GRAIN]
        if taken:
            return behind.topic, taken
        if self:
            for lane in lanes:
                if not lane.records and lane.awaited_since is None:
                    lane.awaited_since = now
        return None

    def _overdue(self, now: float) -> _Lane | None:
        """A topic that has waited for too long, unless it was its turn just now."""
        for lane in self._lanes.values():
            lane.overdue |= bool(lane.records) and now - lane.waits_since >= LONGEST_SECONDS
            if lane.overdue and lane.records and lane is not self._last:
                return lane
        return None

    def reached(self, topic: str, event_time_us: int) -> None:
        """How far in event time the topic is applied."""
        self._lanes[topic].reached_us = event_time_us

    def waiting(self, topic: str) -> int:
        """Records of the topic that are fetched and not taken."""
        return len(self._lanes[topic].records)

    def waiting_bytes(self, topic: str) -> int:
        """What they take, about."""
        return round(self._lanes[topic].bytes)

    def __bool__(self) -> bool:
        """Whether any are."""
        return any(lane.records for lane in self._lanes.values())

    def clear(self) -> None:
        """Forget what was fetched: it will be fetched again."""
        for lane in self._lanes.values():
            lane.records.clear()
            lane.bytes = 0.0
            lane.at_end = False
            lane.awaited_since = None
