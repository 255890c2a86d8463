"""An engine fed as the stream feeds it, with the events of a workload."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.workload import Record
from service.definitions import Definitions
from service.events.decoding import Decoder
from service.events.model import Event
from service.partition.engine import Engine

#: As the stream hands them over.
_BATCH = 2_000
#: A wall clock that no event is ahead of.
_END = 1 << 60
Timed = tuple[Event, int]
Change = tuple[bytes, bytes | None]


def decoded(records: Iterable[Record]) -> list[Timed]:
    """The events as the engine takes them."""
    decode = Decoder(65_536, 300_000_000).decode
    return [decode(record.topic, record.key, record.value, _END) for record in records]  # type: ignore[call-overload]


def feed(engine: Engine, events: Sequence[Timed]) -> list[Change]:
    """All steps of the stream's batches; what they write to the changelog."""
    changes: list[Change] = []
    for start in range(0, len(events), _BATCH):
        engine.apply(events[start : start + _BATCH])
        engine.advance()
        changes += engine.changes()
    return changes


def new_engine() -> Engine:
    """With the default settings."""
    return Engine(Definitions())
