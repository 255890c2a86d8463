"""The numbers of one partition at moments of its past, from events in the order of their time.

The numbers of a moment are those of the events up to then, as if each had come in time: what an
event said later of an earlier time is counted from its own time on. Only what is planned for
agents is known before its time, as plans are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from service.past.partitions import Partitions

if TYPE_CHECKING:
    from service.definitions import Definitions
    from service.past.lines import TopicEvent
    from service.view.snapshot import Snapshot

#: Events applied at a time.
_BATCH = 10_000


class Walk:
    """Partitions led from moment to moment."""

    def __init__(self, definitions: Definitions) -> None:
        self._partitions = Partitions(replace(definitions, outcomes=False))
        self.events: Counter[tuple[str, str]] = Counter()
        """What became of the events so far, by (topic, result)."""
        self.overflows: Counter[str] = Counter()
        """Labels that became `other` so far, by dimension."""

    def at(
        self, moments: Iterable[int], events: Iterable[TopicEvent]
    ) -> Iterator[tuple[Snapshot, ...]]:
        """The numbers at each of `moments` (ascending, microseconds since 1970).

        The contacts' snapshot, then that of agents where they are told. `events` are sorted by when
        they are known; those after the last moment are not looked at.
        """
        coming = iter(events)
        following = next(coming, None)
        for moment in moments:
            batch: list[TopicEvent] = []
            while following is not None and following.known_at <= moment:
                batch.append(following)
                if len(batch) == _BATCH:
                    self._apply(batch)
                    batch = []
                following = next(coming, None)
            if batch:
                self._apply(batch)
            self._partitions.advance(moment)
            self.overflows.update(self._partitions.overflowed())
            yield self._partitions.snapshots()

    def _apply(self, batch: list[TopicEvent]) -> None:
        self.events.update(self._partitions.apply(batch))
