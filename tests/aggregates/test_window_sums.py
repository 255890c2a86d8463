"""The sums of a sliding window against a plain list of facts."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.aggregates import window_sums
from service.aggregates.window_sums import WindowSums
from service.definitions import Window

STEP, STEPS, CELLS = 10, 4, 3
facts = st.tuples(
    st.integers(0, CELLS - 1),
    st.integers(0, 30 * STEP),
    st.sampled_from((-1, 1)),
    st.integers(-3, 3),
)
batches = st.lists(st.tuples(st.lists(facts, max_size=12), st.integers(0, 6 * STEP)), max_size=12)


@pytest.mark.parametrize("unsorted_rows", [0, 15, 10_000])
@given(batches)
def test_a_window_holds_what_lies_in_it_however_much_has_no_bucket_yet(
    unsorted_rows: int, added: list[tuple[list[tuple[int, int, int, int]], int]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window_sums, "UNSORTED_ROWS", unsorted_rows)
        window = WindowSums(Window("w", STEPS * STEP, STEP))
        window.grow(CELLS)
        clock = 0
        window.advance(clock)
        known: list[tuple[int, int, int, int]] = []
        for new, passes in added:
            window.add(*np.array(new, dtype=np.int64).reshape(len(new), 4).T)
            known += new
            clock += passes
            window.advance(clock)
            counts: Counter[int] = Counter()
            totals: Counter[int] = Counter()
            for cell, at, weight, total in known:
                if clock // STEP - STEPS < at // STEP <= clock // STEP:
                    counts[cell] += weight
                    totals[cell] += total
            assert window.counts.tolist() == [counts[cell] for cell in range(CELLS)]
            assert window.totals.tolist() == [totals[cell] for cell in range(CELLS)]
