"""Offline: events from lines of text through one engine, as one partition.

The lines are in the order of arrival, but all of them are applied before the clock moves to the
moment asked for, so the numbers depend on which lines there are and not on their order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import msgspec

from service.definitions import Definitions
from service.events.decoding import Decoder
from service.events.model import Event, EventType
from service.events.refusal import Reason, Refused
from service.partition.engine import Engine
from service.view.snapshot import Snapshot

#: Events applied at a time.
BATCH = 10_000
#: The topic under which lines are counted that are of no topic that is read.
NO_TOPIC = "unknown"


class NotRead(Exception):  # noqa: N818 - not wrong by itself
    """The line is of a topic that is not read; the message says why."""


class _Line(msgspec.Struct, gc=False):
    topic: str
    value: msgspec.Raw


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
        decoder: decides what is an event.
        topics: topic names and the event types they hold.
        wall_us: the wall clock, microseconds since the epoch.
        on_bad_line: told the number (from 1) of each line that is refused, and why.
        unread: topics that are off, and the setting that turns each on.
    """

    def __init__(
        self,
        definitions: Definitions,
        decoder: Decoder,
        topics: Mapping[str, EventType],
        wall_us: int,
        on_bad_line: Callable[[int, Exception], None],
        unread: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._engine = Engine(definitions)
        self._decoder = decoder
        self._topics = topics
        self._wall_us = wall_us
        self._on_bad_line = on_bad_line
        self._unread = unread
        self._read = msgspec.json.Decoder(_Line).decode
        self._events: Counter[tuple[str, str]] = Counter()
        self._dead_letters: Counter[tuple[str, str]] = Counter()

    def run(self, lines: Iterable[bytes], as_of: int | None) -> Replayed:
        """Applies the lines and moves the clock to `as_of`, or to the largest event time.

        Raises:
            TooEarly: `as_of` is before the largest event time that was accepted.
        """
        batch: list[tuple[Event, int]] = []
        topics: list[str] = []
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            topic = NO_TOPIC
            try:
                topic, type_, value = self._envelope(line)
                batch.append(self._decoder.decode_without_key(type_, value, self._wall_us))
                topics.append(topic)
            except NotRead as not_read:
                # The service would see none of it: there is no letter either.
                self._events[topic, "invalid"] += 1
                self._on_bad_line(number, not_read)
            except Refused as refused:
                self._events[topic, "invalid"] += 1
                self._dead_letters[topic, refused.reason] += 1
                self._on_bad_line(number, refused)
            if len(batch) == BATCH:
                self._apply(batch, topics)
        self._apply(batch, topics)
        latest = self._engine.latest
        if as_of is not None and as_of < latest:
            raise TooEarly(latest)
        self._engine.advance(latest if as_of is None else as_of)
        return Replayed(
            self._engine.snapshot(),
            dict(self._events),
            dict(self._dead_letters),
            self._engine.overflowed(),
        )

    def _envelope(self, line: bytes) -> tuple[str, EventType, bytes]:
        try:
            read = self._read(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            read = None
        if read is None:
            raise Refused(
                Reason.NOT_JSON, 'the line is not {"topic": "...", "value": {...}} in JSON'
            )
        type_ = self._topics.get(read.topic)
        if type_ is None:
            switch = self._unread.get(read.topic)
            if switch is not None:
                raise NotRead(f"the topic {read.topic} is off: {switch} turns it on")
            raise NotRead(f"the topic is none of {', '.join(self._topics)}")
        return read.topic, type_, bytes(read.value)

    def _apply(self, batch: list[tuple[Event, int]], topics: list[str]) -> None:
        self._events.update(zip(topics, self._engine.apply(batch), strict=True))
        batch.clear()
        topics.clear()
