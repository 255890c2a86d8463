"""What an agent adds to the windows, put in and taken out again, as far as it changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from service.agents.agent import Agent
from service.agents.parts import NEVER
from service.agents.rates import Cell
from service.agents.spans import Planned
from service.agents.windows import Windows
from service.aggregates.clock import BEFORE_ALL
from service.events.agents import Activity, AgentState

_CONFORM: dict[Activity, frozenset[AgentState]] = {
    "work": frozenset(("available", "busy", "wrap_up")),
    "pause": frozenset(("paused", "offline")),
}


class Painting:
    """Puts spans of agents into windows; `label` gives a team's label."""

    def __init__(self, windows: Windows, label: Callable[[str | None], str]) -> None:
        self._windows = windows
        self._label = label

    def all_of(self, agent: Agent, by: int) -> None:
        """Everything of the agent, under the team in which he stands; `by` is 1 or -1."""
        self.states(agent, BEFORE_ALL, NEVER, by)
        self.planned(agent, by)
        self.employed(agent, by)

    def states(self, agent: Agent, since: int, until: int, by: int) -> None:
        """The states between two moments, and how they fit the schedule."""
        team = self._label(agent.team)
        for begins, ends, state in agent.in_states(since, until):
            self._span(Cell("state", team, state), begins, ends, by)
            self._adherent(agent.schedule, team, begins, ends, state, by)

    def schedule(self, agent: Agent, by: int) -> None:
        """The schedule, and how the states fit it."""
        self.planned(agent, by)
        team = self._label(agent.team)
        for planned in agent.schedule:
            for begins, ends, state in agent.in_states(planned.begins, planned.ends):
                self._adherent([planned], team, begins, ends, state, by)

    def planned(self, agent: Agent, by: int) -> None:
        """The schedule alone."""
        team = self._label(agent.team)
        for begins, ends, activity in agent.schedule:
            self._span(Cell("scheduled", team, activity), begins, ends, by)

    def employed(self, agent: Agent, by: int) -> None:
        """The employments."""
        cell = Cell("employed", self._label(agent.team))
        for begins, ends in agent.employed:
            self._span(cell, begins, ends, by)

    def _adherent(
        self,
        schedule: Sequence[Planned],
        team: str,
        begins: int,
        ends: int,
        state: AgentState,
        by: int,
    ) -> None:
        for planned in schedule:
            if planned.begins >= ends:
                break
            since, until = max(begins, planned.begins), min(ends, planned.ends)
            if since < until and state in _CONFORM[planned.activity]:
                self._span(Cell("adherent", team, planned.activity), since, until, by)

    def _span(self, cell: Cell, begins: int, ends: int, by: int) -> None:
        self._windows.change(cell, begins, by)
        if ends < NEVER:
            self._windows.change(cell, ends, -by)
