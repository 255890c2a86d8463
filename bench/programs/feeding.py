"""An engine fed as the stream feeds it, with the events of a workload."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Sequence

from bench.workload import Record
from service.definitions import Definitions
from service.events.decoding import Decoder
from service.events.model import Event
from service.partition.engine import Engine

#: As the stream hands them over.
BATCH = 2_000
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
    for start in range(0, len(events), BATCH):
        engine.apply(events[start : start + BATCH])
        engine.advance()
        changes += engine.changes()
    return changes


def cost_of(engine: Engine, events: Sequence[Timed]) -> float:
    """CPU seconds an event."""
    gc.collect()
    begun = time.process_time()
    feed(engine, events)
    return (time.process_time() - begun) / len(events)


def new_engine() -> Engine:
    """With the default settings."""
    return Engine(Definitions())
