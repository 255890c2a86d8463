from __future__ import annotations

from typing import Any

from service.exposition.history import History, Sample


def columns(history: History) -> tuple[Any, Any]:
    """When, and what of the backlog."""
    past = history.since(-1)
    return past.at, past.series["backlog"]


def test_the_past_is_told_in_columns() -> None:
    history = History()
    history.add(10, {"backlog": 3})
    history.add(25, {"backlog": 4})
    past = history.since(0)
    assert (past.at, past.series) == ([10, 25], {"backlog": [3, 4]})


def test_only_samples_after_the_given_moment_are_told() -> None:
    history = History()
    for at in (10, 25, 40):
        history.add(at, {"backlog": at})
    assert history.since(25).at == [40]


def test_a_value_that_came_later_was_unknown_before() -> None:
    history = History()
    history.add(10, {"backlog": 3})
    history.add(25, {"backlog": 4, "csat": 0.8})
    assert history.since(0).series["csat"] == [None, 0.8]


def test_the_past_holds_three_hours_and_no_more() -> None:
    history = History()
    for sample in range(1000):
        history.add(sample * 15, {"backlog": sample})
    past = history.since(-1)
    assert len(past.at) == 720
    assert past.at[-1] - past.at[0] == 3 * 3600 - 15


def test_over_a_time_without_samples_stands_a_gap_and_no_line() -> None:
    history = History([Sample(0, {"backlog": 3}), Sample(60, {"backlog": 4})])
    history.add(300, {"backlog": 9})
    past = history.since(-1)
    assert (past.at, past.series) == ([0, 60, 75, 300], {"backlog": [3, 4, None, 9]})
    assert history.since(60).series == {"backlog": [None, 9]}


def test_after_a_long_standstill_only_what_is_of_the_last_three_hours_is_told() -> None:
    history = History([Sample(minute * 60, {"backlog": minute}) for minute in range(180)])
    history.add(4 * 3600, {"backlog": 1})
    assert min(at for at, value in zip(*columns(history), strict=True) if value is not None) > 3600


def test_without_samples_the_past_is_empty() -> None:
    past = History().since(0)
    assert (past.at, past.series) == ([], {})
