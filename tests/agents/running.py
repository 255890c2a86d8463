"""A partition of agents fed batch by batch, as the stream does it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from service.agents.engine import AgentsEngine
from service.definitions import SECOND, Definitions
from service.events.agents import AgentEventType
from service.events.decoding import Decoder
from tests.partition.product import series

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from service.events.agents import AgentEvent
    from tests.reference.page import Page

Batch = list[tuple["AgentEvent", int]]
Record = tuple[bytes, bytes | None]


class _Line(msgspec.Struct):
    topic: AgentEventType
    value: msgspec.Raw


_read = msgspec.json.Decoder(_Line).decode
_decoder = Decoder(65_536, 300 * SECOND)


def events_of(lines: Iterable[bytes]) -> Batch:
    """The events of lines of which none is refused."""
    told = [_read(line) for line in lines]
    wall_us = time.time_ns() // 1000
    return [_decoder.decode_without_key(it.topic, bytes(it.value), wall_us) for it in told]


@dataclass
class Run:
    """One worker's time with a partition: an engine, and the changelog as far as it is written."""

    definitions: Definitions
    changelog: list[Record] = field(default_factory=list)
    engine: AgentsEngine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = AgentsEngine(self.definitions)
        self.engine.restore(self.changelog)
        self.engine.restored()

    def feed(self, batch: Batch, clock: int) -> list[Record]:
        """One turn of the stream; what it writes. The clock is then `clock` at least."""
        self.engine.apply(batch)
        self.engine.advance(max(clock, self.engine.latest))
        written = self.engine.changes()
        self.changelog += written
        return written

    def page(self) -> Page:
        """Every series."""
        return series(self.engine.snapshot())

    def successor(self, changelog: Sequence[Record] | None = None) -> Run:
        """Another worker that takes up the partition from its changelog alone."""
        return Run(self.definitions, list(self.changelog if changelog is None else changelog))
