"""Events a second, beside the peers on the same events of the same broker."""

from __future__ import annotations

import time

from bench.broker import running_broker
from bench.contenders import ALL, SERVICE, compete, own, rate, show_standings
from bench.kafka_streams import kafka_streams
from bench.measures import Measure, Plan, say
from bench.workload import past


def throughput(plan: Plan) -> list[Measure]:
    """The service's rate, and how it compares."""
    records = past(plan.events, time.time_ns() // 1000)
    size = sum(len(record.value) for record in records) / len(records)
    say(f"{len(records):,} events of {size:.0f} bytes")
    contenders = [*ALL, *(kafka_streams(records) if plan.kafka else [])]
    if plan.beside:
        contenders.append(own(f"as in {plan.beside}", 1.6, checkout=plan.beside))
    with running_broker(records, kafka=plan.kafka) as broker:
        runs = compete(broker, contenders, plan.events, plan.rounds)
    show_standings(runs)
    ours = rate(runs[SERVICE])
    return [
        Measure("events/s, one worker on one core", ours, least=60_000),
        *(
            Measure(f"beside {peer.name} ({peer.job})", ours / rate(of), " x", peer.times)
            for peer, of in runs.items()
            if peer.times is not None
        ),
    ]
