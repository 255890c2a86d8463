"""Who works when: shifts for a pool, planned to cover the agents that it needs."""

from __future__ import annotations

from collections import deque
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from service.definitions import DAY, HOUR, MINUTE
from service.simulate.rhythm import QUARTER

if TYPE_CHECKING:
    from service.events.agents import AgentState
    from service.simulate.pool import Pool

#: So many more are scheduled than are needed at once, for pauses.
_SHRINKAGE: Final = 1.1
_LENGTHS: Final = (8 * HOUR, 6 * HOUR, 4 * HOUR)
_REST: Final = 11 * HOUR
_SHIFTS_A_WEEK: Final = 5
#: Pauses: from when on in a shift, and how long.
_PAUSES: Final = ((2 * HOUR, 15 * MINUTE), (4 * HOUR, 30 * MINUTE), (6 * HOUR, 15 * MINUTE))
#: Agents stay for so many days more in the mean, and have been there for up to so many.
_STAYS: Final = 500.0
_THERE: Final = 1500


class Shift(NamedTuple):
    """When an agent is to work, and to pause meanwhile."""

    begins: int
    ends: int
    pauses: tuple[tuple[int, int], ...]


class Agent:
    """One of those who answer a pool's contacts. Times: µs since the epoch."""

    __slots__ = (
        "begun",
        "busy_until",
        "due",
        "employed_from",
        "employed_until",
        "end_is_told",
        "habit",
        "number",
        "pauses_until",
        "pool",
        "rested_at",
        "shift",
        "shifts",
        "state",
        "told_at",
        "version",
    )

    def __init__(self, pool: Pool, number: int, employed_from: int, employed_until: int) -> None:
        self.pool = pool
        self.number = number
        self.employed_from = employed_from
        self.employed_until = employed_until
        self.end_is_told = False
        #: How often late, or longer away than planned, 0 to 2: 1 is usual.
        self.habit = 2 * Random(f"habit {pool.index} {number}").random()
        #: Shifts to come, when those of a week began, and when the last one is slept off.
        self.shifts: deque[Shift] = deque()
        self.begun: deque[int] = deque()
        self.rested_at = 0
        #: The shift at work in; None: at home.
        self.shift: Shift | None = None
        self.state: AgentState = "offline"
        self.told_at = self.version = 0
        #: 0: not with a customer, not in a pause.
        self.busy_until = self.pauses_until = 0
        #: What the agent goes over to after the customer, and for how long.
        self.due: tuple[AgentState, int] | None = None

    @property
    def id(self) -> str:
        return f"agent-{self.pool.index}-{self.number}"


class Rota:
    """The agents of a pool, and their shifts day by day."""

    def __init__(self, pool: Pool, rng: Random, start: int) -> None:
        self.agents: list[Agent] = []
        self._pool = pool
        self._rng = rng
        self._start = start
        #: Those who are planned to be at work, and those at home, the longest first.
        self._on: list[tuple[int, Agent]] = []
        self._bench: deque[Agent] = deque()

    def plan(self, day: int) -> list[tuple[Agent, Shift]]:
        """The shifts that begin on a day (µs of its begin); days are planned one after another."""
        planned: list[tuple[Agent, Shift]] = []
        for at in range(day, day + DAY, QUARTER):
            self._bench += [agent for ends, agent in self._on if ends <= at]
            self._on = [it for it in self._on if it[0] > at]
            while len(self._on) < self._needed(at):
                shift = self._shift(at)
                agent = self._next(shift)
                agent.begun.append(at)
                agent.rested_at = shift.ends + _REST
                self._on.append((shift.ends, agent))
                planned.append((agent, shift))
        return planned

    def _needed(self, at: int) -> int:
        return round(self._pool.needed(at) * _SHRINKAGE)

    def _shift(self, at: int) -> Shift:
        """As long as the work that it is needed for lasts, where such shifts are worked."""
        length = next((it for it in _LENGTHS if self._lacks(at + it)), _LENGTHS[-1])
        # Not all at once.
        moved = len(self._on) % 4 * QUARTER
        pauses = (
            (at + begins + moved, at + begins + moved + lasts)
            for begins, lasts in _PAUSES
            if begins + moved + HOUR < length
        )
        return Shift(at, at + length, tuple(pauses))

    def _lacks(self, ends: int) -> bool:
        """Whether somebody is needed just before that moment."""
        there = sum(until >= ends for until, _ in self._on)
        return self._needed(ends - QUARTER) > there

    def _next(self, shift: Shift) -> Agent:
        """Who has been at home the longest and may work; where nobody may, somebody new here."""
        leavers = [agent for agent in self._bench if agent.employed_until < shift.ends]
        for agent in leavers:
            self._bench.remove(agent)
        for agent in self._bench:
            while agent.begun and agent.begun[0] <= shift.begins - 7 * DAY:
                agent.begun.popleft()
            if agent.rested_at <= shift.begins and len(agent.begun) < _SHIFTS_A_WEEK:
                self._bench.remove(agent)
                return agent
        since = self._start - int(self._rng.random() * _THERE) * DAY
        until = shift.ends + int(self._rng.expovariate(1 / _STAYS)) * DAY
        agent = Agent(self._pool, len(self.agents), since, until)
        self.agents.append(agent)
        return agent
