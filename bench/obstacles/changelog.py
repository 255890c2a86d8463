"""Goal 4: which records an event costs live, and the least that there can be."""

from __future__ import annotations

from collections.abc import Sequence

from bench.measures import Measure
from bench.obstacles.obstacle import Obstacle, Table
from bench.programs.steady_changelog import AGAIN, HOUSEKEEPING, NEW, TOMBSTONES

_FLOOR = (
    "The floor is one record when a contact begins and one when it leaves, as if all of its events"
    " came in one batch:"
)


def changelog_obstacle(missed: Sequence[Measure]) -> Obstacle:
    """Of what the measurement has counted."""
    parts: list[str | Table] = []
    for measure in missed:
        kinds = measure.raw.get("kinds")
        if kinds is None:
            parts.append(f"{measure.what}: see the steps of the throughput.")
            continue
        # Every contact enters the log once and leaves it once, if nothing comes of it in between.
        floors = {NEW: kinds[NEW], AGAIN: 0.0, TOMBSTONES: kinds[NEW], HOUSEKEEPING: 0.0}
        rows = [[kind, f"{kinds.get(kind, 0.0):.2f}", f"{floors[kind]:.2f}"] for kind in floors]
        rows.append(["all", f"{sum(kinds.values()):.2f}", f"{sum(floors.values()):.2f}"])
        parts += [
            f"{measure.what}, by kind. {_FLOOR}",
            Table(["kind", "records", "floor"], rows),
        ]
    return Obstacle("changelog", parts)
