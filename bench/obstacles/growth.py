"""Goal 2: which steps of an event cost more with many live contacts than with few."""

from __future__ import annotations

import json
import sys

from bench.goals.growth import few_of
from bench.obstacles.obstacle import Obstacle, Table
from bench.processes import FailedError, start
from bench.profiling.sampling import CannotLookError, Profile, Sampling, profile_of
from bench.profiling.steps import EVENT
from bench.programs.growth import PER_CUSTOMER
from service.definitions import DAY

#: The engine alone takes its events for less than a second.
_RATE = 1_000
_MARKS = ("cost_of (",)


def growth_obstacle(contacts: int) -> Obstacle:
    """Of an engine alone, as it was measured."""
    try:
        few, many = (_profile(live, contacts) for live in (few_of(contacts), contacts))
    except CannotLookError as error:
        return Obstacle("growth", [f"No profile: {error}"])
    rows = [
        [
            name,
            *(f"{found.cost(found.steps[name]):.2f}" for found in (few, many)),
            f"{many.cost(many.steps[name]) - few.cost(few.steps[name]):+.2f}",
        ]
        for name in EVENT.names
        if few.steps[name] or many.steps[name]
    ]
    rows.append(["all", f"{few.total:.2f}", f"{many.total:.2f}", f"{many.total - few.total:+.2f}"])
    heads = ["step", f"{few_of(contacts):,} live", f"{contacts:,} live", "more"]
    return Obstacle(
        "growth",
        [
            (
                "CPU time of an engine alone, us an event, by step (py-spy beside it); `pack` is"
                " what keeping sleeping customers packed costs:"
            ),
            Table(heads, rows),
        ],
    )


def _profile(live: int, contacts: int) -> Profile:
    process = start(
        [sys.executable, "-m", "bench.programs.grown", str(live), str(live // PER_CUSTOMER),
         str(7 * DAY // contacts)]
    )  # fmt: skip
    assert process.stdout is not None
    said = json.loads(process.stdout.readline() or "{}")
    if "filled" not in said:
        raise FailedError(f"an engine with {live:,} contacts could not be filled")
    sampling = Sampling(process.pid, _RATE)
    last, _ = process.communicate()
    found = json.loads(last.splitlines()[-1])
    return profile_of(sampling.stacks(), EVENT, 1e6 * found["seconds"], _MARKS)
