"""Lines of a simulated centre, and what replay says of some of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Final

from service.definitions import HOUR, Definitions
from service.events.decoding import Decoder
from service.events.model import EVENT_CLASSES, OPTIONAL, EventType
from service.past.lines import Lines, TopicEvent
from service.replay import Replay
from service.simulate.generator import simulate
from service.simulate.plan import Plan
from service.simulate.publication import ndjson_line
from service.view.catalogue import METRICS
from service.view.snapshot import Snapshot
from tests.simulate.observed import MONDAY

TOPICS: Final[dict[str, EventType]] = {
    type_: type_ for type_ in EVENT_CLASSES if type_ not in OPTIONAL
}
#: Of each gauge, the names of its labels.
LABELS: Final = {
    sample: names
    for metric in METRICS
    if metric.type == "gauge"
    for sample, names in metric.samples.items()
}

Series = dict[tuple[str, tuple[str, ...]], float]


def lines(duration: int = 6 * HOUR, rate: float = 150, seed: int = 1) -> list[bytes]:
    plan = Plan(seed=seed, start=MONDAY, rate=rate, duration=duration)
    return [ndjson_line(item, item.type) for item in simulate(plan)]


def reader() -> Lines:
    return Lines(Decoder(65_536, 0), TOPICS, time.time_ns() // 1000, _refuse)


def _refuse(number: int, topic: str, why: Exception) -> None:
    raise AssertionError(number, topic, why)


def events(of: Iterable[bytes]) -> list[TopicEvent]:
    return list(reader().events(of))


def replayed(of: Sequence[bytes], as_of: int) -> Snapshot:
    """The numbers of those of the lines whose event is not after `as_of`."""
    known = [line for line, event in zip(of, events(of), strict=True) if event.at <= as_of]
    replay = Replay(Definitions(), Decoder(65_536, 0), TOPICS, time.time_ns() // 1000, print)
    return replay.run(known, as_of).snapshot


def gauges(snapshot: Snapshot) -> Series:
    """What is not 0."""
    return {
        (sample, labels): value / family.unit
        for sample in LABELS
        if (family := snapshot.families.get(sample)) is not None
        for labels, value in zip(family.labels, family.values.tolist(), strict=False)
        if value
    }
