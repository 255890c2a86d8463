"""What a run of the benchmarks has found out, and how it is shown."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from bench.contenders import Contender, Run


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure beside its goal; `met` is None where there is none."""

    goal: str
    what: str
    value: str
    wanted: str = ""
    met: bool | None = None
    raw: dict[str, Any] = field(default_factory=dict)


def at_least(goal: str, what: str, value: float, least: float, unit: str = "") -> Measure:
    """A figure that should be large."""
    wanted = f">= {_number(least)}{unit}"
    return Measure(
        goal, what, f"{_number(value)}{unit}", wanted, value >= least, _raw(value, least)
    )


def at_most(goal: str, what: str, value: float, most: float, unit: str = "") -> Measure:
    """A figure that should be small."""
    wanted = f"<= {_number(most)}{unit}"
    return Measure(goal, what, f"{_number(value)}{unit}", wanted, value <= most, _raw(value, most))


def remark(goal: str, what: str, value: float, unit: str = "") -> Measure:
    """A figure without a goal."""
    return Measure(goal, what, f"{_number(value)}{unit}", raw={"value": value})


@dataclass(frozen=True, slots=True)
class Standing:
    """All runs of one contender."""

    contender: Contender
    runs: list[Run]

    @property
    def rate(self) -> float:
        """Events a second, the median."""
        return median(run.rate for run in self.runs)

    def row(self) -> list[str]:
        """For the table."""
        rates = [run.rate for run in self.runs]
        return [
            self.contender.name,
            self.contender.job,
            f"{self.rate:,.0f}",
            f"{min(rates):,.0f}-{max(rates):,.0f}",
            f"{median(run.cpu for run in self.runs):.2f}",
            f"{max(run.peak_rss for run in self.runs) / 1e6:,.0f}",
        ]

    def raw(self) -> dict[str, Any]:
        """For the JSON file."""
        return {
            "name": self.contender.name,
            "job": self.contender.job,
            "runs": [asdict(run) for run in self.runs],
        }


def standings_table(standings: list[Standing]) -> str:
    """Who did how well, in Markdown."""
    heads = ["", "job", "events/s", "min-max", "CPU s/100,000", "peak MB"]
    return table(heads, [standing.row() for standing in standings], numbers_from=2)


def measures_table(measures: list[Measure]) -> str:
    """The goals, in Markdown."""
    words = {True: "met", False: "NOT MET", None: ""}
    rows = [[m.goal, m.what, m.value, m.wanted, words[m.met]] for m in measures]
    return table(["goal", "measured", "value", "wanted", ""], rows, numbers_from=2)


def table(heads: list[str], rows: list[list[str]], numbers_from: int) -> str:
    """A table in Markdown; the columns from `numbers_from` on are set to the right."""
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]

    def line(cells: list[str]) -> str:
        placed = [
            cell.ljust(width) if column < numbers_from else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(placed)} |"

    rule = [
        "-" * width if column < numbers_from else "-" * (width - 1) + ":"
        for column, width in enumerate(widths)
    ]
    return "\n".join(
        [line(heads), "|" + "|".join(f" {dashes} " for dashes in rule) + "|", *map(line, rows)]
    )


def _raw(value: float, bound: float) -> dict[str, float]:
    return {"value": value, "bound": bound}


def _number(value: float) -> str:
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2f}"
