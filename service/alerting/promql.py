"""The few PromQL shapes the rules are made of.

Each is a function from the labels to keep to an expression, and adds up the workers first: only the
sum over workers means something, as a partition's part of a number moves from one worker to another
in a rebalance. None has a value where its denominator is 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from service.definitions import MINUTE, SECOND

Expression = Callable[[Sequence[str]], str]

_Z95 = 1.96


def span(duration_us: int) -> str:
    """Microseconds as PromQL writes a duration."""
    whole_minutes = duration_us % MINUTE == 0
    return f"{duration_us // MINUTE}m" if whole_minutes else f"{duration_us // SECOND}s"


def added(selector: str, by: Sequence[str]) -> str:
    """The selected series, added up to the labels `by`."""
    return f"sum by ({', '.join(by)}) ({selector})" if by else f"sum({selector})"


def added_or_nought(part: str, whole: str, by: Sequence[str]) -> str:
    """As `added`, with 0 where only `whole` is there: what never happened has no series yet."""
    return f"({added(part, by)} or 0 * {added(whole, by)})"


def any_of(names: Iterable[str]) -> str:
    """A regular expression that matches these names, within a PromQL string."""
    return "|".join(map(re.escape, names)).replace("\\", "\\\\").replace('"', '\\"')


def came(events: str, within: str) -> str:
    """How much the counters of each process grew within a span.

    Of a process that was not there before all is new, also what came before its first scrape, which
    increase() does not see; but only where Prometheus was there before.
    """
    return (
        f"({events} unless last_over_time({events}[1h] offset {within}))"
        f" and on () count(cx_build_info offset {within})\n"
        f"  or increase({events}[{within}])"
    )


def total(selector: str) -> Expression:
    """The selected series, added up."""
    return lambda by: added(selector, by)


def ratio(part: str, whole: str) -> Expression:
    """`part` ÷ `whole`, where `part` is one of whole's parts."""
    return lambda by: f"{added_or_nought(part, whole, by)}\n/ ({added(whole, by)} > 0)"


def difference_per(plus: str, minus: str, whole: str) -> Expression:
    """(`plus` - `minus`) ÷ `whole`, which both belong to."""
    return lambda by: (
        f"({added_or_nought(plus, whole, by)} - {added_or_nought(minus, whole, by)})\n"
        f"/ ({added(whole, by)} > 0)"
    )


def growth(came: str, came_back: str, went: str) -> Expression:
    """`came` + `came_back` - `went`, each 0 where only another is there."""

    def expr(by: Sequence[str]) -> str:
        all_of_them = f"{came} or {came_back} or {went}"
        more, again, less = (
            added_or_nought(part, all_of_them, by) for part in (came, came_back, went)
        )
        return f"{more}\n+ {again}\n- {less}"

    return expr


def ratio_to_shared(part: str, whole: str, own: str, values: Mapping[str, str]) -> Expression:
    """`part` ÷ `whole`, where `part` has the label `own` that `whole` has not.

    `values`: of that label those that are 0 where they have no series, as soon as the selector that
    belongs to each finds anything.
    """

    def expr(by: Sequence[str]) -> str:
        shared = [label for label in by if label != own]
        noughts = "\n  or ".join(
            f'label_replace({added(whole, shared)} and on () {seen}, "{own}", "{value}", "", "")'
            for value, seen in values.items()
        )
        return (
            f"({added(part, by)} or 0 * (\n  {noughts}\n))\n"
            f"/ on ({', '.join(shared)}) group_left () ({added(whole, shared)} > 0)"
        )

    return expr


def quantile(fraction: float, histogram: str, rate_over: str = "") -> Expression:
    """Interpolated between the bucket bounds, as histogram_quantile does; but no value above the
    last bound, where that would give the bound itself.

    `rate_over`: of a counter's increase over so long; of a gauge's value without it.
    """

    def parts(selector: str) -> str:
        return f"rate({selector}[{rate_over}])" if rate_over else selector

    def expr(by: Sequence[str]) -> str:
        with_bounds = (*by, "le")
        bounded = added(parts(f'{histogram}_bucket{{le!="+Inf"}}'), with_bounds)
        return (
            f"histogram_quantile({fraction:g}, "
            f"{added(parts(f'{histogram}_bucket'), with_bounds)})\n"
            f"and max by ({', '.join(by)}) ({bounded})\n"
            f"  >= {fraction:g} * ({added(parts(f'{histogram}_count'), by)} > 0)"
        )

    return expr


