"""One partition number: its engine, and how much of what it knows is durable."""

from __future__ import annotations

from collections import Counter, deque
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import structlog

from service.events.refusal import Refused
from service.streaming.dead_letters import dead_letter, letter_of_unreadable
from service.streaming.fetching.unreadable import Unreadable
from service.streaming.intake import Intake

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.engine.snapshot import Snapshot
    from service.events.model import Event, EventType
    from service.streaming.dead_letters import DeadLetter, DeadLetterSender
    from service.streaming.fetching.batch import Record
    from service.streaming.pipeline import PipelineCounts
    from service.streaming.writer import ChangelogWriter

log = structlog.get_logger(__name__)

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
        records: Sequence[Record],
        decoder: EventDecoder,
        wall_us: int,
    ) -> None:
        """Apply records of one topic, all of this partition, in the order of their offsets."""
        topic = records[0].topic
        decode = decoder.decode
        events: list[tuple[Event, int]] = []
        letters: list[DeadLetter] = []
        refusals: Counter[str] = Counter()
        unreadable: list[Unreadable] = []
        for record in records:
            try:
                events.append(decode(type_, record.key, record.value, wall_us))
            except Refused as refused:
                if isinstance(record, Unreadable):
                    unreadable.append(record)
                else:
                    letters.append(dead_letter(record, refused))
                    refusals[refused.reason] += 1
        if events:
            self._counts.add_results(topic, self._engine.apply(events))
            times = np.fromiter(map(_event_time, events), np.int64, len(events))
            self._counts.add_delays(topic, times, wall_us)
            # Not the largest: one event of another day would make the whole topic wait for it.
            middle = len(times) // 2
            self.intake.reached(topic, int(np.partition(times, middle)[middle]))
        if unreadable:
            letters += map(letter_of_unreadable, unreadable)
            for it in unreadable:
                refusals[it.refused.reason] += it.count
            _tell(unreadable)
        if letters:
            self._counts.add_refused(topic, refusals)
            self._dead_letters.submit(letters)
        self._offsets[topic] = records[-1].offset + 1

    def caught_up(self, type_: EventType, topic: str, position: int, wall_us: int) -> None:
        """That topic held nothing unconsumed at `wall_us`; what comes next is at `position`."""
        # After the last event there may be aborted ones, and the marks of transactions.
        if position > self._offsets.get(topic, 0):
            self._offsets[topic] = position
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


def _tell(unreadable: Sequence[Unreadable]) -> None:
    first, last = unreadable[0], unreadable[-1]
    log.warning(
        "records that cannot be read are passed over and sent to the dead-letter topic",
        topic=first.topic,
        partition=first.partition,
        first_offset=first.first_offset,
        last_offset=last.offset,
        records=sum(it.count for it in unreadable),
        reason=first.refused.detail,
    )
