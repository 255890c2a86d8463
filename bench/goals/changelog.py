"""What an event costs in the changelog: while a backlog is worked off, and live.

Of an engine alone. Live, it is watched once as many contacts leave the state as enter it: windows
of minutes instead of days, so that they leave while one watches, and batches as small as live ones.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from bench.engines import BACKLOG, LIVE, feed
from bench.measures import Measure, Plan, say
from bench.processes import alone
from bench.workload import PARTITIONS, Record, past, steady
from service.definitions import MINUTE, SECOND, Definitions, RepeatWindow, Window
from service.partition.engine import Engine

_CUSTOMERS = 20_000
_EVENTS_PER_SECOND = 185
_SETTLED = 20 * MINUTE
#: Contacts leave every five minutes here, all that are due: two whole periods of that, or more
#: would leave than enter.
_WATCHED = 10 * MINUTE


def changelog(plan: Plan) -> list[Measure]:
    """Records and bytes an event."""
    say("a partition's part of a backlog, and half an hour of live events")
    found = {"backlog": alone(_backlog, plan.events // PARTITIONS), "live": alone(_live)}
    return [
        measure
        for when, (records, size) in found.items()
        for measure in (
            Measure(f"changelog records an event, {when}", records, most=1.2),
            Measure(f"changelog bytes an event, {when}", size, " B", most=250),
        )
    ]


def _backlog(events: int) -> tuple[float, float]:
    records = past(events, time.time_ns() // 1000, customers=_CUSTOMERS // PARTITIONS)
    return _each(Engine(Definitions()), records, BACKLOG)


def _live() -> tuple[float, float]:
    definitions = Definitions(
        windows=(Window("1m", MINUTE, 15 * SECOND), Window("5m", 5 * MINUTE, MINUTE)),
        repeat_windows=(RepeatWindow("2m", 2 * MINUTE),),
        open_horizon=10 * MINUTE,
    )
    engine = Engine(definitions)
    records = steady(0, _SETTLED + _WATCHED, _EVENTS_PER_SECOND, customers=_CUSTOMERS)
    before = [record for record in records if record.at < _SETTLED]
    feed(engine, before, LIVE)
    return _each(engine, records[len(before) :], LIVE)


def _each(engine: Engine, records: Sequence[Record], batch: int) -> tuple[float, float]:
    """Records and bytes for one event."""
    _, changes = feed(engine, records, batch)
    size = sum(len(key) + len(value or b"") for key, value in changes)
    return len(changes) / len(records), size / len(records)
