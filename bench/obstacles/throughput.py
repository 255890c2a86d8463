"""Goal 1: the profile by step, beside what the libraries alone would allow."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from bench.brokers import Broker
from bench.contenders import DRAIN, SERVICE
from bench.measures import Measure, Standing
from bench.obstacles.obstacle import Obstacle, Table, profile_tables
from bench.profiling.event import event_floors, profile_events
from bench.profiling.sampling import CannotLookError
from bench.profiling.steps import EVENT


def throughput_obstacle(
    broker: Broker, events: int, standings: Sequence[Standing], missed: Sequence[Measure]
) -> Obstacle:
    """On the broker of the measurement, with its events."""
    floors = event_floors(broker, events)
    parts: list[str | Table] = []
    try:
        found = profile_events(broker, events)
        parts += [
            "CPU time of the service, an event, by step (py-spy beside it):",
            *profile_tables(found, EVENT, floors, "us"),
        ]
    except CannotLookError as error:
        parts += [f"No profile: {error}. The floors, us an event: {floors}"]
    return Obstacle("throughput", [*parts, *allowance(floors, standings, missed)])


def allowance(
    floors: dict[str, float], standings: Sequence[Standing], missed: Sequence[Measure]
) -> list[str | Table]:
    """What rates the floors would allow, and what the goals ask for."""
    service = next(standing for standing in standings if standing.contender == SERVICE)
    drain = next(standing for standing in standings if standing.contender == DRAIN)
    cost = median(run.cpu for run in service.runs) * 10  # CPU seconds for 100,000 events, in us
    floor = sum(floors.values())
    rows = []
    for measure in missed:
        wanted = service.rate * measure.raw["bound"] / measure.raw["value"]
        most = 1e6 / wanted
        rows.append(
            [f"{measure.what} {measure.wanted}", f"{wanted:,.0f}", f"{most:.1f}",
             f"{most - floor:.1f}"]
        )  # fmt: skip
    return [
        (
            f"The service took {cost:.1f} us of CPU an event at {service.rate:,.0f} events/s: its"
            f" core was busy for {100 * service.rate * cost / 1e6:.0f} % of the time."
        ),
        (
            f"The floors alone add up to {floor:.1f} us an event. Nothing else done, that is"
            f" {1e6 / floor:,.0f} events/s on one core, {1e6 / floor / drain.rate:.2f} of the drain"
            f" ({drain.rate:,.0f} events/s)."
        ),
        Table(["goal", "events/s", "us an event", "us beyond the floors"], rows),
    ]
