"""The sums of sliding windows against a plain list of facts."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.aggregates import window_sums
from service.aggregates.bucket_times import nested
from service.aggregates.window_sums import WindowSums
from service.definitions import Definitions, Window

CELLS = 3
#: By length and step.
ALONE = ((40, 10),)
WITHIN_ONE_ANOTHER = ((40, 10), (100, 20), (240, 60))
OF_ONE_STEP = ((20, 10), (40, 10))
facts = st.tuples(
    st.integers(0, CELLS - 1),
    st.integers(0, 300),
    st.sampled_from((-1, 1)),
    st.integers(-3, 3),
)
batches = st.lists(st.tuples(st.lists(facts, max_size=12), st.integers(0, 60)), max_size=12)


@pytest.mark.parametrize("windows", [ALONE, WITHIN_ONE_ANOTHER, OF_ONE_STEP])
@pytest.mark.parametrize("unsorted_rows", [0, 15, 10_000])
@pytest.mark.parametrize("merged_rows", [1, 512])
@settings(max_examples=50)
@given(batches)
def test_windows_hold_what_lies_in_them_however_much_has_no_bucket_yet(
    windows: tuple[tuple[int, int], ...],
    unsorted_rows: int,
    merged_rows: int,
    added: list[tuple[list[tuple[int, int, int, int]], int]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window_sums, "UNSORTED_ROWS", unsorted_rows)
        patch.setattr(window_sums, "ROWS", merged_rows)
        sums = WindowSums([Window("w", length, step) for length, step in windows])
        sums.grow(1)
        clock = 0
        sums.advance(clock)
        sums.grow(CELLS)
        known: list[tuple[int, int, int, int]] = []
        for new, passes in added:
            sums.add(*np.array(new, dtype=np.int64).reshape(len(new), 4).T)
            known += new
            clock += passes
            sums.advance(clock)
            for number, (length, step) in enumerate(windows):
                counts: Counter[int] = Counter()
                totals: Counter[int] = Counter()
                for cell, at, weight, total in known:
                    if clock // step - length // step < at // step <= clock // step:
                        counts[cell] += weight
                        totals[cell] += total
                assert sums.counts()[number].tolist() == [counts[cell] for cell in range(CELLS)]
                assert sums.totals()[number].tolist() == [totals[cell] for cell in range(CELLS)]


def test_what_no_window_covers_any_more_keeps_no_bucket() -> None:
    sums = WindowSums([Window("w", length, step) for length, step in WITHIN_ONE_ANOTHER])
    sums.grow(CELLS)
    times = np.arange(0, 240, dtype=np.int64)
    ones = np.ones_like(times)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window_sums, "UNSORTED_ROWS", 0)
        for clock in (0, 100, 239, 300):
            sums.advance(clock)
            sums.add(times % CELLS, times, ones, ones)
        sums.add(ones, times + 1_000, ones, ones)
        assert len(sums) > 0
        sums.advance(900)
        assert len(sums) == 0


windows = st.builds(
    lambda step, count: Window("w", step * count, step), st.integers(1, 12), st.integers(1, 12)
)


@given(st.lists(windows, min_size=1, max_size=5), st.integers(0, 1_000))
def test_of_windows_in_a_row_each_lies_within_the_next(given: list[Window], clock: int) -> None:
    rows = nested(given)
    assert sorted(map(repr, given)) == sorted(repr(window) for row in rows for window in row)

    def covered(window: Window) -> range:
        newest = clock // window.step + 1
        return range((newest - window.length // window.step) * window.step, newest * window.step)

    for row in rows:
        for window, other in pairwise(row):
            assert set(covered(window)) <= set(covered(other))
            assert other.step % window.step == 0


def test_the_windows_by_default_are_one_row() -> None:
    assert nested(Definitions().windows) == [list(Definitions().windows)]
