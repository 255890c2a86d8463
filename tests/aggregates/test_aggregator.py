"""What holds when: facts scheduled in the aggregator against what each says of itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.aggregates.aggregator import Aggregator
from service.aggregates.bucket_times import bucket_times
from service.definitions import DAY, HOUR, CalendarWindow, Definitions, Window
from service.kpis.rows import ALWAYS, NEVER

WINDOWS = (Window("2h", 2 * HOUR, HOUR), Window("6h", 6 * HOUR, 3 * HOUR))
CALENDAR_WINDOWS = {
    "none": (),
    "today": (CalendarWindow("today", "Asia/Kolkata"),),
    "yesterday": (CalendarWindow("yesterday"), CalendarWindow("this_month")),
}
quarters = st.integers(40 * 96 - 40, 40 * 96 + 200)
facts = st.tuples(quarters, st.none() | quarters, st.none() | quarters)


@pytest.mark.parametrize("calendar_windows", CALENDAR_WINDOWS)
@given(st.lists(st.tuples(st.lists(facts, max_size=6), st.integers(0, 60)), max_size=8))
def test_a_window_shows_a_fact_while_it_covers_its_time_and_it_holds(
    calendar_windows: str,
    steps: list[tuple[list[tuple[int, int | None, int | None]], int]],
) -> None:
    definitions = Definitions(windows=WINDOWS, calendar_windows=CALENDAR_WINDOWS[calendar_windows])
    aggregator = Aggregator(definitions)
    aggregator.grow(1)
    quarter = HOUR // 4
    clock = 40 * DAY
    known: list[tuple[int, int, int]] = []
    for new, passes in steps:
        stated = [
            (
                at * quarter,
                ALWAYS if since is None else since * quarter,
                NEVER if until is None else until * quarter,
            )
            for at, since, until in new
        ]
        known += stated
        if stated:
            at, since, until = np.array(stated, dtype=np.int64).T
            ones = np.ones_like(at)
            aggregator.add(0 * ones, at, ones, ones, since, until)
        clock += passes * quarter
        aggregator.advance(clock)
        aggregator.settle()
        shown = aggregator.windows().counts[:, 0].tolist()
        for window, count in zip(definitions.all_windows, shown, strict=True):
            times = bucket_times(window)
            oldest, newest = times.covered(clock)
            assert count == sum(
                oldest <= times.numbers(np.array([at]))[0] <= newest and since <= clock < until
                for at, since, until in known
            )
