"""What an agent adds to the windows, put in and taken out again, as far as it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from service.agents.parts import NEVER
from service.agents.rates import Cell
from service.aggregates.clock import BEFORE_ALL

if TYPE_CHECKING:
    from service.agents.agent import Agent
    from service.agents.spans import Planned
    from service.agents.windows import Windows
    from service.events.agents import Activity, AgentState

_CONFORM: dict[Activity, frozenset[AgentState]] = {
    "work": frozenset(("available", "busy", "wrap_up")),
    "pause": frozenset(("paused", "offline")),
}
#: The same cells again and again: these are looked up, not made.
_cell = lru_cache(10_000)(Cell)


class Painting:
    """Puts spans of agents into windows; `label` gives a team's label.

    What is put in and taken out again at one moment is neither, once it is `done`. How states fit
    the schedule is put in only for what has begun: an event costs the same, however much is planned
    ahead.
    """

    def __init__(self, windows: Windows, label: Callable[[str | None], str]) -> None:
        self._windows = windows
        self._label = label
        self._changes: dict[tuple[Cell, int], int] = {}

    def done(self) -> None:
        """Puts all since the last call into the windows."""
        for (cell, at), by in self._changes.items():
            if by:
                self._windows.change(cell, at, by)
        self._changes.clear()

    def all_of(self, agent: Agent, by: int) -> None:
        """Everything of the agent, under the team in which he stands; `by` is 1 or -1."""
        self.states(agent, BEFORE_ALL, NEVER, by)
        self._planned(agent, by)
        self._employed(agent, by)

    def states(self, agent: Agent, since: int, until: int, by: int) -> None:
        """The states between two moments, and how they fit the schedule."""
        team = self._label(agent.team)
        for begins, ends, state in agent.in_states(since, until):
            self._span(_cell("state", team, state), begins, ends, by)
            self._adherent(agent.planned(begins, ends), team, begins, ends, state, by)

    def plans(self, agent: Agent, by: int) -> None:
        """The schedule, how the states fit it, and the employments."""
        self._planned(agent, by)
        self._conform(agent, agent.planned(BEFORE_ALL, NEVER), by)
        self._employed(agent, by)

    def begin(self, agent: Agent, clock: int) -> None:
        """What is planned has begun, up to the clock."""
        since, agent.begun = agent.begun, max(clock, agent.begun)
        begun = (it for it in agent.planned(since, NEVER) if it.begins > since)
        self._conform(agent, begun, 1)

    def _employed(self, agent: Agent, by: int) -> None:
        cell = _cell("employed", self._label(agent.team))
        for begins, ends in agent.employed:
            self._span(cell, begins, ends, by)

    def _planned(self, agent: Agent, by: int) -> None:
        team = self._label(agent.team)
        for begins, ends, activity in agent.schedule:
            self._span(_cell("scheduled", team, activity), begins, ends, by)

    def _conform(self, agent: Agent, schedule: Iterable[Planned], by: int) -> None:
        team = self._label(agent.team)
        for planned in schedule:
            for begins, ends, state in agent.in_states(planned.begins, planned.ends):
                self._adherent([planned], team, begins, ends, state, by)

    def _adherent(
        self,
        schedule: Iterable[Planned],
        team: str,
        begins: int,
        ends: int,
        state: AgentState,
        by: int,
    ) -> None:
        for planned in schedule:
            if state in _CONFORM[planned.activity]:
                since, until = max(begins, planned.begins), min(ends, planned.ends)
                self._span(_cell("adherent", team, planned.activity), since, until, by)

    def _span(self, cell: Cell, begins: int, ends: int, by: int) -> None:
        changes = self._changes
        changes[cell, begins] = changes.get((cell, begins), 0) + by
        if ends < NEVER:
            changes[cell, ends] = changes.get((cell, ends), 0) - by
