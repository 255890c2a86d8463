"""Numbers for cells: every block that has been seen gets the next run of them."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from service.aggregates.labels import UNKNOWN, Labels
from service.events.model import NONE
from service.kpis.layout import Block, Layout, Run

#: How many labels name a block.
_DEPTHS: dict[Block, int] = {"partition": 0, "queue": 2, "reason": 3, "team": 1, "segment": 1}


class Place(NamedTuple):
    """Where a cell is: its run, the labels of its block, and which of the run it is."""

    run: Run
    block_labels: tuple[str, ...]
    nth: int


class Cells:
    """The blocks of one partition, found by labels, and the way back from a cell to its labels."""

    def __init__(self, layout: Layout, labels: Labels) -> None:
        self._layout = layout
        self._labels = labels
        self.count = 0
        self._firsts: list[int] = []
        self._blocks: list[tuple[Block, tuple[str, ...]]] = []
        self._found: dict[tuple[Block, tuple[str, ...]], int] = {}
        self._runs: dict[Block, list[Run]] = {block: [] for block in _DEPTHS}
        for run in layout.runs:
            self._runs[run.block].append(run)
        self.partition = self._block("partition", ())
        self.unknown = self._block("queue", (UNKNOWN, UNKNOWN))
        self._tells_teams = layout.width("team") > 0
        self.unknown_team = self._block("team", (UNKNOWN,)) if self._tells_teams else 0
        self._by_team: dict[str | None, int] = {}
        # By what events say, without going through the labels each time; bounded as labels are,
        # since values that became `other` are not remembered.
        self._by_queue: dict[tuple[str, str | None], int] = {}
        self._by_reason: dict[tuple[str, str | None, str | None], int] = {}

    def of_queue(self, channel: str, queue: str | None) -> int:
        """The first cell of the block of these labels, as events gave them."""
        first = self._by_queue.get((channel, queue))
        if first is None:
            names = (self._labels.channel.label(channel), self._labels.queue.label(queue))
            first = self._block("queue", names)
            if names == (channel, queue or NONE):
                self._by_queue[channel, queue] = first
        return first

    def of_reason(self, channel: str, queue: str | None, reason: str | None) -> int:
        first = self._by_reason.get((channel, queue, reason))
        if first is None:
            names = (
                self._labels.channel.label(channel),
                self._labels.queue.label(queue),
                self._labels.reason.label(reason),
            )
            first = self._block("reason", names)
            if names == (channel, queue or NONE, reason or NONE):
                self._by_reason[channel, queue, reason] = first
        return first

    def awaited(self, first: int) -> list[int]:
        """Of a queue's block, given its first cell, those that are awaited of each contact."""
        return [
            first + run.offset + nth
            for run in self._runs["queue"]
            if run.awaited
            for nth in range(len(run))
        ]

    def of_team(self, team: str | None) -> int:
        """The first cell of a team's block; 0 where numbers are not told by team."""
        if not self._tells_teams:
            return 0
        first = self._by_team.get(team)
        if first is None:
            name = self._labels.team.label(team)
            first = self._block("team", (name,))
            if name == (team or NONE):
                self._by_team[team] = first
        return first

    def of_segment(self, segment: str | None) -> int:
        """The first cell of a segment's block."""
        return self._block("segment", (self._labels.segment.label(segment),))

    def are_settled(self, channel: str, queue: str | None, reason: str | None) -> bool:
        """Whether these labels are, and stay, what events say they are."""
        return (channel, queue, reason) in self._by_reason

    def place(self, cell: int) -> Place:
        number = bisect_right(self._firsts, cell) - 1
        kind, names = self._blocks[number]
        offset = cell - self._firsts[number]
        run = next(run for run in reversed(self._runs[kind]) if run.offset <= offset)
        return Place(run, names, offset - run.offset)

    def name(self, cell: int) -> tuple[str, ...]:
        """What a cell is called in durable state: the same after a restart, unlike its number."""
        place = self.place(cell)
        return (place.run.name, *place.block_labels, *place.run.labels[place.nth])

    def find(self, name: tuple[str, ...]) -> int | None:
        """The cell of a name; None if today's settings have no such cell.

        A histogram bucket whose bound is no longer there is the next greater one's.
        """
        for run in self._layout.runs:
            if run.name != name[0]:
                continue
            depth = _DEPTHS[run.block]
            own = tuple(name[1 + depth :])
            first = self._block(run.block, tuple(name[1 : 1 + depth]))
            if own in run.labels:
                return first + run.offset + run.labels.index(own)
            if run.shape == "histogram":
                bound = float(own[0])
                return (
                    first
                    + run.offset
                    + next(index for index, (le,) in enumerate(run.labels) if float(le) >= bound)
                )
        return None

    def _block(self, kind: Block, names: tuple[str, ...]) -> int:
        first = self._found.get((kind, names))
        if first is None:
            first = self._found[kind, names] = self.count
            self._firsts.append(first)
            self._blocks.append((kind, names))
            self.count += self._layout.width(kind)
        return first
