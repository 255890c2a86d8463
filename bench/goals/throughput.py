"""Events a second, beside the peers on the same events of the same broker."""

from __future__ import annotations

import time
from statistics import median

from bench.broker import broker_with
from bench.contenders import ALL, DRAIN, FAUST, QUIX, SERVICE, compete, standings
from bench.measures import Measure, Plan, Say
from bench.processes import FailedError
from bench.profile import profile_events
from bench.workload import past


def throughput(plan: Plan, say: Say) -> list[Measure]:
    """The service's rate, and how it compares; where that is too little, where its time goes."""
    records = past(plan.events, time.time_ns() // 1000).records()
    size = sum(len(record.value) for record in records) / len(records)
    say(f"{len(records):,} events of {size:.0f} bytes")
    with broker_with(records, kafka=plan.kafka) as broker:
        broker.create_topics(["by-hand-changelog"])
        runs = compete(broker, ALL, plan.events, plan.rounds, say)
        say(f"medians:\n\n{standings(runs)}\n")
        rates = {peer: median(run.rate for run in of) for peer, of in runs.items()}
        own = rates[SERVICE]
        found = [
            Measure("events/s, one worker on one core", own, least=60_000),
            Measure("the aim", own, least=100_000),
            *(
                Measure(
                    f"as many events/s as {peer.name} ({peer.job})", own / rates[peer], " x", least
                )
                for peer, least in ((FAUST, 30.0), (QUIX, 3.0), (DRAIN, 0.4))
            ),
        ]
        if any(measure.met is False for measure in found):
            try:
                say(f"what stands in the way:\n\n{profile_events(broker, plan.events)}\n")
            except FailedError as error:
                say(f"no profile: {error}")
    return found
