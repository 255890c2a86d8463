"""The published indexes (ratios, means, quantiles) that the live page shows.

Prometheus gets only their parts; these are the same formulas as the recording rules in
`deploy/prometheus/rules/`. Where there is nothing to divide by, an index is None, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, sqrt

from service.exposition.rollup import Cells


@dataclass(frozen=True, slots=True)
class Durations:
    """Seconds; the quantiles are interpolated within their bucket, as Prometheus does."""

    count: int
    mean: float | None
    p50: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class Fcr:
    """First-contact resolution under one repeat window, as shares of 0 to 1."""

    resolved_first_time: int
    repeated: int
    unresolved: int
    pending: int
    settled: float | None
    """Of those whose repeat window has passed or who are known to have failed.

    None as long as some are pending and none has had the time to succeed: within a window that is
    no longer than the repeat window, failures alone can be known, and would read as 0 %.
    """
    provisional: float | None
    """Of all, those whose repeat window still runs taken for resolved."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Contacts judged by a target, and how many of them met it (0 to 1).

    Abandoned contacts count against the target, short abandons not at all.
    """

    met: int
    breached: int
    abandoned: int
    short_abandoned: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Csat:
    """Ratings from 1 to 5: share of 4 and 5, share of 5, mean, and that on a scale of 0 to 100."""

    answers: int
    top_2: float | None
    top_1: float | None
    mean: float | None
    index: float | None


@dataclass(frozen=True, slots=True)
class Nps:
    """Promoters (9, 10) less detractors (0 to 6), -100 to 100; `margin` is its 95 % interval."""

    answers: int
    score: float | None
    margin: float | None


@dataclass(frozen=True, slots=True)
class Ces:
    """Effort rated 1 to 7: the share that found it easy (the three grades at the easy end)."""

    answers: int
    easy: float | None
    mean: float | None


def ratio(part: float, whole: float) -> float | None:
    """None when there is no whole."""
    return part / whole if whole else None


def durations(buckets: Cells, total: Cells, count: Cells) -> Durations:
    """Of the cells of `_bucket`, `_sum` and `_count`."""
    number = count.get((), 0.0)
    return Durations(
        count=int(number),
        mean=ratio(total.get((), 0.0), number),
        p50=quantile(0.5, buckets),
        p90=quantile(0.9, buckets),
    )


def quantile(q: float, buckets: Cells) -> float | None:
    """What Prometheus' `histogram_quantile` gives: linear within a bucket, and the largest
    finite bound for whatever lies above it."""
    bounds = sorted((float(bound), count) for (bound,), count in buckets.items())
    if not bounds or bounds[-1][1] <= 0:
        return None
    rank = q * bounds[-1][1]
    below, reached = 0.0, 0.0
    for bound, count in bounds:
        if count >= rank:
            if bound == inf or count == reached:
                return below
            return below + (bound - below) * (rank - reached) / (count - reached)
        below, reached = bound, count
    return below


def fcr(cells: Cells, repeat_window: str) -> Fcr:
    """Of the cells of `cx_window_fcr_contacts`."""
    first_time, repeated, unresolved, pending = (
        int(cells.get((repeat_window, result), 0.0))
        for result in ("resolved_first_time", "repeated", "unresolved", "pending")
    )
    failed = repeated + unresolved
    return Fcr(
        resolved_first_time=first_time,
        repeated=repeated,
        unresolved=unresolved,
        pending=pending,
        settled=ratio(first_time, first_time + failed) if first_time or not pending else None,
        provisional=ratio(first_time + pending, first_time + pending + failed),
    )


def judged(cells: Cells, target: str) -> Judged:
    """Of the cells of `cx_window_sla_contacts`."""
    met, breached, abandoned, short = (
        int(cells.get((target, result), 0.0))
        for result in ("met", "breached", "abandoned", "short_abandoned")
    )
    return Judged(met, breached, abandoned, short, ratio(met, met + breached + abandoned))


def _scores(cells: Cells, survey: str) -> Mapping[int, float]:
    return {int(score): count for (of, score), count in cells.items() if of == survey}


def _mean(scores: Mapping[int, float]) -> float | None:
    return ratio(sum(score * count for score, count in scores.items()), sum(scores.values()))


def _share(scores: Mapping[int, float], low: int, high: int) -> float | None:
    chosen = sum(count for score, count in scores.items() if low <= score <= high)
    return ratio(chosen, sum(scores.values()))


def csat(cells: Cells) -> Csat:
    """Of the cells of `cx_window_survey_answers`."""
    scores = _scores(cells, "csat")
    mean = _mean(scores)
    return Csat(
        answers=int(sum(scores.values())),
        top_2=_share(scores, 4, 5),
        top_1=_share(scores, 5, 5),
        mean=mean,
        index=None if mean is None else (mean - 1) * 25,
    )


def nps(cells: Cells) -> Nps:
    """Of the cells of `cx_window_survey_answers`."""
    scores = _scores(cells, "nps")
    answers = sum(scores.values())
    promoters, detractors = _share(scores, 9, 10), _share(scores, 0, 6)
    if promoters is None or detractors is None:
        return Nps(0, None, None)
    difference = promoters - detractors
    variance = (promoters + detractors - difference**2) / answers
    return Nps(int(answers), 100 * difference, 196 * sqrt(max(variance, 0.0)))


def ces(cells: Cells, *, high_is_easy: bool) -> Ces:
    """Of the cells of `cx_window_survey_answers`; which end is easy depends on the question."""
    scores = _scores(cells, "ces")
    easy = _share(scores, 5, 7) if high_is_easy else _share(scores, 1, 3)
    return Ces(int(sum(scores.values())), easy, _mean(scores))
