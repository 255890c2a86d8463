"""What the workers should have said: worked out by the reference from the topics as published."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from service.view.catalogue import METRICS
from tests.chaos.configuration import PARTITIONS
from tests.reference.compare import SUM_TOLERANCE, differences, written
from tests.reference.contacts import assemble
from tests.reference.facts import all_facts
from tests.reference.page import (
    HISTOGRAMS,
    Dimensions,
    page,
    readable_events,
    tell_fact,
)
from tests.reference.partition import Partition

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from tests.chaos.scraping import Round
    from tests.reference.page import Page, Series, Totals
    from tests.reference.settings import ReferenceSettings

#: Samples of counters and histograms, and of gauges; of those that the events alone decide.
COUNTERS: Final = frozenset(
    sample
    for metric in METRICS
    for sample in metric.samples
    if metric.type != "gauge" and not metric.name.startswith("cx_pipeline_")
)
GAUGES: Final = ("cx_window_", "cx_backlog_", "cx_sla_open_")

#: Lines of each partition number, all topics together.
Lines = dict[int, list[bytes]]


@dataclass
class Findings:
    """What the examination of one stretch of the run found; all lists are empty if all is well."""

    compared: int = 0
    """Values of series that were compared."""
    wrong_now: list[str] = field(default_factory=list)
    """Gauges and counters at the freeze."""
    wrong_before: list[str] = field(default_factory=list)
    """Counters in the scrapes before."""
    counted_twice: list[str] = field(default_factory=list)
    """A partition in two workers' answers, in more than one scrape running."""
    twice_in_one_scrape: int = 0
    """The same in one scrape, which is allowed."""
    fell: list[str] = field(default_factory=list)
    """Clocks, and with them counters, that went back."""

    @property
    def differences(self) -> int:
        return sum(map(len, (self.wrong_now, self.wrong_before, self.counted_twice, self.fell)))

    def __str__(self) -> str:
        told = []
        for name in ("wrong_now", "wrong_before", "counted_twice", "fell"):
            found = getattr(self, name)
            told += [f"{name}: {len(found)}", *found[:15]] if found else []
        return "\n".join(told) or "no differences"


def examine(
    lines: Lines, rounds: Sequence[Round], frozen: Round, settings: ReferenceSettings
) -> Findings:
    """Compare a frozen scrape wholly, and the scrapes before it by their counters."""
    found = Findings()
    at = {number: clock for scrape in frozen for number, clock in scrape.clocks.items()}
    expected = merged(page(lines.get(number, []), clock, settings) for number, clock in at.items())
    actual = merged(scrape.page for scrape in frozen)
    told = {key for key in (*expected, *actual) if key[0].startswith(GAUGES) or key[0] in COUNTERS}
    found.compared = len(told)
    found.wrong_now = differences(expected, actual, (*GAUGES, *COUNTERS))
    totals = {
        number: RunningTotals(lines.get(number, []), clock, settings)
        for number, clock in at.items()
    }
    examine_counters([*rounds, frozen], totals, found)
    examine_ownership(rounds, found)
    return found


def merged(pages: Iterable[Page]) -> Page:
    """What Prometheus adds up; the oldest age is the greatest."""
    whole: Page = {}
    for each in pages:
        for key, value in each.items():
            if key[0] == "cx_backlog_oldest_age_seconds":
                whole[key] = max(whole.get(key, 0.0), value)
            else:
                whole[key] = whole.get(key, 0.0) + value
    return whole


class RunningTotals:
    """The counters of one partition at any clock up to the one given."""

    def __init__(self, lines: list[bytes], clock: int, settings: ReferenceSettings) -> None:
        totals: Totals = defaultdict(Fraction)
        events = readable_events(lines, settings, totals)
        contacts, _ = assemble(events, settings)
        label = Dimensions(events, settings).label
        steps: dict[Series, list[tuple[int, float]]] = defaultdict(list)
        for fact in all_facts(Partition(contacts, clock, settings, label)):
            if fact.final is not None and fact.final <= clock:
                increments: Totals = defaultdict(Fraction)
                suffix = "" if fact.name in HISTOGRAMS else "_total"
                tell_fact(f"cx_{fact.name}{suffix}", fact, fact.labels, settings, increments)
                for series, value in increments.items():
                    steps[series].append((fact.final, float(value)))
        self._steps: dict[Series, tuple[NDArray[np.int64], NDArray[np.float64]]] = {}
        for series, of_series in steps.items():
            of_series.sort()
            finals = np.array([final for final, _ in of_series], np.int64)
            sums = np.cumsum([0.0, *(value for _, value in of_series)])
            self._steps[series] = finals, sums

    def series(self) -> Iterable[Series]:
        return self._steps

    def at(self, series: Series, clocks: NDArray[np.int64]) -> NDArray[np.float64]:
        """The counter at each of the clocks; one of -1 is before everything."""
        steps = self._steps.get(series)
        if steps is None:
            return np.zeros(len(clocks))
        finals, sums = steps
        told: NDArray[np.float64] = sums[np.searchsorted(finals, clocks, side="right")]
        return told


def examine_counters(
    rounds: Sequence[Round], totals: dict[int, RunningTotals], found: Findings
) -> None:
    """In every scrape, a counter is the sum over its partitions of what each had at its clock."""
    scrapes = [scrape for answers in rounds for scrape in answers if scrape.clocks]
    clocks = {
        number: np.array([scrape.clocks.get(number, -1) for scrape in scrapes], np.int64)
        for number in range(PARTITIONS)
    }
    every = {series for of_partition in totals.values() for series in of_partition.series()}
    every |= {series for scrape in scrapes for series in scrape.page if series[0] in COUNTERS}
    for series in every:
        expected = sum(
            (of_partition.at(series, clocks[number]) for number, of_partition in totals.items()),
            start=np.zeros(len(scrapes)),
        )
        actual = np.array([scrape.page.get(series, 0.0) for scrape in scrapes])
        found.compared += len(scrapes)
        tolerance = SUM_TOLERANCE if series[0].endswith("_sum") else 0.0
        for place in np.flatnonzero(~np.isclose(expected, actual, rtol=tolerance, atol=0.0)):
            scrape = scrapes[place]
            found.wrong_before.append(
                f"{scrape.at:.1f} {scrape.incarnation} of {sorted(scrape.clocks)}:"
                f" {written(series)}: expected {expected[place]}, got {actual[place]}"
            )


def examine_ownership(rounds: Sequence[Round], found: Findings) -> None:
    """No partition counts twice for longer than one scrape; no partition's clock goes back."""
    twice_before: set[int] = set()
    highest: dict[int, int] = {}
    for answers in rounds:
        seen: dict[int, list[str]] = defaultdict(list)
        for scrape in answers:
            for number, clock in scrape.clocks.items():
                seen[number].append(f"{scrape.incarnation} at {scrape.at:.2f}")
                if clock < highest.get(number, clock):
                    found.fell.append(
                        f"partition {number} at {scrape.incarnation}, {scrape.at:.1f}:"
                        f" {clock} after {highest[number]}"
                    )
        twice = {number for number, workers in seen.items() if len(workers) > 1}
        found.twice_in_one_scrape += len(twice)
        found.counted_twice += [
            f"partition {number}: {', '.join(seen[number])}" for number in twice & twice_before
        ]
        twice_before = twice
        for scrape in answers:
            for number, clock in scrape.clocks.items():
                highest[number] = max(highest.get(number, clock), clock)
