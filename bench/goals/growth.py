"""Goal 2: an event costs the same, however many contacts are live or a customer has."""

from __future__ import annotations

import sys

from bench.measures import Measure, at_most, remark
from bench.processes import answer_of
from bench.programs.growth import Size

_FEW = 10_000
_BUSY = 100_000
_PER_CUSTOMER = 4
_MOST_GROWTH = 1.15
_SECONDS = 1_800.0


def growth(contacts: int) -> list[Measure]:
    """Of an engine alone, `contacts` being many (the goal says a million)."""
    found = []
    for what, sizes in comparisons(contacts).items():
        few, many = (_cost(size) for size in sizes)
        found += [
            remark("2", f"cost of an event in an engine with {sizes[0]}", 1e6 * few, " us"),
            at_most("2", what, many / few, _MOST_GROWTH, " x"),
        ]
    return found


def comparisons(contacts: int) -> dict[str, tuple[Size, Size]]:
    """By what is measured: what costs an event more in the second of two engines."""
    few, busy = min(_FEW, contacts // 10), min(_BUSY, contacts // 10)
    return {
        f"as much at {contacts:,} live contacts": (
            Size(few, few // _PER_CUSTOMER, contacts),
            Size(contacts, contacts // _PER_CUSTOMER, contacts),
        ),
        f"as much for a customer with {busy:,} contacts": (
            Size(busy // 100, 1, busy),
            Size(busy, 1, busy),
        ),
    }


def _cost(size: Size) -> float:
    command = [sys.executable, "-m", "bench.programs.growth", *size.arguments()]
    return float(answer_of(command, _SECONDS)["seconds"])
