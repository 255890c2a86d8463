"""What a stage counts about itself since its process began."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from service.exposition.feeds import Feeds
from service.feeds.mapped import Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.feeds.mapped import Mapped


class StageCounts:
    """Counted a chunk at a time, read at every scrape; all on one event loop."""

    def __init__(self, feeds: Sequence[str]) -> None:
        self._feeds = tuple(feeds)
        self._records: Counter[tuple[str, str]] = Counter()
        self._matched: dict[str, float] = {}
        self._dead_letters: Counter[tuple[str, str]] = Counter()
        self._lost: Counter[tuple[str, int]] = Counter()
        self._lag: Mapping[tuple[str, int], int] = {}

    def add(self, mapped: Mapped) -> None:
        """What became of a record."""
        for feed, result in mapped.results:
            self._records[feed, result] += 1
            if result is not Result.SKIPPED:
                self._matched[feed] = time.time()

    def add_dead_letters(self, topic: str, reasons: Mapping[str, int]) -> None:
        """Letters for records of the topic, by reason."""
        for reason, count in reasons.items():
            self._dead_letters[topic, reason] += count

    def add_lost(self, topic: str, partition: int, records: int) -> None:
        """Records were gone before they were read."""
        self._lost[topic, partition] += records

    def set_lag(self, lag: Mapping[tuple[str, int], int]) -> None:
        """Of the topic partitions that are this stage's now."""
        self._lag = lag

    def report(self, registry_wait: float | None) -> Feeds:
        """All of it, at this moment."""
        return Feeds(
            feeds=self._feeds,
            records=self._records,
            matched=self._matched,
            lag=self._lag,
            dead_letters=self._dead_letters,
            # Of what is read here a 0 is told as well: only from there an increase is seen.
            lost={**dict.fromkeys(self._lag, 0), **self._lost},
            registry_wait=registry_wait,
        )
