"""Where facts are added up: cells, in blocks that share their first labels.

A *block* is all the cells of one (channel, queue), of one (channel, queue, reason), of one team, of
one segment, or of the partition as a whole. Within its block a KPI has a *run* of cells, one for
each combination of its own labels. So the cell of a fact is one addition: its block's first cell +
the run's offset + which of the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Block = Literal["partition", "queue", "reason", "team", "segment"]
Shape = Literal["count", "total", "amount", "histogram"]


@dataclass(frozen=True, slots=True)
class Run:
    """The cells of one KPI in each block of a kind.

    `labels` are a cell's own label values, after those of its block. `gauge` and `counter` are the
    exposed sample names that its cells feed (without `_sum`, `_count`, `_bucket`); None: none.
    A `count` exposes how many, a `total` how much, an `amount` both; a `histogram` is one cell a
    bucket, whose last label is `le`. `unit` is what one exposed unit of an amount is in the
    amount's own (microseconds: 1,000,000). What is `awaited` of every contact that has started may
    be final by the time it is known: for an increase from 0 to be seen, its series is there before.
    """

    name: str
    block: Block
    offset: int
    labels: tuple[tuple[str, ...], ...]
    shape: Shape
    gauge: str | None
    counter: str | None
    unit: int
    awaited: bool

    def __len__(self) -> int:
        return len(self.labels)


class Layout:
    """The runs of all KPIs, in the order in which they were added."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self._widths: dict[Block, int] = dict.fromkeys(get_args(Block), 0)

    def width(self, block: Block) -> int:
        """How many cells a block of this kind has."""
        return self._widths[block]

    def add(
        self,
        name: str,
        block: Block,
        labels: Sequence[tuple[str, ...]],
        *,
        shape: Shape = "count",
        gauge: str | None = None,
        counter: str | None = None,
        unit: int = 1,
        awaited: bool = False,
    ) -> Run:
        offset = self._widths[block]
        run = Run(name, block, offset, tuple(labels), shape, gauge, counter, unit, awaited)
        self._widths[block] += len(run)
        self.runs.append(run)
        return run
