"""The agents of a team, and the customers who wait for them."""

from __future__ import annotations

from collections import deque
from math import ceil, sqrt
from typing import TYPE_CHECKING

from service.simulate import rhythm

if TYPE_CHECKING:
    from service.simulate.case import Case

#: Square-root staffing: so many agents beyond the load, in square roots of it. 0.7 lets about one
#: caller in three wait, most of them briefly (Halfin and Whitt 1981).
_SAFETY = 0.7


class Pool:
    """A limited number of agents, of one team: who finds them all busy waits, urgent ones go first.

    They serve all queues of their team, by telephone and chat alike; letters are written by others.
    `load` is the number of agents that their work would keep busy all the time, in the mean.
    """

    __slots__ = ("_hurried", "_load", "_ordinary", "busy", "index", "seats", "team", "written")

    def __init__(self, index: int, team: str, load: float, *, written: bool) -> None:
        self._load = load
        self._hurried: deque[Case] = deque()
        self._ordinary: deque[Case] = deque()
        self.index = index
        self.team = team
        self.written = written
        self.seats = 0
        self.busy = 0

    def needed(self, at: int) -> int:
        """How many agents on duty the plan for this time asks for."""
        if self.written:
            return ceil(self._load * rhythm.back_office(at))
        load = self._load * rhythm.demand(at)
        return ceil(load + _SAFETY * sqrt(load))

    def staff(self, at: int) -> None:
        """Takes as many agents on duty as the plan for this time says."""
        self.seats = self.needed(at)

    def wait(self, case: Case) -> None:
        """Puts the contact at the end of the line."""
        case.waiting = True
        (self._hurried if case.hurried else self._ordinary).append(case)

    def next_waiting(self) -> Case | None:
        """Takes the contact whose turn it is out of the line, if an agent is free for it."""
        if self.busy >= self.seats:
            return None
        for line in (self._hurried, self._ordinary):
            while line:
                case = line.popleft()
                if case.waiting:  # else the customer has given up meanwhile
                    case.waiting = False
                    return case
        return None
