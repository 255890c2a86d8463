"""Offline: events from lines of text through one engine, as one partition.

The lines are in the order of arrival, but all of them are applied before the clock moves to the
moment asked for, so the numbers depend on which lines there are and not on their order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType

from service.definitions import Definitions
from service.events.agents import AgentEventType
from service.events.decoding import Decoder
from service.events.model import EventType
from service.past.lines import Lines
from service.past.partitions import Partitions
from service.view.snapshot import Snapshot

#: Events applied at a time.
BATCH = 10_000


class TooEarly(Exception):  # noqa: N818 - names what is wrong with the moment asked for
    """The moment asked for is before the largest event time, `latest` (microseconds)."""

    def __init__(self, latest: int) -> None:
        super().__init__(latest)
        self.latest = latest


@dataclass(frozen=True, slots=True)
class Replayed:
    """The numbers at the moment asked for, and what became of the lines.

    `events` by (topic, result), `dead_letters` by (topic, reason): where the service would send
    what it refuses to the dead-letter topic. `overflows` by label dimension.
    """

    snapshot: Snapshot
    events: Mapping[tuple[str, str], int]
    dead_letters: Mapping[tuple[str, str], int]
    overflows: Mapping[str, int]
    #: The agents' numbers, where they are told.
    agents: Snapshot | None = None

    @property
    def lines(self) -> int:
        """How many lines there were, blank ones left out."""
        return sum(self.events.values())

    @property
    def refused(self) -> int:
        """How many of them were no events."""
        return sum(lines for (_, result), lines in self.events.items() if result == "invalid")


class Replay:
    """Reads lines `{"topic": ..., "value": {...}}`, one event each.

    Args:
        definitions: the domain's settings.
        decoder, topics, wall_us, unread: see :class:`service.past.lines.Lines`.
        on_bad_line: told the number (from 1) of each line that is refused, and why.
        on_outcome: told the outcome of each contact, as JSON.
    """

    def __init__(
        self,
        definitions: Definitions,
        decoder: Decoder,
        topics: Mapping[str, EventType | AgentEventType],
        wall_us: int,
        on_bad_line: Callable[[int, Exception], None],
        unread: Mapping[str, str] = MappingProxyType({}),
        on_outcome: Callable[[bytes], None] | None = None,
    ) -> None:
        self._tell_outcome = on_outcome
        self._partitions = Partitions(replace(definitions, outcomes=on_outcome is not None))
        self._lines = Lines(
            decoder, topics, wall_us, lambda number, _, why: on_bad_line(number, why), unread
        )

    def run(self, lines: Iterable[bytes], as_of: int | None) -> Replayed:
        """Applies the lines and moves the clock to `as_of`, or to the largest event time.

        Raises:
            TooEarly: `as_of` is before the largest event time that was accepted.
        """
        events: Counter[tuple[str, str]] = Counter()
        read = self._lines.events(lines)
        while batch := list(islice(read, BATCH)):
            events.update(self._partitions.apply(batch))
        latest = self._partitions.latest
        if as_of is not None and as_of < latest:
            raise TooEarly(latest)
        clock = latest if as_of is None else as_of
        self._partitions.advance(clock)
        if self._tell_outcome is not None:
            for _, outcome in self._partitions.contacts.outcomes():
                self._tell_outcome(outcome)
        events.update({(topic, "invalid"): n for topic, n in self._lines.invalid.items()})
        snapshot, *agents = self._partitions.snapshots()
        return Replayed(
            snapshot,
            dict(events),
            dict(self._lines.dead_letters),
            self._partitions.overflowed(),
            *agents,
        )
