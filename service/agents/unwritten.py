"""What is to be written of agents, so that a successor comes to the same numbers."""

from __future__ import annotations

from service.agents import changelog as state
from service.agents.agent import Agent
from service.agents.teams import Teams
from service.aggregates.clock import PartitionClock
from service.store.changelog import Change


class Unwritten:
    """The agents who have changed since the changelog was last written."""

    def __init__(self, clock: PartitionClock, teams: Teams) -> None:
        self._clock = clock
        self._teams = teams
        self.changed: dict[Agent, None] = {}
        #: How many records there are of each agent, and of all.
        self._records: dict[str, int] = {}
        self._total = 0
        self._clock_written: state.Clock | None = None

    def resume(self, found: state.Found) -> None:
        """Takes note of what was read back."""
        self._clock_written = found.clock
        self._records = found.records()
        self._total = sum(self._records.values())

    def drawn_up(self) -> list[Change]:
        """The changelog records since the last call, in the order in which to write them.

        What is removed goes after the clock that does not count it any more.
        """
        written: list[Change] = []
        removed: list[Change] = []
        for agent in self.changed:
            for change in state.changes(agent):
                (written if change[1] is not None else removed).append(change)
            self._note(agent)
        self.changed.clear()
        clock = self._durable_clock()
        if self._clock_written is None:
            self._clock_written = state.FIRST
            written.insert(0, (state.CLOCK, state.encode_clock(state.FIRST)))
        if clock != self._clock_written:
            self._clock_written = clock
            written.append((state.CLOCK, state.encode_clock(clock)))
        return written + removed

    def _note(self, agent: Agent) -> None:
        number = 0 if agent.is_forgotten else 1 + bool(agent.planning) + len(agent.filed)
        self._total += number - self._records.pop(agent.id, 0)
        if number:
            self._records[agent.id] = number

    def _durable_clock(self) -> state.Clock:
        return state.Clock(self._clock.now, self._clock.latest, self._teams.given(), self._total)
