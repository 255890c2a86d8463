"""An engine fed batch by batch, as the stream does it, and what the reference says at any clock."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from service.events.refusal import Refused
from service.partition.engine import Engine
from service.store.changelog import PART_BYTES
from service.store.pieces import PIECE_BYTES
from tests.partition.product import decoder, definitions, series, topics
from tests.reference.compare import negative
from tests.reference.contacts import assemble
from tests.reference.customers import customers_of
from tests.reference.page import Dimensions, readable_events, tell
from tests.reference.partition import Partition

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator, Sequence

    from service.events.model import Event
    from tests.reference.page import Page, Totals
    from tests.reference.settings import ReferenceSettings

T = TypeVar("T")
Batch = list[tuple["Event", int]]
Record = tuple[bytes, bytes | None]

GAUGES: Final = (
    *("cx_window_", "cx_backlog_", "cx_sla_open_"),
    *("cx_customers{", "cx_customers_monthly_revenue"),
)
#: The contract's second table, without the revisions.
COUNTERS: Final = (
    *("cx_contacts_", "cx_fcr_", "cx_repeat_", "cx_sla_contacts_", "cx_survey_"),
    *("cx_first_response_", "cx_resolution_", "cx_evaluations_", "cx_customers_left_total"),
)
#: All that is told alike before and after a restart.
DURABLE: Final = (
    *(*GAUGES, *COUNTERS, "cx_revised_"),
    *("cx_pipeline_orphans_", "cx_pipeline_waiting_", "cx_pipeline_anomalies_"),
)

#: Parts leave when it is worth while, and not at once: they are compared at the end.
ORPHANS: Final = ("cx_pipeline_orphans_", "cx_pipeline_waiting_")
TOLD_ALIKE: Final = tuple(prefix for prefix in DURABLE if prefix not in ORPHANS)


#: Bytes of a piece and of a part, of which the service has the first; in the last nearly every
#: record is in pieces, but none of what is written in parts.
SIZES: Final = ((PIECE_BYTES, PART_BYTES), (PIECE_BYTES, 100), (60, 30))


class _Line(msgspec.Struct):
    topic: str
    value: msgspec.Raw


def events_of(lines: Iterable[bytes], settings: ReferenceSettings) -> Batch:
    """The events of a log's lines; what is refused is left out."""
    types, decode = topics(settings), decoder(settings).decode_without_key
    read = msgspec.json.Decoder(_Line).decode
    wall_us = time.time_ns() // 1000
    events: Batch = []
    for line in lines:
        try:
            told = read(line)
            events.append(decode(types[told.topic], bytes(told.value), wall_us))
        except (Refused, KeyError, msgspec.DecodeError, UnicodeDecodeError):
            continue
    return events


def cut(
    told: Sequence[T], rng: random.Random, sizes: Sequence[int] = (1, 2, 5, 20, 100)
) -> Iterator[list[T]]:
    """Batches of random sizes."""
    start = 0
    while start < len(told):
        end = start + rng.choice(sizes)
        yield list(told[start:end])
        start = end


@dataclass
class Run:
    """One worker's time with a partition: an engine, and the changelog as far as it is written."""

    settings: ReferenceSettings
    changelog: list[Record] = field(default_factory=list)
    results: Counter[str] = field(default_factory=Counter)
    #: What all partitions have agreed on to be label values, by dimension.
    agreed: Sequence[tuple[str, str]] = ()
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = Engine(definitions(self.settings))
        self.engine.restore(self.changelog)
        self.engine.admit(self.agreed)
        self.engine.restored()

    def feed(self, batch: Batch, clock: int | None = None) -> list[Record]:
        """One turn of the stream; what it writes. The clock is then `clock` at least, None: the
        largest event time, as where every topic is read to its end."""
        self.results.update(self.engine.apply(batch))
        self.engine.advance(self.engine.latest if clock is None else clock)
        written = self.engine.changes()
        self.changelog += written
        return written

    def page(self) -> Page:
        """Every series; whatever was done to the engine, none is less than nothing."""
        page = series(self.engine.snapshot())
        assert negative(page) == []
        return page

    def lost_some(self) -> bool:
        """Whether an event came too late. Its contact known, the same again can be in time."""
        return self.results["too_late"] > 0

    def successor(
        self, settings: ReferenceSettings | None = None, changelog: Sequence[Record] | None = None
    ) -> Run:
        """Another worker that takes up the partition from its changelog alone."""
        return Run(
            settings or self.settings, list(self.changelog if changelog is None else changelog)
        )


def compacted(changelog: Sequence[Record], tombstones: bool) -> list[Record]:
    """What a broker keeps of it: the last record of each key; tombstones only for a time."""
    last = {key: number for number, (key, _) in enumerate(changelog)}
    return [
        (key, value)
        for number, (key, value) in enumerate(changelog)
        if last[key] == number and (tombstones or value is not None)
    ]


def expected_at(lines: Iterable[bytes], clock: int, settings: ReferenceSettings) -> Page:
    """What the reference says after these lines, also where some are ahead of the clock."""
    totals: Totals = defaultdict(int)
    events = readable_events(lines, settings, totals)
    contacts, _ = assemble(events, settings)
    label = Dimensions(events, settings).label
    tell(Partition(contacts, clock, settings, label, customers_of(events)), totals)
    return {key: float(value) for key, value in totals.items()}


def fallen(before: Page, after: Page) -> list[str]:
    """The counters that are less than they were."""
    return [
        f"{name} {sorted(labels)}: {value} -> {after.get((name, labels), 0.0)}"
        for (name, labels), value in before.items()
        if name.startswith((*COUNTERS, "cx_revised_")) and after.get((name, labels), 0.0) < value
    ]
