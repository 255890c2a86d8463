"""Events a second, beside the peers on the same events of the same broker."""

from __future__ import annotations

import time

from bench.broker import broker_with
from bench.contenders import ALL, SERVICE, compete, of_checkout, rate, show_standings
from bench.kafka_streams import kafka_streams
from bench.measures import Measure, Plan, say
from bench.workload import past


def throughput(plan: Plan) -> list[Measure]:
    """The service's rate, and how it compares."""
    records = past(plan.events, time.time_ns() // 1000)
    size = sum(len(record.value) for record in records) / len(records)
    say(f"{len(records):,} events of {size:.0f} bytes")
    contenders = [
        *ALL,
        *([of_checkout(plan.beside)] if plan.beside else []),
        *(kafka_streams(records) if plan.kafka else []),
    ]
    with broker_with(records, kafka=plan.kafka) as broker:
        runs = compete(broker, contenders, plan.events, plan.rounds)
    show_standings(runs)
    own = rate(runs[SERVICE])
    return [
        Measure("events/s, one worker on one core", own, least=60_000),
        Measure("the aim", own, least=100_000),
        *(
            Measure(f"beside {peer.name} ({peer.job})", own / rate(of), " x", peer.times)
            for peer, of in runs.items()
            if peer.times is not None
        ),
    ]
