"""Goal 2: an event costs the same, however many contacts are live or a customer has."""

from __future__ import annotations

import sys

from bench.measures import Measure, at_most, remark
from bench.processes import answer_of

_FEW = 10_000
_BUSY = 100_000
_MOST_GROWTH = 1.15
_SECONDS = 1_800.0


def growth(contacts: int) -> list[Measure]:
    """Of an engine alone, `contacts` being many (the goal says a million)."""
    few, busy = few_of(contacts), min(_BUSY, contacts // 10)
    command = [sys.executable, "-m", "bench.programs.growth", str(few), str(contacts), str(busy)]
    cost = answer_of(command, _SECONDS)
    return [
        remark(
            "2",
            f"cost of an event in an engine with {few:,} live contacts",
            1e6 * cost["few"],
            " us",
        ),
        at_most(
            "2",
            f"as much at {contacts:,} live contacts",
            cost["many"] / cost["few"],
            _MOST_GROWTH,
            " x",
        ),
        at_most(
            "2",
            f"as much for a customer with {busy:,} contacts as for one with {busy // 100:,}",
            cost["busy_customer"] / cost["calm_customer"],
            _MOST_GROWTH,
            " x",
        ),
    ]


def few_of(contacts: int) -> int:
    """How many are few beside so many."""
    return min(_FEW, contacts // 10)
