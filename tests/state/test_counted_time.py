"""Counted time and its moments, against counting every step."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.calendars.business_time import BusinessTime
from service.calendars.line import AllTime, Line
from service.definitions import HOUR, Calendar
from service.state.counted_time import counted, due, reached
from service.state.place import NEVER

QUARTER = HOUR // 4
OFFICE = BusinessTime(Calendar("UTC", (((9 * HOUR, 12 * HOUR), (13 * HOUR, 17 * HOUR)),) * 7))
LINES: dict[str, Line] = {"all": AllTime(), "office": OFFICE}

spans = st.sets(st.integers(0, 400), max_size=8).map(
    lambda edges: [
        (begin * QUARTER, end * QUARTER) for begin, end in list(pairwise(sorted(edges)))[::2]
    ]
)


def is_open(line: str, quarter: int) -> bool:
    hour = quarter % 96 / 4
    return line == "all" or 9 <= hour < 12 or 13 <= hour < 17


@given(spans, st.sampled_from(sorted(LINES)), st.integers(1, 120))
def test_counted_time_and_its_moments_are_those_of_every_step(
    active: list[tuple[int, int]], name: str, amount: int
) -> None:
    line = LINES[name]
    by_step = [0]
    for quarter in range(420):
        inside = any(begin <= quarter * QUARTER < end for begin, end in active)
        by_step.append(by_step[-1] + QUARTER * (inside and is_open(name, quarter)))
    for step in range(0, 420, 7):
        assert counted(active, line, step * QUARTER) == by_step[step]
    assert counted(active, line) == by_step[-1]

    target = amount * QUARTER
    first, last = reached(active, line, target), due(active, line, target)
    above = [step for step, passed in enumerate(by_step) if passed > target]
    enough = [step for step, passed in enumerate(by_step) if passed >= target]
    # Within a step it passes evenly: it is above the target right after the step before.
    assert last == ((above[0] - 1) * QUARTER if above else NEVER)
    assert first == (enough[0] * QUARTER if enough else NEVER)
