"""Goal 4: what an event costs in the changelog."""

from __future__ import annotations

import asyncio
import sys

from bench.brokers import Broker
from bench.changelog import changelog_cost
from bench.contenders import run_service
from bench.measures import Measure, at_most, remark
from bench.processes import answer_of

_GROUP = "bench-changelog"
_MOST_RECORDS = 1.2
_MOST_BYTES = 250
_SECONDS = 900.0


def backlog(broker: Broker, events: int) -> list[Measure]:
    """Working off the published events: many a batch, and no contact leaves."""
    run_service(broker, events, _GROUP)
    cost = asyncio.run(changelog_cost(broker.bootstrap, f"changelog-{_GROUP}"))
    return [
        at_most("4", "changelog records an event, backlog", cost.records / events, _MOST_RECORDS),
        at_most("4", "changelog bytes an event, backlog", cost.size / events, _MOST_BYTES, " B"),
    ]


def steady() -> list[Measure]:
    """Of one engine, live: few events a batch, and as many contacts leave as enter."""
    found = answer_of([sys.executable, "-m", "bench.programs.steady_changelog"], _SECONDS)
    records = at_most("4", "changelog records an event, live", found["records"], _MOST_RECORDS)
    records.raw["kinds"] = found["kinds"]
    return [
        records,
        *(remark("4", f"of them: {kind}", each) for kind, each in found["kinds"].items()),
        at_most("4", "changelog bytes an event, live", found["bytes"], _MOST_BYTES, " B"),
    ]
