"""Seconds that counters have: each once, in the state and the team that it was final with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from service.agents.agent import Agent
from service.agents.parts import StateChange
from service.definitions import Definitions
from service.events.agents import AgentState

TeamLabel = Callable[[str | None], str]


class Counting:
    """What has become final of all agents: microseconds by the label of the team, and state."""

    def __init__(self, definitions: Definitions, label: TeamLabel) -> None:
        self._lateness = definitions.allowed_lateness
        self._label = label
        self.totals: defaultdict[tuple[str, str], int] = defaultdict(int)
        #: How often what was counted has changed.
        self.revised = 0

    def final_before(self, clock: int) -> int:
        """Seconds before this are final."""
        return clock - self._lateness

    def settle(self, agent: Agent, until: int) -> None:
        """Counts an agent's seconds that are final, before anything of them changes."""
        if until <= agent.mark:
            return
        for begins, ends, state in agent.in_states(agent.mark, until):
            since = begins
            while since < ends:
                # A second keeps the team of the clock at which it became final.
                clock = since + self._lateness
                upto = min(ends, agent.next_team(clock) - self._lateness)
                self._add(agent, agent.team_at(clock), state, upto - since)
                since = upto
        agent.mark = until

    def revise(
        self, agent: Agent, part: StateChange, former: AgentState | None, clock: int
    ) -> None:
        """A state was set: counts what is final and was not known; notes what differs.

        `former` is the state that the agent was in at that moment, as far as it was known: before
        the first one nothing was counted, after it everything was.
        """
        if part.at >= agent.mark:
            return
        if former is None:
            _, ends, _ = next(agent.in_states(part.at, agent.mark))
            length = ends - max(part.at, agent.floor)
            if length > 0:
                self._add(agent, agent.team_at(clock), part.state, length)
        elif former != part.state:
            agent.revised += 1
            self.revised += 1

    def resume(self, agent: Agent) -> None:
        """Takes up what was counted of an agent."""
        self.revised += agent.revised
        for key, amount in agent.counted.items():
            self.totals[key] += amount

    def _add(self, agent: Agent, team: str | None, state: str, amount: int) -> None:
        key = self._label(team), state
        agent.counted[key] = agent.counted.get(key, 0) + amount
        self.totals[key] += amount
