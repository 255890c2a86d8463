"""One partition number: its engine, and how much of what it knows is durable."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias

import numpy as np
import structlog

from service.events.agents import AGENT_PLANS
from service.events.refusal import Refused
from service.streaming.dead_letters import dead_letter, letter_of_unreadable
from service.streaming.fetching.unreadable import Unreadable
from service.streaming.intake import Intake
from service.streaming.placement import LONGEST_KEY
from service.streaming.register import agree_on_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from service.aggregates.labels import Label
    from service.events.agents import AgentEventType
    from service.events.model import EventType
    from service.store.settings_told import Difference
    from service.streaming.dead_letters import DeadLetter, DeadLetterSender
    from service.streaming.fetching.record import Record
    from service.streaming.pipeline import PipelineCounts
    from service.streaming.register import Register
    from service.streaming.writer import ChangelogWriter
    from service.view.snapshot import Group, Snapshot

log = structlog.get_logger(__name__)

_event_time = itemgetter(1)

#: How long the changelog may hear nothing of what little came, and of the clock, while nobody asks
#: for numbers. That much is read again after a crash.
_QUIET_SECONDS: Final = 5.0


class EventDecoder(Protocol):
    """The gate of `service.events`."""

    def decode_all(
        self, type_: Any, records: Sequence[Record], wall_us: int
    ) -> tuple[list[tuple[Any, int]], list[tuple[int, Refused]]]:
        """The events with their own times, and by their places the records that are none."""


class PartitionEngine(Protocol):
    """What the stream needs of :mod:`service.partition`, and of :mod:`service.agents`.

    The events of each are of its own types.
    """

    def restore(self, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Take over records in log order."""

    def undecided(self) -> Sequence[Label]:
        """The label values to be agreed on when there are no more of them."""

    def admit(self, labels: Iterable[Label]) -> None:
        """Take what is on the list of all partitions."""

    def restored(self) -> None:
        """All is there to come to the numbers that the records stand for.

        Raises StateIncompleteError.
        """

    @property
    def is_empty(self) -> bool:
        """Whether no records were, or all that they said was taken back."""

    def flaw(self, key: bytes, value: bytes | None, /) -> str | None:
        """Why a record cannot be read by itself; None if it can."""

    def changed_settings(self) -> Sequence[Difference]: ...

    @property
    def displaced_labels(self) -> Sequence[Label]:
        """Label values that had a place and have lost it, as the list of all has lost its head."""

    def apply(self, events: Sequence[tuple[Any, int]]) -> Sequence[str]: ...
    def overflowed(self) -> Mapping[str, int]: ...
    def caught_up(self, event_type: str, wall_us: int) -> None: ...
    def advance(self) -> None: ...
    def changes(self) -> Sequence[tuple[bytes, bytes | None]]: ...
    def outcomes(self) -> Sequence[tuple[bytes, bytes]]: ...

    def tell_again(self, outcomes: Sequence[bytes], /) -> None:
        """These values of outcomes are the last ones, and may be wrong."""

    def snapshot(self) -> Snapshot: ...


#: What makes an engine, by the group of topics that its partition is of.
EngineMakers: TypeAlias = "Mapping[Group, Callable[[], PartitionEngine]]"


class _Ticket(NamedTuple):
    """Offsets that may be committed once all that was submitted before is settled."""

    offsets: Mapping[str, int]
    changelog: int
    dead_letters: int


def _place(event: int, refused_at: Sequence[int]) -> int:
    """Which of the records an event is, those that were refused being so many others."""
    for number in refused_at:
        if number > event:
            break
        event += 1
    return event


