"""The form in which it is told what stands in the way of a goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.measures import table
from bench.profiling.sampling import Profile
from bench.profiling.steps import Steps

_FUNCTIONS = 12


@dataclass(frozen=True, slots=True)
class Table:
    """Figures beside each other."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers_from: int = 1

    def __str__(self) -> str:
        return table([*self.heads], [[*row] for row in self.rows], self.numbers_from)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in the way of a goal: sentences and tables."""

    goal: str
    parts: Sequence[str | Table]

    def __str__(self) -> str:
        return "\n\n".join([f"What stands in the way: {self.goal}", *map(str, self.parts)])

    def raw(self) -> dict[str, Any]:
        """For the JSON file."""
        parts = [part if isinstance(part, str) else asdict(part) for part in self.parts]
        return {"goal": self.goal, "parts": parts}


def profile_tables(
    found: Profile, steps: Steps, floors: dict[str, float], unit: str
) -> list[str | Table]:
    """Where the time goes: by step beside the floors, and by function."""
    return [
        steps_table(found, steps, floors, unit),
        "The functions that most of it is spent in:",
        _functions_table(found, unit),
    ]


def steps_table(found: Profile, steps: Steps, floors: dict[str, float], unit: str) -> Table:
    """What each step costs, beside its floor where it has one."""
    rows = [
        [
            name,
            f"{found.cost(found.steps[name]):.2f}",
            f"{100 * found.cost(found.steps[name]) / found.total:.0f} %",
            f"{floors[name]:.2f}" if name in floors else "",
        ]
        for name in steps.names
    ]
    rows.append(["all", f"{found.total:.2f}", "100 %", f"{sum(floors.values()):.2f}"])
    return Table(["step", unit, "share", "floor"], rows)


def _functions_table(found: Profile, unit: str) -> Table:
    """The functions that most of it is spent in themselves."""
    rows = [
        [f"{found.cost(samples):.2f}", name]
        for name, samples in found.functions.most_common(_FUNCTIONS)
    ]
    return Table([unit, "function"], rows, numbers_from=2)
