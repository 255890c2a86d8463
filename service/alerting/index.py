"""A published index: a ratio, mean or difference of the raw parts within a window.

An index is described once and recorded for several levels, always from the parts: a queue's ratios
are never averaged into a channel's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.alerting.promql import Expression

Labels = tuple[str, ...]

#: The levels that an index is recorded for, each named by its labels. () are all contacts.
USUAL: tuple[Labels, ...] = ((), ("channel",), ("channel", "queue"))
BY_REASON: tuple[Labels, ...] = (("reason",), ("queue", "reason"))
BY_TEAM: tuple[Labels, ...] = (("team",),)


@dataclass(frozen=True, slots=True)
class Index:
    """A published number, recorded as `level:name` for each of its levels.

    `unit` and `meaning` are what the metric reference says of it. `keeps` are the labels that every
    level has besides its own.
    """

    name: str
    unit: str
    meaning: str
    expr: Expression
    keeps: Labels = ("window",)
    levels: tuple[Labels, ...] = USUAL
