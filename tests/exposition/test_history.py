from __future__ import annotations

from service.exposition.history import History


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


def test_without_samples_the_past_is_empty() -> None:
    past = History().since(0)
    assert (past.at, past.series) == ([], {})
