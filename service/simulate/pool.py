"""The agents of one queue on one channel, and the customers who wait for them."""

from __future__ import annotations

from collections import deque
from math import ceil, sqrt
from typing import TYPE_CHECKING

from service.simulate import rhythm
from service.simulate.profiles import TRANSFER_SHARE, Channel, team_of

if TYPE_CHECKING:
    from service.simulate.case import Case

#: Square-root staffing: so many agents beyond the load, in square roots of it. 0.7 lets about one
#: caller in three wait, most of them briefly (Halfin and Whitt 1981).
_SAFETY = 0.7


class Pool:
    """A limited number of agents: who finds them all busy waits, and urgent contacts go first."""

    __slots__ = (
        "_hurried",
        "_load",
        "_ordinary",
        "busy",
        "channel",
        "index",
        "queue",
        "seats",
        "team",
    )

    def __init__(self, index: int, channel: Channel, queue: str, contacts_an_hour: float) -> None:
        turns = contacts_an_hour * (1 + channel.further_turn) * (1 + TRANSFER_SHARE)
        self._load = turns * channel.work.mean / 3600
        self._hurried: deque[Case] = deque()
        self._ordinary: deque[Case] = deque()
        self.index = index
        self.channel = channel
        self.queue = queue
        self.team = team_of(channel, queue)
        self.seats = 0
        self.busy = 0

    def needed(self, at: int) -> int:
        """How many agents on duty the plan for this time asks for."""
        if self.channel.written:
            return ceil(self._load / self.channel.occupancy * rhythm.back_office(at))
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
