"""When something of an agent changes by itself: a shift begins, a team changes, he leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush

from service.agents.agent import Agent
from service.agents.parts import NEVER


class Wakes:
    """The moments of all agents; `longest` (microseconds) is the longest window."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._moments: list[tuple[int, str]] = []
        #: Agents of whom an end of employment is known.
        self.leavers: set[Agent] = set()

    def note(self, agent: Agent, clock: int) -> None:
        """Notes an agent's next moment after the clock, and whether he is to leave."""
        if not agent.gone and any(ends < NEVER for _, ends in agent.employed):
            self.leavers.add(agent)
        else:
            self.leavers.discard(agent)
        if agent.gone:
            wake = agent.forgets_at(self._longest)
        else:
            leaves_at = agent.leaves_at(self._longest)
            wake = min(agent.next_team(clock), agent.next_planned(clock), leaves_at)
        if wake < agent.wake:
            agent.wake = wake
            heappush(self._moments, (wake, agent.id))

    def due(self, agents: Mapping[str, Agent], clock: int) -> Iterator[Agent]:
        """Those of the agents whose moments have come, each to be noted anew."""
        while self._moments and self._moments[0][0] <= clock:
            _, agent_id = heappop(self._moments)
            agent = agents.get(agent_id)
            if agent is not None:
                agent.wake = NEVER
                yield agent
