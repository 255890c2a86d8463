"""Agents as the page shows them: what they do now, and the formulas of the recording rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from service.definitions import SECOND, Definitions
from service.events.agents import AgentState
from service.exposition.indexes import ratio
from service.exposition.intervals import Interval, of_share
from service.exposition.rollup import Facts


@dataclass(frozen=True, slots=True)
class AgentTime:
    """How agents' time of a window was used. None where there is nothing to divide by.

    `ready_seconds` are those that occupancy is of, `scheduled_seconds` are of work; `attrition` is
    None in windows of local days, as the rules do not know how long these have been.
    """

    occupancy: float | None
    utilisation: float | None
    adherence: float | None
    schedule_fit: float | None
    ready_seconds: float
    scheduled_seconds: float
    left: int
    attrition: float | None
    attrition_interval: Interval | None


@dataclass(frozen=True, slots=True)
class AgentGroup:
    """A team, or the total: agents now by state, those employed, and their time by window."""

    name: str
    states: Mapping[AgentState, int]
    employed: int
    windows: Mapping[str, AgentTime]


@dataclass(frozen=True, slots=True)
class Agents:
    """All agents, and those of each team."""

    total: AgentGroup
    teams: Sequence[AgentGroup]


class AgentsView:
    """Makes these of the sums of the definitions' windows."""

    def __init__(self, definitions: Definitions) -> None:
        self._windows = [window.name for window in definitions.all_windows]
        #: Seconds that a sliding window covers in the mean.
        self._covered = {it.name: (it.length - it.step / 2) / SECOND for it in definitions.windows}

    def of(self, total: Facts, teams: Facts, target_occupancy: float) -> Agents | None:
        """None where nobody has told of any yet. So many are needed that they are so occupied."""
        if not _is_told(total, ""):
            return None

        def group(facts: Facts, name: str) -> AgentGroup:
            return self._group(facts, name, target_occupancy)

        told = [group(teams, name) for name in teams.groups if _is_told(teams, name)]
        return Agents(group(total, ""), told)

    def _group(self, facts: Facts, name: str, target: float) -> AgentGroup:
        now = facts.cells("cx_agents", name)
        return AgentGroup(
            name=name,
            states={state: int(now.get((state,), 0)) for state in get_args(AgentState)},
            employed=int(facts.cells("cx_agents_employed", name).get((), 0)),
            windows={window: self._time(facts, name, window, target) for window in self._windows},
        )

    def _time(self, facts: Facts, name: str, window: str, target: float) -> AgentTime:
        def total(what: str, *values: str) -> float:
            cells = facts.cells(f"cx_window_{what}", name, window)
            return sum(value for key, value in cells.items() if not values or key[0] in values)

        handling = total("agent_seconds", "busy", "wrap_up")
        ready = handling + total("agent_seconds", "available")
        work = total("agent_scheduled_seconds", "work")
        needed = handling / target
        left = int(total("agents_left"))
        covered = self._covered.get(window)
        employed = total("agents_employed_seconds") / covered if covered else 0.0
        known = covered and facts.cells("cx_window_agents_employed_seconds", name, window)
        return AgentTime(
            occupancy=ratio(handling, ready),
            utilisation=ratio(ready, ready + total("agent_seconds", "paused")),
            adherence=ratio(total("agent_adherent_seconds"), total("agent_scheduled_seconds")),
            schedule_fit=1 - abs(work - needed) / needed if work and needed else None,
            ready_seconds=ready,
            scheduled_seconds=work,
            left=left,
            attrition=ratio(left, employed),
            attrition_interval=of_share(left, max(left, employed)) if known else None,
        )


def _is_told(facts: Facts, name: str) -> bool:
    return any(facts.cells(sample, name) for sample in ("cx_agents", "cx_agents_employed"))
