"""Events a second, beside the peers on the same events of the same broker."""

from __future__ import annotations

import time

from bench.broker import broker_with
from bench.contenders import ALL, SERVICE, compete, rate, standings
from bench.kafka_streams import kafka_streams
from bench.measures import Measure, Plan, Say
from bench.processes import FailedError
from bench.profile import profile_events
from bench.workload import past


def throughput(plan: Plan, say: Say) -> list[Measure]:
    """The service's rate, and how it compares; where that is too little, where its time goes."""
    records = past(plan.events, time.time_ns() // 1000)
    size = sum(len(record.value) for record in records) / len(records)
    say(f"{len(records):,} events of {size:.0f} bytes")
    contenders = [*ALL, *(kafka_streams(records) if plan.kafka else [])]
    with broker_with(records, kafka=plan.kafka) as broker:
        broker.create_topics(["by-hand-changelog"])
        runs = compete(broker, contenders, plan.events, plan.rounds, say)
        say(f"medians:\n\n{standings(runs)}\n")
        own = rate(runs[SERVICE])
        found = [
            Measure("events/s, one worker on one core", own, least=60_000),
            Measure("the aim", own, least=100_000),
            *(
                Measure(f"beside {peer.name} ({peer.job})", own / rate(of), " x", peer.times)
                for peer, of in runs.items()
                if peer.times is not None
            ),
        ]
        if any(measure.met is False for measure in found):
            try:
                say(f"what stands in the way:\n\n{profile_events(broker, plan.events)}\n")
            except FailedError as error:
                say(f"no profile: {error}")
    return found
