"""Customers who stay and leave, as the page shows them; the formulas of the recording rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.exposition.indexes import ratio
from service.exposition.intervals import Interval, of_share
from service.exposition.rollup import Facts


@dataclass(frozen=True, slots=True)
class Churn:
    """Customers who left ÷ `of`: a share of 0 to 1, None where there is nothing to divide by."""

    left: int
    of: int
    share: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Turnover:
    """Who joined and who left within a window.

    `churn` is of the customers at its beginning, the others of contacts under the longest repeat
    window: those that were repeated or repeat one, and those that helped at once.
    """

    joined: int
    left: int
    churn: Churn
    after_repeated: Churn
    after_first_time: Churn


@dataclass(frozen=True, slots=True)
class Customers:
    """The active ones now, and their turnover by window."""

    active: int
    windows: Mapping[str, Turnover]


def customers(facts: Facts, windows: tuple[str, ...], longest_repeat: str) -> Customers:
    """Of the facts of the total."""
    active = _sum(facts, "cx_customers")
    return Customers(
        active,
        {window: _turnover(facts, window, active, longest_repeat) for window in windows},
    )


def _turnover(facts: Facts, window: str, active: int, repeat: str) -> Turnover:
    joined = _sum(facts, "cx_window_customers_joined", window)
    left_after: dict[str, int] = {}
    for (_, outcome), count in facts.cells("cx_window_customers_left", "", window).items():
        left_after[outcome] = left_after.get(outcome, 0) + int(count)
    left = sum(left_after.values())
    judged = facts.cells("cx_window_fcr_contacts", "", window)
    repeats = facts.cells("cx_window_repeat_contacts", "", window).get((repeat,), 0.0)

    def contacts(*results: str) -> int:
        return int(sum(judged.get((repeat, result), 0.0) for result in results))

    def after(contacts: int, *results: str) -> Churn:
        gone = sum(left_after.get(result, 0) for result in results)
        # Who left in a window may have been in touch before it.
        return _churn(gone, max(gone, contacts))

    helped = ("resolved_first_time", "pending")
    # Without a sum of the customers, or anybody telling who came and went, nothing is known.
    known = facts.cells("cx_customers", "") and (
        facts.cells("cx_window_customers_joined", "", window) or left_after
    )
    return Turnover(
        joined=joined,
        left=left,
        churn=_churn(left, max(0, active - joined + left)) if known else _churn(0, 0),
        after_repeated=after(contacts("repeated") + int(repeats), "repeated"),
        after_first_time=after(contacts(*helped), *helped),
    )


def _churn(left: int, of: int) -> Churn:
    # Those who joined and left within the window are no share of who was there as it began.
    interval = of_share(left, of) if left <= of else None
    return Churn(left, of, ratio(left, of), interval)


def _sum(facts: Facts, sample: str, window: str = "") -> int:
    return int(sum(facts.cells(sample, "", window).values()))
