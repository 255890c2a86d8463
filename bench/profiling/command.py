"""`contact-metrics bench --profile`: what each step of an event costs, beside its floor."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from bench.brokers import running_broker
from bench.machine import keep_to_our_core
from bench.obstacles.obstacle import profile_tables
from bench.profiling.event import event_floors, profile_events
from bench.profiling.steps import EVENT
from bench.publishing import create_topics, publish
from bench.workload import past


def profile(events: int, say: Callable[[str], None]) -> bool:
    """Measure and show."""
    keep_to_our_core()
    with running_broker(kafka=False) as broker:
        asyncio.run(create_topics(broker.bootstrap))
        asyncio.run(publish(broker.bootstrap, past(events, time.time_ns() // 1000).records()))
        found = profile_events(broker, events)
        floors = event_floors(broker, events)
    say("\n\n".join(map(str, profile_tables(found, EVENT, floors, "us an event"))))
    return True
