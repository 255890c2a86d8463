"""An engine alone, without a broker, fed as the stream feeds it."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from bench.workload import Record
from service.events.decoding import Decoder
from service.store.changelog import Change

#: As the stream hands events over: of a backlog, and live.
BACKLOG, LIVE = 2_000, 50
#: A wall clock that no event is ahead of.
_END = 1 << 60


def feed(
    engine: Any, records: Sequence[Record], batch: int = BACKLOG, *, live: bool = False
) -> tuple[float, list[Change]]:
    """All steps of the stream's batches, on decoded events; `engine` is one of contacts or agents.

    CPU seconds of an event, and what is to be written to the changelog. `live`: all topics are read
    to their end after each batch, so none of them holds the clock back.
    """
    decode = Decoder(65_536, 300_000_000).decode
    events = [decode(record.topic, record.key, record.value, _END) for record in records]  # type: ignore[call-overload]
    gc.collect(0)
    changes: list[Change] = []
    begun = time.process_time()
    for start in range(0, len(events), batch):
        engine.apply(events[start : start + batch])
        engine.advance(*([records[start : start + batch][-1].at] if live else []))
        engine.outcomes()
        changes += engine.changes()
    return (time.process_time() - begun) / max(1, len(events)), changes


def cost(
    engine: Any, samples: Iterable[Sequence[Record]], batch: int = BACKLOG, *, live: bool = False
) -> float:
    """CPU microseconds of an event, the median of the samples."""
    return 1e6 * median(feed(engine, sample, batch, live=live)[0] for sample in samples)
