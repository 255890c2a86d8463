"""What the workers should have said: worked out by the reference from the topics as published."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from service.view.catalogue import METRICS
from tests.chaos.configuration import COPARTITIONS
from tests.reference.agents import LABELS
from tests.reference.compare import SUM_TOLERANCE, differences, written
from tests.reference.page import HISTOGRAMS, tell_fact, view
from tests.reference.settings import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from tests.chaos.configuration import Copartition
    from tests.chaos.scraping import Round
    from tests.reference.agents import Agents
    from tests.reference.page import Page, Series, Totals
    from tests.reference.settings import ReferenceSettings

#: Samples of counters and histograms, and of gauges; of those that the events alone decide.
COUNTERS: Final = frozenset(
    sample
    for metric in METRICS
    for sample in metric.samples
    if metric.type != "gauge" and not metric.name.startswith("cx_pipeline_")
)
GAUGES: Final = ("cx_window_", "cx_backlog_", "cx_sla_open_", "cx_customers", "cx_agents")

AGENT_SECONDS: Final = "cx_agent_seconds_total"


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


def examine(reckoned: Sequence[Part], rounds: Sequence[Round], frozen: Round) -> Findings:
    """Compare a frozen scrape wholly, and the scrapes before it by their counters.

    `reckoned`: of each partition one part or several.
    """
    found = Findings()
    expected = merged(part.page for _, part in reckoned)
    actual = merged(scrape.page for scrape in frozen)
    told = {key for key in (*expected, *actual) if key[0].startswith(GAUGES) or key[0] in COUNTERS}
    found.compared = len(told)
    found.wrong_now = differences(expected, actual, (*GAUGES, *COUNTERS))
    examine_counters([*rounds, frozen], reckoned, found)
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


class Reckoned:
    """Customers and agents of one partition by the reference: their page at a clock, and their
    counters at any before."""

    def __init__(self, lines: list[bytes], clock: int, settings: ReferenceSettings) -> None:
        seen = view(lines, clock, settings)
        self.page = seen.page
        steps: dict[Series, list[tuple[int, float]]] = defaultdict(list)
        for fact in seen.facts:
            if fact.final is not None and fact.final <= clock:
                increments: Totals = defaultdict(int)
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
        self._seconds = RunningSeconds(seen.agents)

    def series(self) -> Iterable[Series]:
        return self._steps.keys() | self._seconds.spans.keys()

    def at(self, series: Series, clocks: NDArray[np.int64]) -> NDArray[np.float64]:
        """The counter at each of the clocks; one of -1 is before everything."""
        if series in self._seconds.spans:
            return self._seconds.at(series, clocks)
        steps = self._steps.get(series)
        if steps is None:
            return np.zeros(len(clocks))
        finals, sums = steps
        told: NDArray[np.float64] = sums[np.searchsorted(finals, clocks, side="right")]
        return told


Part = tuple["Copartition", Reckoned]


class RunningSeconds:
    """Those of agents of one partition at any clock: they grow with it."""

    def __init__(self, agents: Agents) -> None:
        self._lateness = agents.lateness
        #: Begin and end of what is counted, in the order of neither.
        self.spans: dict[Series, list[tuple[int, int]]] = defaultdict(list)
        for person in agents.people.values():
            for begins, ends, *labels in person.counted:
                labelled = zip(LABELS[AGENT_SECONDS], labels, strict=True)
                self.spans[AGENT_SECONDS, frozenset(labelled)].append((begins, ends))

    def at(self, series: Series, clocks: NDArray[np.int64]) -> NDArray[np.float64]:
        """The counter at each of the clocks."""
        begins, ends = np.array(self.spans[series], np.int64).T
        final = clocks[:, np.newaxis] - self._lateness
        told: NDArray[np.int64] = np.clip(final - begins, 0, ends - begins).sum(axis=1)
        return told / MICROSECONDS


def examine_counters(rounds: Sequence[Round], reckoned: Sequence[Part], found: Findings) -> None:
    """In every scrape, a counter is the sum over its partitions of what each had at its clock."""
    scrapes = [scrape for answers in rounds for scrape in answers if scrape.clocks]
    clocks = {
        of: np.array([scrape.clocks.get(of, -1) for scrape in scrapes], np.int64)
        for of in COPARTITIONS
    }
    every = {series for _, part in reckoned for series in part.series()}
    every |= {series for scrape in scrapes for series in scrape.page if series[0] in COUNTERS}
    for series in every:
        expected = sum(
            (part.at(series, clocks[of]) for of, part in reckoned),
            start=np.zeros(len(scrapes)),
        )
        actual = np.array([scrape.page.get(series, 0.0) for scrape in scrapes])
        found.compared += len(scrapes)
        relative = SUM_TOLERANCE if series[0].endswith("_sum") else 0.0
        absolute = 0.5 / MICROSECONDS if series[0] == AGENT_SECONDS else 0.0
        for place in np.flatnonzero(~np.isclose(expected, actual, rtol=relative, atol=absolute)):
            scrape = scrapes[place]
            found.wrong_before.append(
                f"{scrape.at:.1f} {scrape.incarnation} of {sorted(scrape.clocks)}:"
                f" {written(series)}: expected {expected[place]}, got {actual[place]}"
            )


def examine_ownership(rounds: Sequence[Round], found: Findings) -> None:
    """No partition counts twice for longer than one scrape; no partition's clock goes back."""
    twice_before: set[Copartition] = set()
    highest: dict[Copartition, int] = {}
    for answers in rounds:
        seen: dict[Copartition, list[str]] = defaultdict(list)
        for scrape in answers:
            for of, clock in scrape.clocks.items():
                seen[of].append(f"{scrape.incarnation} at {scrape.at:.2f}")
                if clock < highest.get(of, clock):
                    found.fell.append(
                        f"partition {of} at {scrape.incarnation}, {scrape.at:.1f}:"
                        f" {clock} after {highest[of]}"
                    )
        twice = {of for of, workers in seen.items() if len(workers) > 1}
        found.twice_in_one_scrape += len(twice)
        found.counted_twice += [
            f"partition {of}: {', '.join(seen[of])}" for of in twice & twice_before
        ]
        twice_before = twice
        for scrape in answers:
            for of, clock in scrape.clocks.items():
                highest[of] = max(highest.get(of, clock), clock)
