"""Spans of time: where they overlap, and what remains of one kind beside another."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

from service.agents.parts import Shift
from service.events.agents import Activity

_begins, _ends = itemgetter(0), itemgetter(1)


class Planned(NamedTuple):
    """A span of a schedule (microseconds, the end excluded): spans do not overlap."""

    begins: int
    ends: int
    activity: Activity


def union(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that cover the same time without touching each other; also empty ones by themselves."""
    joined: list[tuple[int, int]] = []
    for begins, ends in sorted(spans):
        if joined and begins <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(ends, joined[-1][1])
        else:
            joined.append((begins, ends))
    return joined


def schedule(shifts: Iterable[Shift]) -> list[Planned]:
    """When an agent is to do what: pauses go before work, and a second counts once."""
    standing = [shift for shift in shifts if not shift.cancelled]
    pauses = union((it.begins, it.ends) for it in standing if it.activity == "pause")
    works = union((it.begins, it.ends) for it in standing if it.activity == "work")
    planned = [Planned(begins, ends, "pause") for begins, ends in pauses]
    planned += [Planned(begins, ends, "work") for begins, ends in _without(works, pauses)]
    planned.sort()
    return planned


def _without(
    spans: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    for begins, ends in spans:
        since = begins
        first, last = bisect_right(others, since, key=_ends), bisect_left(others, ends, key=_begins)
        for other_begins, other_ends in others[first:last]:
            if other_begins > since:
                yield since, other_begins
            since = other_ends
        if since < ends:
            yield since, ends
