"""The published indexes (ratios, means, quantiles) that the live page shows.

Prometheus gets only their parts; these are the same formulas as the recording rules in
`deploy/prometheus/rules/`. Where there is nothing to divide by, an index is None, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from service.exposition.intervals import Interval, of_index, of_net_score, of_share
from service.exposition.rollup import Cells


@dataclass(frozen=True, slots=True)
class Durations:
    """Seconds; the quantiles are interpolated within their bucket, as Prometheus does.

    A quantile that is above `last_bound`, the largest bound there is, is None: nothing tells by how
    much.
    """

    count: int
    mean: float | None
    p50: float | None
    p90: float | None
    last_bound: float | None


@dataclass(frozen=True, slots=True)
class Fcr:
    """First-contact resolution under one repeat window, as shares of 0 to 1."""

    resolved_first_time: int
    repeated: int
    unresolved: int
    pending: int
    settled: float | None
    """Of those whose repeat window has passed or who are known to have failed."""
    settled_interval: Interval | None
    provisional: float | None
    """Of all, those whose repeat window still runs taken for resolved."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Contacts judged by a target, and how many of them met it (0 to 1).

    Abandoned contacts count against the target, short abandons not at all. `breached` are late
    responses and, where responses are published as they happen, whoever waits past the target.
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
    top_2_interval: Interval | None
    top_1: float | None
    mean: float | None
    index: float | None


@dataclass(frozen=True, slots=True)
class Nps:
    """Promoters (9, 10) less detractors (0 to 6), -100 to 100."""

    answers: int
    score: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Ces:
    """Effort rated 1 to 7: the share that found it easy (the three grades at the easy end)."""

    answers: int
    easy: float | None
    mean: float | None


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """CSAT answers of any scale, each by its place on it from 0 to 100: their mean."""

    answers: int
    index: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Art:
    """What customers expect, each and together; three answers of one customer count as one."""

    answers: int
    index: float | None
    interval: Interval | None
    access: Satisfaction
    resolution: Satisfaction
    treatment: Satisfaction


@dataclass(frozen=True, slots=True)
class Evaluations:
    """Contacts that were evaluated: the share with a fatal error, mean score (0 to 100), and NEV.

    Net emotional value: positive less negative emotions, -10 to 10, of evaluations with both.
    """

    evaluations: int
    fatal: float | None
    fatal_interval: Interval | None
    score: float | None
    nev: float | None


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
        last_bound=max((bound for bound in _bounds(buckets) if bound < inf), default=None),
    )


def quantile(q: float, buckets: Cells) -> float | None:
    """Linear within a bucket, as Prometheus' `histogram_quantile`; None above the last bound."""
    cumulative = sorted(zip(_bounds(buckets), buckets.values(), strict=True))
    if not cumulative or cumulative[-1][1] <= 0:
        return None
    rank = q * cumulative[-1][1]
    below, reached = 0.0, 0.0
    for bound, count in cumulative:
        if count >= rank:
            return (
                None
                if bound == inf
                else below + (bound - below) * (rank - reached) / (count - reached)
            )
        below, reached = bound, count
    return None


def _bounds(buckets: Cells) -> list[float]:
    return [float(bound) for (bound,) in buckets]


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
        settled=ratio(first_time, first_time + failed),
        settled_interval=of_share(first_time, first_time + failed),
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


def _between(scores: Mapping[int, float], low: int, high: int) -> float:
    return sum(count for score, count in scores.items() if low <= score <= high)


def csat(cells: Cells) -> Csat:
    """Of the cells of `cx_window_survey_answers`."""
    scores = _scores(cells, "csat")
    answers, good, mean = sum(scores.values()), _between(scores, 4, 5), _mean(scores)
    return Csat(
        answers=int(answers),
        top_2=ratio(good, answers),
        top_2_interval=of_share(good, answers),
        top_1=ratio(_between(scores, 5, 5), answers),
        mean=mean,
        index=None if mean is None else (mean - 1) * 25,
    )


def nps(cells: Cells) -> Nps:
    """Of the cells of `cx_window_survey_answers`."""
    scores = _scores(cells, "nps")
    answers = sum(scores.values())
    promoters, detractors = _between(scores, 9, 10), _between(scores, 0, 6)
    return Nps(
        answers=int(answers),
        score=ratio(100 * (promoters - detractors), answers),
        interval=of_net_score(promoters, detractors, answers),
    )


def ces(cells: Cells, *, high_is_easy: bool) -> Ces:
    """Of the cells of `cx_window_survey_answers`; which end is easy depends on the question."""
    scores = _scores(cells, "ces")
    answers = sum(scores.values())
    easy = _between(scores, 5, 7) if high_is_easy else _between(scores, 1, 3)
    return Ces(int(answers), ratio(easy, answers), _mean(scores))


def evaluations(results: Cells, score: float | None, nev: float | None) -> Evaluations:
    """Of the cells of `cx_window_evaluations`, and what is told beside them."""
    count, fatal = sum(results.values()), results.get(("fatal",), 0.0)
    return Evaluations(int(count), ratio(fatal, count), of_share(fatal, count), score, nev)


def art(points: Cells, counts: Cells) -> Art:
    """Of the cells of `cx_window_survey_index_sum` and `_count`."""
    aspects = [("csat", aspect) for aspect in ("access", "resolution", "treatment")]
    told = [(points.get(aspect, 0.0), counts.get(aspect, 0.0)) for aspect in aspects]
    total, answers = (sum(parts) for parts in zip(*told, strict=True))
    return Art(
        int(answers),
        ratio(total, answers),
        of_index(total / len(aspects), answers / len(aspects)),
        *(Satisfaction(int(n), ratio(of, n), of_index(of, n)) for of, n in told),
    )
