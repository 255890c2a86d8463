"""Seconds of what lasts, exact over every window, without cutting any span.

A span adds one to a rate where it begins, and takes it off where it ends. What has added up by a
moment t is the sum of d * (t - x) over the changes d of the rate at moments x before t: of all
changes together only their number and the sum of their moments is kept. A window holds what has
added up by its end, less what had by its begin. All are integers (microseconds), exact in whatever
order changes come, before or behind an edge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from heapq import heappop, heappush
from typing import NamedTuple

from service.aggregates.clock import BEFORE_ALL


class Cell(NamedTuple):
    """What lasts: `state`, `scheduled`, `adherent` or `employed`, of a team, and which."""

    kind: str
    team: str
    value: str = ""


class _Sum:
    __slots__ = ("rate", "weight")

    def __init__(self) -> None:
        self.rate = self.weight = 0


class Edge:
    """What has added up by a moment that moves on.

    `bucket` gives the first moment of the bucket that a moment is in; the edge only ever stands at
    such a moment, so that changes of a bucket can be kept as one.
    """

    def __init__(self, bucket: Callable[[int], int] = int) -> None:
        self.at = BEFORE_ALL
        self._bucket = bucket
        self._before: defaultdict[Cell, _Sum] = defaultdict(_Sum)
        self._ahead: dict[int, defaultdict[Cell, _Sum]] = {}
        self._order: list[int] = []

    def change(self, cell: Cell, at: int, by: int) -> None:
        """The cell's rate changes."""
        if at < self.at:
            sums = self._before
        else:
            bucket = self._bucket(at)
            found = self._ahead.get(bucket)
            if found is None:
                found = self._ahead[bucket] = defaultdict(_Sum)
                heappush(self._order, bucket)
            sums = found
        total = sums[cell]
        total.rate += by
        total.weight += by * at

    def move(self, to: int) -> None:
        """Moves on; never back."""
        if to <= self.at:
            return
        self.at = to
        while self._order and self._order[0] < to:
            for cell, added in self._ahead.pop(heappop(self._order)).items():
                total = self._before[cell]
                total.rate += added.rate
                total.weight += added.weight

    def rate(self, cell: Cell) -> int:
        """How many last just before this moment, or begin or end with it."""
        here = self._ahead.get(self.at)
        rate = self._before[cell].rate if cell in self._before else 0
        return rate + (here[cell].rate if here is not None and cell in here else 0)

    def amount(self, cell: Cell) -> int:
        """Microseconds, but for what is the same at every edge."""
        total = self._before.get(cell)
        return 0 if total is None else self.at * total.rate - total.weight