def excess(repeats: str, judged: str) -> Expression:
    """How many more repeats a reason has than at the repeat rate of all reasons together."""

    def expr(by: Sequence[str]) -> str:
        overall = [label for label in by if label in ("repeat_window", "window")]
        all_repeats = added_or_nought(repeats, judged, overall)
        rate = (
            f"{all_repeats}\n  / ({added_or_nought(judged, repeats, overall)} + {all_repeats} > 0)"
        )
        mine = added_or_nought(repeats, judged, by)
        return (
            f"{mine}\n"
            f"- ({mine} + {added_or_nought(judged, repeats, by)})\n"
            f"* on ({', '.join(overall)}) group_left () (\n  {rate}\n)"
        )

    return expr


def mean_score(
    metric: str, survey: str, scores: Iterable[int], worth: Mapping[int, int] | None = None
) -> Expression:
    """The mean of the scores' worths; a score is worth itself unless told otherwise."""
    worths = {score: score if worth is None else worth[score] for score in scores}
    answers = f'{metric}{{survey="{survey}"}}'
    # `or` unites series of different scores; PromQL cannot multiply by a label.
    weighted = " or ".join(
        f'{worth} * {metric}{{survey="{survey}",score="{score}"}}'
        for score, worth in worths.items()
    )
    return lambda by: f"{added(weighted, by)}\n/ ({added(answers, by)} > 0)"


def net_score(promoters: str, detractors: str, answers: str) -> Expression:
    """100 x (promoters - detractors) ÷ answers."""
    return lambda by: (
        f"100 * ({added_or_nought(promoters, answers, by)}"
        f" - {added_or_nought(detractors, answers, by)})\n"
        f"/ ({added(answers, by)} > 0)"
    )


def net_score_lower(promoters: str, detractors: str, answers: str) -> Expression:
    """Lower end of Bonett and Price's 95 % interval of the net score."""
    return _net_score_end("-", promoters, detractors, answers)


def net_score_upper(promoters: str, detractors: str, answers: str) -> Expression:
    """Upper end of Bonett and Price's 95 % interval of the net score."""
    return _net_score_end("+", promoters, detractors, answers)


def _net_score_end(sign: str, promoters: str, detractors: str, answers: str) -> Expression:
    """One promoter and one detractor are added: without them answers of one kind have no variance,
    and one answer would be as sure as a thousand."""

    def expr(by: Sequence[str]) -> str:
        p, d = (added_or_nought(part, answers, by) for part in (promoters, detractors))
        n = f"({added(answers, by)} > 0)"
        return (
            "clamp(100 * (\n"
            f"  {p} - {d}\n"
            f"  {sign} {_Z95:g} * sqrt({p} + {d} + 2 - ({p} - {d}) ^ 2 / ({n} + 2))\n"
            f") / ({n} + 2), -100, 100)"
        )

    return expr


def wilson_lower(part: str, whole: str) -> Expression:
    """Lower end of Wilson's 95 % interval of part ÷ whole."""
    return _wilson_end("-", part, whole)


def wilson_upper(part: str, whole: str) -> Expression:
    """Upper end of Wilson's 95 % interval of part ÷ whole."""
    return _wilson_end("+", part, whole)


def index_lower(points: str, answers: str, of_each: int = 1) -> Expression:
    """Lower end of the 95 % interval of points ÷ answers, each answer 0 to 100 points."""
    return _index_end(wilson_lower, points, answers, of_each)


def index_upper(points: str, answers: str, of_each: int = 1) -> Expression:
    """Upper end of the 95 % interval of points ÷ answers, each answer 0 to 100 points."""
    return _index_end(wilson_upper, points, answers, of_each)


def _index_end(
    end: Callable[[str, str], Expression], points: str, answers: str, of_each: int
) -> Expression:
    """Of answers with a given mean those at both ends of the scale, yes and no, vary the most: so
    Wilson's interval for them holds for answers of any scale, and needs no squares.

    `of_each`: so many answers of one customer, which are much alike, count as one.
    """
    of_all = end(
        f"{points} / {100 * of_each}", answers if of_each == 1 else f"{answers} / {of_each}"
    )
    return lambda by: f"100 * {of_all(by)}"


def _wilson_end(sign: str, part: str, whole: str) -> Expression:
    def expr(by: Sequence[str]) -> str:
        k, n = added_or_nought(part, whole, by), f"({added(whole, by)} > 0)"
        return (
            f"({k} + {_Z95**2 / 2:g}\n"
            f"  {sign} {_Z95:g} * sqrt({k} - {k} ^ 2 / {n} + {_Z95**2 / 4:g}))\n"
            f"/ ({n} + {_Z95**2:g})"
        )

    return expr
