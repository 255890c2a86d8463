"""Timers against a plain list of rows."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.aggregates.timers import Timers
from service.definitions import HOUR

dues = st.integers(0, 40).map(lambda step: step * HOUR // 8)
rows = st.tuples(dues, st.integers(0, 2), st.sampled_from((-1, 1)), st.integers(0, 3))
additions = st.lists(rows, max_size=400)
steps = st.lists(st.tuples(additions, dues), max_size=6)


def sums(columns: list[tuple[int, int, int, int]]) -> dict[tuple[int, int], tuple[int, int]]:
    """What rows of equal keys come to; those that come to nothing are left out."""
    weights: Counter[tuple[int, int]] = Counter()
    totals: Counter[tuple[int, int]] = Counter()
    for due, cell, weight, total in columns:
        weights[due, cell] += weight
        totals[due, cell] += total
    return {
        key: (weights[key], totals[key]) for key in weights if (weights[key], totals[key]) != (0, 0)
    }


@given(steps)
def test_every_row_is_due_at_its_time_and_once(
    added: list[tuple[list[tuple[int, int, int, int]], int]],
) -> None:
    timers = Timers(keys=2)
    waiting: list[tuple[int, int, int, int]] = []
    clock = 0
    for new, moment in added:
        timers.add(np.array(new, dtype=np.int64).reshape(len(new), 4).T)
        waiting += new
        clock = max(clock, moment)
        due = [tuple(row) for row in timers.due(clock).T.tolist()]
        assert sums(due) == sums([row for row in waiting if row[0] <= clock])
        waiting = [row for row in waiting if row[0] > clock]


def test_rows_that_are_taken_back_do_not_wait_for_their_hour() -> None:
    timers = Timers(keys=2)
    later = 30 * 24 * HOUR
    for weight in (1, -1) * 200:
        moments = later + np.arange(100, dtype=np.int64)
        ones = np.ones(100, dtype=np.int64)
        timers.add(np.stack((moments, ones, weight * ones, 0 * ones)))
    assert len(timers) <= 300


def test_rows_of_many_hours_are_kept_once_each() -> None:
    timers = Timers(keys=2)
    moments = np.arange(1_000, dtype=np.int64) * HOUR
    ones = np.ones(1_000, dtype=np.int64)
    timers.add(np.stack((moments, ones, ones, ones)))
    assert len(timers) == 1_000
    assert timers.due(499 * HOUR).shape[1] == 500
    assert len(timers) == 500


def test_an_hour_of_which_all_was_taken_back_has_nothing_due() -> None:
    timers = Timers(keys=2)
    moments = HOUR + np.arange(3_000, dtype=np.int64)
    ones = np.ones_like(moments)
    rows = np.stack((moments, ones, ones, 5 * ones))
    timers.add(np.concatenate((rows, rows * [[1], [1], [-1], [-1]]), axis=1))
    assert len(timers) == 0
    assert timers.due(HOUR).shape == timers.due(3 * HOUR).shape == (4, 0)
