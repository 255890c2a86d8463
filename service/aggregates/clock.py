"""A partition's clock: event time, as far as all of its topics have come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

#: Earlier than any event: the reading of a topic of which nothing is known.
BEFORE_ALL = -(1 << 62)


class PartitionClock:
    """The minimum over the topics of each topic's own clock; it never goes backwards.

    A topic's clock is the largest event time seen in it, or, while it is known to hold nothing
    more, the wall clock. All times are microseconds since the epoch.
    """

    def __init__(self, topics: Iterable[str]) -> None:
        self._topics: dict[str, int] = dict.fromkeys(topics, BEFORE_ALL)
        self.now = BEFORE_ALL

    def seen(self, topic: str, time: int) -> None:
        """An event of this time was seen, or the topic was at its end when the wall said so."""
        if time > self._topics[topic]:
            self._topics[topic] = time

    def advance(self, at_least: int = BEFORE_ALL) -> int:
        """Moves the partition's clock as far as its topics allow; returns it."""
        self.now = max(self.now, min(self._topics.values()), at_least)
        return self.now

    @property
    def latest(self) -> int:
        """The largest event time seen in any topic."""
        return max(self._topics.values())

    def readings(self) -> Mapping[str, int]:
        return dict(self._topics)

    def resume(self, now: int, readings: Mapping[str, int]) -> None:
        """Takes up the readings of an earlier run; topics that are no longer read are forgotten."""
        for topic, time in readings.items():
            if topic in self._topics:
                self.seen(topic, time)
        self.now = max(self.now, now)
