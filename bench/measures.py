"""What is measured, and how the figures are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured, on which broker, and which goals."""

    kafka: bool
    events: int
    rounds: int
    contacts: int
    goals: tuple[str, ...]


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
        wanted = ""
        for sign, bound in ((">=", self.least), ("<=", self.most)):
            if bound is not None:
                wanted = f"{sign} {_number(bound)}{self.unit}"
        said = {True: "met", False: "NOT MET", None: ""}[self.met]
        return [self.what, f"{_number(self.value)}{self.unit}", wanted, said]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers_from: int = 1) -> str:
    """A table in Markdown; the columns from `numbers_from` on are set to the right."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        placed = [
            cell.ljust(width) if column < numbers_from else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(placed)} |"

    rule = [
        "-" * width if n < numbers_from else "-" * (width - 1) + ":"
        for n, width in enumerate(widths)
    ]
    return "\n".join(map(line, [heads, rule, *rows]))


def _number(value: float) -> str:
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2f}"
