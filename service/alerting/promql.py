"""The few PromQL shapes the rules are made of.

Each is a function from the labels to keep to an expression, and adds up the workers first: only the
sum over workers means something, as a partition's part of a number moves from one worker to another
in a rebalance. None has a value where its denominator is 0.
"""

from __future__ import annotations

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


def total(selector: str) -> Expression:
    """The selected series, added up."""
    return lambda by: added(selector, by)


def ratio(part: str, whole: str) -> Expression:
    """`part` ÷ `whole`, where `part` is one of whole's parts."""
    return lambda by: f"{added_or_nought(part, whole, by)}\n/ ({added(whole, by)} > 0)"


def settled(first_time: str, decided: str, pending: str) -> Expression:
    """As `ratio`, but not while all that can be known are failures: 0 then means nothing."""

    def expr(by: Sequence[str]) -> str:
        none_yet = f"{added_or_nought(first_time, pending, by)} == 0"
        return f"{ratio(first_time, decided)(by)}\nunless ({added(pending, by)} > 0 and {none_yet})"

    return expr


def mean(total: str, count: str) -> Expression:
    """`total` ÷ `count`."""
    return lambda by: f"{added(total, by)}\n/ ({added(count, by)} > 0)"


def difference(more: str, less: str) -> Expression:
    """`more` - `less`, each 0 where only the other is there."""
    return lambda by: f"{added_or_nought(more, less, by)}\n- {added_or_nought(less, more, by)}"


def ratio_to_shared(part: str, whole: str, own: str) -> Expression:
    """`part` ÷ `whole`, where `part` has the label `own` that `whole` has not."""

    def expr(by: Sequence[str]) -> str:
        shared = [label for label in by if label != own]
        return (
            f"{added(part, by)}\n"
            f"/ on ({', '.join(shared)}) group_left () ({added(whole, shared)} > 0)"
        )

    return expr


def quantile(fraction: float, histogram: str) -> Expression:
    """Interpolated between the bucket bounds, as histogram_quantile does."""
    return lambda by: (
        f"histogram_quantile({fraction:g}, {added(f'{histogram}_bucket', (*by, 'le'))})\n"
        f"and {added(f'{histogram}_count', by)} > 0"
    )


def excess(repeats: str, judged: str) -> Expression:
    """How many more repeats a reason has than at the repeat rate of all reasons together."""

    def expr(by: Sequence[str]) -> str:
        overall = [label for label in by if label in ("repeat_window", "window")]
        rate = (
            f"{added(repeats, overall)}\n"
            f"  / ({added(judged, overall)} + {added(repeats, overall)} > 0)"
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


def net_score_margin(promoters: str, detractors: str, answers: str) -> Expression:
    """Half of the 95 % interval of the net score, from the variance p + d - (p - d)^2 over n."""

    def expr(by: Sequence[str]) -> str:
        p, d = (added_or_nought(part, answers, by) for part in (promoters, detractors))
        n = f"({added(answers, by)} > 0)"
        return (
            f"{100 * _Z95:g} * sqrt(clamp_min(\n"
            f"  ({p} + {d}) / {n}\n"
            f"  - (({p} - {d}) / {n}) ^ 2,\n"
            f"  0) / {n})"
        )

    return expr


def wilson_lower(part: str, whole: str) -> Expression:
    """Lower end of Wilson's 95 % interval of part ÷ whole."""

    def expr(by: Sequence[str]) -> str:
        k, n = added_or_nought(part, whole, by), f"({added(whole, by)} > 0)"
        return (
            f"({k} + {_Z95**2 / 2:g}\n"
            f"  - {_Z95:g} * sqrt({k} - {k} ^ 2 / {n} + {_Z95**2 / 4:g}))\n"
            f"/ ({n} + {_Z95**2:g})"
        )

    return expr
