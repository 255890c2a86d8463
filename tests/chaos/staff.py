"""Agents whose counted seconds are known at every moment, not only at the end.

As with the contacts of the centre: whatever could change a second is told before it is final. What
tells an agent's team is told on another topic, which holds no clock back: so each stays in his.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.centre import Told
    from tests.reference.writing import Value

_STATES = ("available", "busy", "busy", "wrap_up", "paused", "offline")
_TEAMS = ("red", "green", None)
_SECOND = 1_000_000
#: Of a working life, and from one state to the next.
_LONGEST, _CHANGE = 60 * _SECOND, 8 * _SECOND
#: Within this something is corrected: to be counted among the publisher's delays.
_SOON = 2 * _SECOND


class Staff:
    """Makes agents, one after another; the same seed and moments make the same ones."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._number = 0

    def agent(self, begin: int) -> list[Told]:
        """All that is told of an agent who begins then, in the order in which it is."""
        self._number += 1
        ids: Value = {"agent_id": f"agent-{begin // _LONGEST}-{self._number}"}
        team = self._rng.choice(_TEAMS)
        # All states say it: the one that comes first may be any.
        of = ids if team is None else {**ids, "team": team}
        end = begin + self._rng.randrange(_LONGEST // 4, _LONGEST)
        told = [
            *self._employed(of, begin, end),
            *self._scheduled(ids, begin, end),
            *self._states(of, begin, end),
        ]
        return sorted(told, key=lambda event: event[0])

    def _employed(self, of: Value, begin: int, end: int) -> Iterator[Told]:
        rng = self._rng
        employed: Value = {**of, "employed_from": begin}
        yield begin, "agent-employed", employed
        if rng.random() < 0.8:
            until = end + rng.randrange(-3 * _SECOND, 3 * _SECOND)
            known = rng.randrange(begin, until)
            ended = {**employed, "employed_until": until, "version": 1}
            yield known, "agent-employed", ended
            if rng.random() < 0.3:
                later = {**employed, "employed_until": until + _SECOND, "version": 2}
                yield known + rng.randrange(_SOON), "agent-employed", later

    def _scheduled(self, ids: Value, begin: int, end: int) -> Iterator[Told]:
        rng = self._rng
        for number in range(rng.choice((1, 2, 3))):
            starts = begin + rng.choice((0, rng.randrange(end - begin)))
            length = rng.choice((end - begin, rng.randrange(1, 20 * _SECOND)))
            shift: Value = {**ids, "shift_id": f"shift-{number}", "starts_at": starts}
            shift |= {"ends_at": starts + length}
            if number:
                shift["activity"] = rng.choice(("work", "pause", "pause"))
            yield begin, "agent-scheduled", shift
            if rng.random() < 0.3:
                moved = rng.choice(({"cancelled": True}, {"ends_at": starts + length + _SECOND}))
                yield rng.randrange(begin, end), "agent-scheduled", {**shift, **moved, "version": 1}

    def _states(self, of: Value, begin: int, end: int) -> Iterator[Told]:
        rng = self._rng
        at = begin + rng.randrange(3 * _SECOND)
        while at < end:
            state: Value = {**of, "changed_at": at, "state": rng.choice(_STATES)}
            yield at, "agent-state-changed", state
            if rng.random() < 0.1:
                amended = {**state, "state": rng.choice(_STATES), "version": 1}
                yield at + rng.randrange(_SOON), "agent-state-changed", amended
            at += rng.randrange(1, _CHANGE)
        if rng.random() < 0.9:
            yield end, "agent-state-changed", {**of, "changed_at": end, "state": "offline"}
