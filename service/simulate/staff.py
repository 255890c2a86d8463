"""What agents do all day: they come, wait, are with customers, pause and go, by their habits.

Who is with a customer follows from the contacts; the schedule from the agents that pools need.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from random import Random
from typing import TYPE_CHECKING, Final

from service.definitions import DAY, HOUR, MINUTE, SECOND
from service.simulate import agent_records as records
from service.simulate.rota import Agent, Rota, Shift

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.events.agents import AgentState
    from service.simulate.plan import Plan
    from service.simulate.pool import Pool
    from service.simulate.publication import Publication

_Action = Callable[[int, Agent, int], None]

#: Shifts are planned, and ends of employments known, so long ahead.
_AHEAD: Final = 2 * DAY
_NOTICE: Final = 14 * DAY
_SICK_SHARE: Final = 0.02
_SICK_CALL: Final = HOUR
#: Mean delays of who is neither strict nor careless: in coming, and in coming back.
_LATE: Final = 4 * MINUTE
_OVERRUN: Final = 2.5 * MINUTE
_LATEST: Final = HOUR
#: A break that is in no plan, once in so long a time.
_BREAK: Final = 8 * MINUTE
_BREAK_EVERY: Final = 3 * HOUR
#: The end of work with a customer who is not there any more, and what an agent needs for a breath.
_WRAP_UP_SHARE: Final = 0.15
_WRAP_UP_AT_MOST: Final = MINUTE
_BREATH: Final = SECOND


class Staff:
    """The agents of all pools. `tell` takes what is to be published."""

    def __init__(
        self, plan: Plan, pools: Sequence[Pool], tell: Callable[[Publication], None]
    ) -> None:
        self._rng = Random(f"staff {plan.seed}")
        self._start = plan.start
        self._tell = tell
        self._rotas = {pool.index: Rota(pool, self._rng, plan.start) for pool in pools}
        #: Those who wait for a customer, the longest first.
        self._free: dict[int, dict[Agent, None]] = {pool.index: {} for pool in pools}
        self._agenda: list[tuple[int, int, _Action, Agent, int]] = []
        self._entries = 0
        self._plans_at = plan.start
        self._planned_until = plan.start // DAY * DAY

    @property
    def next_at(self) -> int:
        """When an agent does something next that does not follow from a contact."""
        return min(self._plans_at, self._agenda[0][0] if self._agenda else self._plans_at)

    def act(self, now: int) -> None:
        """Everything that agents do at this moment."""
        if now == self._plans_at:
            self._plan(now)
        while self._agenda and self._agenda[0][0] <= now:
            _, _, action, agent, lasts = heappop(self._agenda)
            action(now, agent, lasts)

    def take(self, now: int, pool: Pool, until: int) -> int:
        """Somebody of the pool is with a customer from now on; returns which."""
        agent = self._whoever_is_there(pool)
        self._free[pool.index].pop(agent, None)
        agent.busy_until = until
        if agent.shift is None:
            agent.due = ("offline", 0)
        if agent.state != "busy":
            self._change(now, agent, "busy")
        if not pool.written:
            wrap_up = min(int((until - now) * _WRAP_UP_SHARE) // 1000 * 1000, _WRAP_UP_AT_MOST)
            self._later(until - wrap_up, self._wrap_up, agent, until)
        self._later(until, self._finish, agent)
        return agent.number

    def _whoever_is_there(self, pool: Pool) -> Agent:
        """Who waits; else who pauses is called back, and then somebody from home."""
        for agent in self._free[pool.index]:
            return agent
        agents = self._rotas[pool.index].agents
        others = [agent for agent in agents if not agent.busy_until]
        return min(others or agents, key=lambda agent: agent.state != "paused")

    def _plan(self, now: int) -> None:
        while self._planned_until < now + _AHEAD:
            for rota in self._rotas.values():
                known = len(rota.agents)
                planned = rota.plan(self._planned_until)
                for agent in rota.agents[known:]:
                    self._tell(records.employed(agent, now))
                for agent, shift in planned:
                    self._schedule(now, agent, shift)
            self._planned_until += DAY
        for rota in self._rotas.values():
            for agent in rota.agents:
                if not agent.end_is_told and agent.employed_until < now + _NOTICE:
                    agent.end_is_told = True
                    self._tell(records.employed(agent, now, agent.employed_until))
        self._plans_at = (now // DAY + 1) * DAY

    def _schedule(self, now: int, agent: Agent, shift: Shift) -> None:
        if shift.ends <= self._start:
            return
        for item in records.scheduled(agent, shift, now):
            self._tell(item)
        agent.shifts.append(shift)
        if shift.begins > now + _SICK_CALL and self._rng.random() < _SICK_SHARE:
            self._later(shift.begins - _SICK_CALL, self._call_in_sick, agent)
        else:
            late = min(self._drawn(_LATE, agent), _LATEST)
            self._later(max(now, shift.begins + late), self._come, agent)

    def _drawn(self, mean: float, agent: Agent) -> int:
        """A delay as is the agent's habit, in whole milliseconds."""
        return int(self._rng.expovariate(1) * mean * agent.habit) // 1000 * 1000

    def _call_in_sick(self, now: int, agent: Agent, _: int) -> None:
        for item in records.scheduled(agent, agent.shifts.popleft(), now, cancelled=True):
            self._tell(item)

    def _come(self, now: int, agent: Agent, _: int) -> None:
        shift = agent.shift = agent.shifts.popleft()
        agent.due = None
        if not agent.busy_until:
            self._wait(now, agent)
        for begins, ends in shift.pauses:
            if begins > now:
                self._later(begins, self._pause, agent, ends - begins)
        at = now + self._break_after()
        while at < shift.ends:
            self._later(at, self._pause, agent, self._drawn(_BREAK, agent))
            at += self._break_after()
        self._later(shift.ends, self._go, agent)

    def _break_after(self) -> int:
        return int(self._rng.expovariate(1 / _BREAK_EVERY)) // 1000 * 1000

    def _go(self, now: int, agent: Agent, _: int) -> None:
        agent.shift = None
        self._turn_to(now, agent, "offline", 0)

    def _pause(self, now: int, agent: Agent, lasts: int) -> None:
        if agent.shift is not None and agent.state != "paused":
            self._turn_to(now, agent, "paused", lasts + self._drawn(_OVERRUN, agent))

    def _turn_to(self, now: int, agent: Agent, state: AgentState, lasts: int) -> None:
        """Goes over to a pause, or home, as soon as no customer is there."""
        if agent.busy_until:
            agent.due = (state, lasts)
            return
        agent.due = None
        self._free[agent.pool.index].pop(agent, None)
        self._change(now, agent, state)
        if state == "paused":
            agent.pauses_until = now + max(lasts, SECOND)
            self._later(agent.pauses_until, self._resume, agent)

    def _resume(self, now: int, agent: Agent, _: int) -> None:
        if agent.state == "paused" and agent.pauses_until == now:
            self._wait(now, agent)

    def _wait(self, now: int, agent: Agent) -> None:
        self._free[agent.pool.index][agent] = None
        self._change(now, agent, "available")

    def _wrap_up(self, now: int, agent: Agent, until: int) -> None:
        if agent.busy_until == until > now:
            self._change(now, agent, "wrap_up")

    def _finish(self, now: int, agent: Agent, _: int) -> None:
        if agent.busy_until != now:
            return
        agent.busy_until = 0
        if agent.due is not None:
            self._turn_to(now, agent, *agent.due)
        else:
            # Who goes on at once with the next one does not say so.
            self._free[agent.pool.index][agent] = None
            self._later(now + _BREATH, self._breathe, agent)

    def _breathe(self, now: int, agent: Agent, _: int) -> None:
        if agent in self._free[agent.pool.index] and agent.state != "available":
            self._change(now, agent, "available")

    def _change(self, now: int, agent: Agent, state: AgentState) -> None:
        """Of two changes within a millisecond the later one corrects the other."""
        agent.version = agent.version + 1 if agent.told_at == now else 0
        agent.told_at, agent.state = now, state
        self._tell(records.in_state(agent, now, state, agent.version))

    def _later(self, at: int, action: _Action, agent: Agent, lasts: int = 0) -> None:
        self._entries += 1
        heappush(self._agenda, (at, self._entries, action, agent, lasts))
