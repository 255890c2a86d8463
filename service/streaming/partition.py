"""One partition number: its engine, and how much of what it knows is durable."""

from __future__ import annotations

from collections import deque
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from service.events.refusal import Refused
from service.streaming.dead_letters import dead_letter
from service.streaming.intake import Intake

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aiokafka import ConsumerRecord

    from service.engine.snapshot import Snapshot
    from service.events.model import Event, EventType
    from service.streaming.dead_letters import DeadLetter, DeadLetterSender
    from service.streaming.pipeline import PipelineCounts
    from service.streaming.writer import ChangelogWriter

_event_time = itemgetter(1)


class EventDecoder(Protocol):
    """The gate of `service.events`."""

    def decode(
        self, type_: EventType, key: bytes | None, value: bytes | None, wall_us: int
    ) -> tuple[Event, int]:
        """The event and its own time, or Refused."""


class PartitionEngine(Protocol):
    """What the stream needs of `service.engine`."""

    def restore(self, records: Iterable[tuple[bytes, bytes | None]]) -> None: ...
    def restored(self) -> None: ...
    def apply(self, events: Sequence[tuple[Event, int]]) -> Iterable[str]: ...
    def caught_up(self, event_type: EventType, wall_us: int) -> None: ...
    def advance(self) -> None: ...
    def changes(self) -> Sequence[tuple[bytes, bytes | None]]: ...
    def snapshot(self) -> Snapshot: ...


class _Ticket(NamedTuple):
    """Offsets that may be committed once all that was submitted before is settled."""

    offsets: Mapping[str, int]
    changelog: int
    dead_letters: int


class Partition:
    """All calls are synchronous: between two of them engine, changelog and offsets agree."""

    def __init__(
        self,
        number: int,
        engine: PartitionEngine,
        writer: ChangelogWriter,
        dead_letters: DeadLetterSender,
        counts: PipelineCounts,
        topics: Iterable[str],
    ) -> None:
        self.number = number
        self.writer = writer
        self.intake = Intake(topics)
        """What was fetched and is not yet applied."""
        self.durable = engine.snapshot()
        """The newest snapshot of which every record is in the changelog."""
        self._engine = engine
        self._dead_letters = dead_letters
        self._counts = counts
        self._offsets: dict[str, int] = {}
        self._tickets: deque[_Ticket] = deque()

    def consume(
        self,
        type_: EventType,
        records: Sequence[ConsumerRecord],
        decoder: EventDecoder,
        wall_us: int,
    ) -> None:
        """Apply records of one topic, all of this partition, in the order of their offsets."""
        topic = records[0].topic
        decode = decoder.decode
        events: list[tuple[Event, int]] = []
        letters: list[DeadLetter] = []
        reasons: list[str] = []
        for record in records:
            try:
                events.append(decode(type_, record.key, record.value, wall_us))
            except Refused as refused:
                letters.append(dead_letter(record, refused))
                reasons.append(refused.reason)
        if events:
            self._counts.add_results(topic, self._engine.apply(events))
            times = np.fromiter(map(_event_time, events), np.int64, len(events))
            self._counts.add_delays(topic, times, wall_us)
            # Not the largest: one event of another day would make the whole topic wait for it.
            middle = len(times) // 2
            self.intake.reached(topic, int(np.partition(times, middle)[middle]))
        if letters:
            self._counts.add_refused(topic, reasons)
            self._dead_letters.submit(letters)
        self._offsets[topic] = records[-1].offset + 1

    def caught_up(self, type_: EventType, wall_us: int) -> None:
        """That topic held nothing unconsumed at `wall_us`."""
        self._engine.caught_up(type_, wall_us)

    def settle(self) -> None:
        """Move the clock and hand what changed to the changelog; after a batch, or with none."""
        self._engine.advance()
        changelog = self.writer.submit(self._engine.changes())
        if not self._tickets or self._tickets[-1].offsets != self._offsets:
            ticket = _Ticket(dict(self._offsets), changelog, self._dead_letters.submitted)
            self._tickets.append(ticket)

    def committable(self) -> Mapping[str, int]:
        """Offset by topic up to which all consequences of the records are durable."""
        tickets = self._tickets
        # The newest settled ticket stays: it is the answer until there is a newer one.
        while len(tickets) > 1 and self._is_settled(tickets[1]):
            tickets.popleft()
        return tickets[0].offsets if tickets and self._is_settled(tickets[0]) else {}

    def _is_settled(self, ticket: _Ticket) -> bool:
        return (
            ticket.changelog <= self.writer.acknowledged
            and ticket.dead_letters <= self._dead_letters.settled
        )

    def snapshot(self) -> tuple[Snapshot, int]:
        """The numbers now, and the changelog record after which they are durable."""
        return self._engine.snapshot(), self.writer.submitted
