"""Goal 2: which steps of an event cost more with many live contacts than with few."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from bench.goals.growth import comparisons
from bench.measures import Measure
from bench.obstacles.obstacle import Obstacle, Table
from bench.processes import FailedError, start
from bench.profiling.sampling import CannotLookError, Profile, Sampling, profile_of
from bench.profiling.steps import EVENT
from bench.programs.growth import WATCHED, Size

#: The engine alone takes its events for less than a second.
_RATE = 1_000
_MARKS = ("feed (",)


def growth_obstacle(contacts: int, missed: Sequence[Measure]) -> Obstacle:
    """Of the engines that were compared."""
    parts: list[str | Table] = []
    for measure in missed:
        sizes = comparisons(contacts)[measure.what]
        try:
            few, many = (_profile(size) for size in sizes)
        except CannotLookError as error:
            return Obstacle("growth", [f"No profile: {error}"])
        parts += [
            (
                f"CPU time of an engine with {sizes[0]}, and with {sizes[1]}; us an event, by step"
                " (py-spy beside it). `pack` is what keeping sleeping customers packed costs:"
            ),
            Table(["step", "few", "many", "more"], _rows(few, many)),
        ]
    return Obstacle("growth", parts)


def _rows(few: Profile, many: Profile) -> list[list[str]]:
    rows = [
        (name, few.cost(few.steps[name]), many.cost(many.steps[name]))
        for name in EVENT.names
        if few.steps[name] or many.steps[name]
    ]
    rows.append(("all", few.total, many.total))
    return [
        [name, f"{before:.2f}", f"{after:.2f}", f"{after - before:+.2f}"]
        for name, before, after in rows
    ]


def _profile(size: Size) -> Profile:
    command = [sys.executable, "-m", "bench.programs.growth", *size.arguments(), WATCHED]
    process = start(command)
    assert process.stdout is not None
    if "filled" not in process.stdout.readline():
        raise FailedError(f"an engine could not be filled with {size}")
    sampling = Sampling(process.pid, _RATE)
    last, _ = process.communicate()
    seconds = json.loads(last)["seconds"]
    return profile_of(sampling.stacks(), EVENT, 1e6 * seconds, _MARKS)
