"""Goal 1: events a second, beside the peers on the same events of the same broker."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.brokers import Broker
from bench.contenders import DRAIN, FAUST, QUIX, SERVICE, Contender
from bench.measures import Measure, Standing, at_least


def compete(
    broker: Broker,
    contenders: Sequence[Contender],
    events: int,
    rounds: int,
    say: Callable[[str], None],
) -> list[Standing]:
    """All of them in turn, so that whatever slows the machine down slows all of them down."""
    standings = [Standing(contender, []) for contender in contenders]
    for number in range(1, rounds + 1):
        for standing in standings:
            run = standing.contender.run(broker, events)
            standing.runs.append(run)
            name = f"{standing.contender.name}, {standing.contender.job}"
            say(f"round {number}: {name}: {run.rate:,.0f} events/s")
    return standings


def throughput(standings: Sequence[Standing]) -> list[Measure]:
    """The service's rate, and how it compares."""
    rates = {standing.contender: standing.rate for standing in standings}
    own = rates[SERVICE]
    found = [
        at_least("1", "events/s, one worker on one core", own, 60_000),
        at_least("1", "the aim", own, 100_000),
    ]
    for contender, least in ((FAUST, 30.0), (QUIX, 3.0), (DRAIN, 0.4)):
        if contender in rates:
            what = f"as many events/s as {contender.name} ({contender.job})"
            found.append(at_least("1", what, own / rates[contender], least, " x"))
    return found
