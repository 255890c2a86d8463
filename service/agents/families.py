"""What agents add up to, under the names and labels that Prometheus sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product

import numpy as np

from service.agents.agent import Agent
from service.agents.counting import Counting
from service.agents.parts import NEVER
from service.agents.rates import Cell
from service.agents.windows import Windows
from service.definitions import SECOND
from service.kpis.revisions import CAUSES
from service.view.snapshot import Family

#: The fact of `cx_revised_total`.
SECONDS = "agent_seconds"
_WINDOWED = {
    "state": "cx_window_agent_seconds",
    "scheduled": "cx_window_agent_scheduled_seconds",
    "adherent": "cx_window_agent_adherent_seconds",
    "employed": "cx_window_agents_employed_seconds",
}


class _Series:
    """The cells of one kind, in the order in which they got their series."""

    def __init__(self) -> None:
        self.cells: list[Cell] = []
        self.labels: list[tuple[str, ...]] = []
        self.windowed: list[tuple[str, ...]] = []


class Families:
    """Draws up the families of a snapshot. What has been shown once stays, and reads 0."""

    def __init__(
        self,
        windows: Windows,
        names: list[str],
        counting: Counting,
        label: Callable[[str | None], str],
    ) -> None:
        self._windows, self._names = windows, names
        self._counting = counting
        self._label = label
        self._series = {kind: _Series() for kind in _WINDOWED}
        self._shown: set[Cell] = set()
        self._counters: dict[tuple[str, str], None] = {}
        self._counter_labels: list[tuple[str, ...]] = []
        self._revised_labels = [(SECONDS, cause) for cause in CAUSES]

    def at(self, clock: int, leavers: Iterable[Agent]) -> dict[str, Family]:
        """Everything at `clock`; `leavers`: the agents of whom an end of employment is known."""
        self._take_note()
        left = self._left(clock, leavers)
        families = {
            sample: Family(
                (series := self._series[kind]).windowed,
                _whole(amount for cell in series.cells for amount in self._windows.amounts(cell)),
                SECOND,
            )
            for kind, sample in _WINDOWED.items()
        }
        for kind, sample in (("state", "cx_agents"), ("employed", "cx_agents_employed")):
            series = self._series[kind]
            rates = _whole(map(self._windows.clock.rate, series.cells))
            families[sample] = Family(series.labels, rates)
        families["cx_window_agents_left"] = left
        totals = self._counting.totals
        counted = _whole(totals.get(key, 0) for key in self._counters)
        families["cx_agent_seconds_total"] = Family(self._counter_labels, counted, SECOND)
        revised = {"late": self._counting.revised}
        families["cx_revised_total"] = Family(
            self._revised_labels, _whole(revised.get(cause, 0) for cause in CAUSES)
        )
        return families

    def _take_note(self) -> None:
        for cell in [cell for cell in self._windows.cells if cell not in self._shown]:
            if self._windows.clock.rate(cell) or any(self._windows.amounts(cell)):
                self._show(cell)
                if cell.kind == "scheduled":
                    # Also where nobody keeps to it.
                    self._show(cell._replace(kind="adherent"))
        for key in self._counting.totals:
            self._announce(key)

    def _show(self, cell: Cell) -> None:
        if cell in self._shown:
            return
        self._shown.add(cell)
        series = self._series[cell.kind]
        labels = (cell.team, cell.value) if cell.value else (cell.team,)
        series.cells.append(cell)
        series.labels.append(labels)
        series.windowed += [(*labels, name) for name in self._names]
        if cell.kind == "state":
            self._announce((cell.team, cell.value))

    def _announce(self, key: tuple[str, str]) -> None:
        if key not in self._counters:
            self._counters[key] = None
            self._counter_labels.append(key)

    def _left(self, clock: int, leavers: Iterable[Agent]) -> Family:
        """Agents by their employments that ended, each once in a window."""
        leavers = [agent for agent in leavers if any(end <= clock for _, end in agent.employed)]
        for agent in leavers:
            # One who left as a window began was employed for none of its seconds.
            self._show(Cell("employed", self._label(agent.team)))
        series = self._series["employed"]
        bounds = self._windows.bounds()
        left = dict.fromkeys(product((cell.team for cell in series.cells), range(len(bounds))), 0)
        for agent in leavers:
            ends = [end for _, end in agent.employed if end < NEVER and end <= clock]
            for number, (first, past) in enumerate(bounds):
                if any(first <= end < past for end in ends):
                    left[self._label(agent.team), number] += 1
        return Family(series.windowed, _whole(left.values()))


def _whole(values: Iterable[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(list(values), dtype=np.int64)
