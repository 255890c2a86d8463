"""What is measured, and how it is said and shown."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

#: Where what was found is kept.
RESULTS = Path(__file__).parents[1] / ".cache" / "bench" / "results"
#: Wide enough for every table, whatever it is shown on; it remembers what was said.
CONSOLE = Console(width=160, highlight=False, markup=False, record=True)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured, on which broker, which goals, and beside which other checkout."""

    kafka: bool
    events: int
    rounds: int
    contacts: int
    goals: tuple[str, ...]
    beside: Path | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure; with `least` or `most`, a goal."""

    what: str
    value: float
    unit: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool | None:
        """None without a goal."""
        if self.least is not None:
            return self.value >= self.least
        return None if self.most is None else self.value <= self.most

    def row(self) -> list[str]:
        """Measured, value, wanted, and whether that is met."""
        bound, sign = (self.most, "<=") if self.least is None else (self.least, ">=")
        wanted = "" if bound is None else f"{sign} {_number(bound)}{self.unit}"
        said = {True: "met", False: "NOT MET", None: ""}[self.met]
        return [self.what, f"{_number(self.value)}{self.unit}", wanted, said]


def say(line: str) -> None:
    """At once, with the time of day."""
    CONSOLE.print(f"{time.strftime('%H:%M:%S')} {line}", soft_wrap=True)


def show(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table in Markdown; all columns but the first two are set to the right."""
    table = Table(*heads[:2], box=MARKDOWN)
    for head in heads[2:]:
        table.add_column(head, justify="right")
    for row in rows:
        table.add_row(*row)
    CONSOLE.print(table)


def _number(value: float) -> str:
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2f}"