class Partition:
    """Between two calls engine, changelog and offsets agree."""

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
        self.topics = tuple(topics)
        """Those of its group."""
        self.intake = Intake(self.topics)
        """What was fetched and is not yet applied."""
        self.unsettled = 0
        """Records that were consumed since :meth:`settle`."""
        self._engine = engine
        self._clock_moved = True
        self._settled_at = -math.inf
        self.durable, _ = self.snapshot()
        """The newest snapshot of which every record is in the changelog."""
        self._dead_letters = dead_letters
        self._counts = counts
        self._offsets: dict[str, int] = {}
        self._tickets: deque[_Ticket] = deque()

    def consume(
        self,
        topic: str,
        type_: EventType | AgentEventType,
        records: Sequence[Record],
        decoder: EventDecoder,
        wall_us: int,
    ) -> int:
        """Apply records of one topic, all of this partition, in the order of their offsets.

        Returns how many: all, or those before the first one of which a label has to be agreed on.
        """
        events, refused = decoder.decode_all(type_, records, wall_us)
        results = self._engine.apply(events) if events else ()
        consumed = len(records)
        if len(results) < len(events):
            consumed = _place(len(results), [place for place, _ in refused])
            del events[len(results) :]
            refused = [it for it in refused if it[0] < consumed]
        if events:
            self._counts.add_results(topic, results)
            self._counts.add_overflows(self._engine.overflowed())
            times = np.fromiter(map(_event_time, events), np.int64, len(events))
            if type_ not in AGENT_PLANS:
                self._counts.add_delays(topic, times, wall_us)
            # Not the largest: one event of another day would make the whole topic wait for it.
            middle = len(times) // 2
            self.intake.reached(topic, int(np.partition(times, middle)[middle]))
        if refused:
            self._refuse(topic, [(records[place], why) for place, why in refused])
        if consumed:
            keys = [
                record.key
                for record in records[:consumed]
                if record.key is not None and len(record.key) <= LONGEST_KEY
            ]
            self._counts.add_keys(topic, self.number, keys, wall_us)
            self._offsets[topic] = records[consumed - 1].offset + 1
            self.unsettled += consumed
        return consumed

    def _refuse(self, topic: str, refused: Iterable[tuple[Record, Refused]]) -> None:
        letters: list[DeadLetter] = []
        refusals: Counter[str] = Counter()
        unreadable: list[Unreadable] = []
        for record, why in refused:
            if isinstance(record, Unreadable):
                unreadable.append(record)
                letters.append(letter_of_unreadable(record))
                refusals[record.refused.reason] += record.count
            else:
                letters.append(dead_letter((topic, self.number), record, why))
                refusals[why.reason] += 1
        if unreadable:
            _tell(unreadable)
        self._counts.add_refused(topic, refusals)
        self._dead_letters.submit(letters)

    async def agree(self, register: Register) -> None:
        """Has decided what labels `consume` waits for. Raises StreamError."""
        await agree_on_labels(self._engine, register)

    def caught_up(self, type_: str, topic: str, position: int, wall_us: int | None) -> None:
        """That topic held nothing unconsumed at `wall_us` (None: the wall clock is not believed);
        what comes next is at `position`."""
        # After the last event there may be aborted ones, and the marks of transactions.
        if position > self._offsets.get(topic, 0):
            self._offsets[topic] = position
        if wall_us is not None:
            self._engine.caught_up(type_, wall_us)
            self._clock_moved = True

    def settle(self) -> None:
        """Move the clock and hand what changed to the changelog; after a batch, or with none.

        Whatever is consumed before it costs one advance and one flush: so where little comes in it
        is left to the next tick, or to whoever asks for the numbers.
        """
        self.unsettled, self._clock_moved = 0, False
        self._settled_at = time.monotonic()
        self._engine.advance()
        changelog = self.writer.submit(self._engine.changes(), self._engine.outcomes())
        if not self._tickets or self._tickets[-1].offsets != self._offsets:
            ticket = _Ticket(dict(self._offsets), changelog, self._dead_letters.submitted)
            self._tickets.append(ticket)

    @property
    def is_stale(self) -> bool:
        """Whether its numbers could be newer than at the last :meth:`settle`."""
        return self.unsettled > 0 or self._clock_moved

    @property
    def is_due(self) -> bool:
        """Whether it is to be settled though nobody asks for its numbers."""
        # Whom outcomes are told does not ask.
        is_long_ago = time.monotonic() - self._settled_at >= _QUIET_SECONDS
        return is_long_ago or self.writer.tells_outcomes

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
        snapshot = replace(self._engine.snapshot(), epoch=self.writer.epoch)
        return snapshot, self.writer.submitted


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
