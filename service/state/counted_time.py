"""Counted time of a contact: the business time in which it was neither closed nor waiting.

`active` are the spans in which it was open and did not wait, as :class:`service.state.life.Life`
has them. All times are microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable

from service.calendars.line import Line
from service.state.place import NEVER

Spans = Iterable[tuple[int, int]]


def counted(active: Spans, line: Line, until: int = NEVER) -> int:
    """The counted time from the start until a moment; by default, all there ever was."""
    passed = 0
    for begin, end in active:
        if begin < until:
            passed += line.by(min(until, end)) - line.by(begin)
    return passed


def due(active: Spans, line: Line, target: int) -> int:
    """The last moment at which the counted time is not above a target; NEVER: it never gets so."""
    left = target
    for begin, end in active:
        passed = line.by(begin)
        within = line.by(end) - passed
        if within > left:
            return line.last(passed + left)
        left -= within
    return NEVER


def reached(active: Spans, line: Line, amount: int) -> int:
    """The first moment at which the counted time is an amount, more than 0; NEVER: it never is."""
    left = amount
    for begin, end in active:
        passed = line.by(begin)
        within = line.by(end) - passed
        if within >= left:
            return line.first(passed + left)
        left -= within
    return NEVER
