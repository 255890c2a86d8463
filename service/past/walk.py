"""The numbers of one partition at moments of its past, from events in the order of their time.

The numbers of a moment are those of the events up to then, as if each had come in time: what an
event said later of an earlier time is counted from its own time on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import cast

from service.definitions import Definitions
from service.events.model import Event
from service.partition.engine import Engine
from service.past.lines import TopicEvent
from service.view.snapshot import Snapshot

#: Events applied at a time.
_BATCH = 10_000


class Walk:
    """One engine, led from moment to moment."""

    def __init__(self, definitions: Definitions) -> None:
        self._engine = Engine(definitions)
        self.events: Counter[tuple[str, str]] = Counter()
        """What became of the events so far, by (topic, result)."""
        self.overflows: Counter[str] = Counter()
        """Labels that became `other` so far, by dimension."""

    def at(self, moments: Iterable[int], events: Iterable[TopicEvent]) -> Iterator[Snapshot]:
        """The numbers at each of `moments` (ascending, microseconds since 1970).

        `events` are sorted by time; those after the last moment are not looked at.
        """
        coming = iter(events)
        following = next(coming, None)
        for moment in moments:
            batch: list[TopicEvent] = []
            while following is not None and following.at <= moment:
                batch.append(following)
                if len(batch) == _BATCH:
                    self._apply(batch)
                    batch = []
                following = next(coming, None)
            if batch:
                self._apply(batch)
            self._engine.advance(moment)
            self.overflows.update(self._engine.overflowed())
            yield self._engine.snapshot()

    def _apply(self, batch: list[TopicEvent]) -> None:
        # No file is walked through for agents: what is planned for them is known before its time.
        events = cast("list[tuple[Event, int]]", [(event, at) for _, event, at in batch])
        results = self._engine.apply(events)
        self.events.update(zip((topic for topic, _, _ in batch), results, strict=True))
