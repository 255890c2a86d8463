"""A contact centre's raw parts as two workers expose them, and every index of it, plainly."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping
from itertools import product

Labels = tuple[tuple[str, str], ...]
Parts = Mapping[str, Mapping[Labels, int]]

CHANNELS = ("chat", "voice")
QUEUES = ("billing", "support")
REASONS = ("password", "refund")
WINDOWS = ("1h", "24h")
REPEAT_WINDOWS = ("2h", "24h", "7d")

_VALUES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "cx_window_contacts_started": {"direction": ("inbound", "outbound")},
    "cx_window_contacts_closed": {"outcome": ("resolved", "unresolved", "abandoned", "expired")},
    "cx_window_handle_seconds_sum": {},
    "cx_window_handle_seconds_count": {},
    "cx_window_agent_replies_sum": {},
    "cx_window_agent_replies_count": {},
    "cx_window_one_touch_contacts": {},
    "cx_window_transferred_contacts": {},
    "cx_window_fcr_contacts": {
        "reason": REASONS,
        "repeat_window": REPEAT_WINDOWS,
        "result": ("resolved_first_time", "repeated", "unresolved", "pending"),
    },
    "cx_window_repeat_contacts": {"reason": REASONS, "repeat_window": REPEAT_WINDOWS},
    "cx_window_sla_contacts": {
        "target": ("first_response", "resolution"),
        "result": ("met", "breached", "abandoned", "short_abandoned"),
    },
    "cx_window_issue_resolved_answers": {"answer": ("yes", "no")},
}
_SURVEYS = {"csat": range(1, 6), "nps": range(11), "ces": range(1, 8)}
_HISTOGRAMS = {"first_response": (5, 20, 60), "resolution": (300, 3600)}


def random_parts(seed: int) -> dict[str, dict[Labels, int]]:
    """Counts of everything, but nothing at all happened in chat/billing within an hour."""
    pick = random.Random(seed)
    made: dict[str, dict[Labels, int]] = {}

    def put(metric: str, high: int = 40, /, **labels: str) -> int:
        empty = (labels["channel"], labels["queue"], labels["window"]) == ("chat", "billing", "1h")
        value = 0 if empty else pick.randrange(1, high)
        made.setdefault(metric, {})[tuple(sorted(labels.items()))] = value
        return value

    for channel, queue, window in product(CHANNELS, QUEUES, WINDOWS):
        place = {"channel": channel, "queue": queue, "window": window}
        for metric, dimensions in _VALUES.items():
            for values in product(*dimensions.values()):
                put(metric, 40, **place, **dict(zip(dimensions, values, strict=True)))
        for survey, scores in _SURVEYS.items():
            for score in scores:
                put("cx_window_survey_answers", 40, **place, survey=survey, score=str(score))
        for what, bounds in _HISTOGRAMS.items():
            name, count = f"cx_window_{what}_seconds", 0
            for bound in (*(f"{bound:.1f}" for bound in bounds), "+Inf"):
                # Some quantiles are above the last bound, some are not.
                high = 40 if bound != "+Inf" else pick.choice((2, 8))
                count += put(f"{name}_bucket", high, **place, le=bound)
                made[f"{name}_bucket"][tuple(sorted({**place, "le": bound}.items()))] = count
            put(f"{name}_sum", 4000, **place)
            made.setdefault(f"{name}_count", {})[tuple(sorted(place.items()))] = count
    return made


def with_gaps(parts: Parts, seed: int) -> Parts:
    """The parts without what has not been seen yet: single series, all of a metric, or, of a
    histogram, all that belongs together."""
    pick = random.Random(seed)
    share = pick.choice((0.2, 0.5, 0.8))

    def gone(key: tuple[object, ...], chance: float) -> bool:
        return random.Random(f"{seed} {key}").random() < chance

    def family(metric: str) -> str:
        return next((metric[: metric.index(h)] + h for h in _HISTOGRAMS if h in metric), metric)

    return {
        metric: {
            labels: value
            for labels, value in rows.items()
            if not gone((family(metric), *(pair for pair in labels if pair[0] != "le")), share)
        }
        for metric, rows in parts.items()
        if not gone((family(metric),), 0.2)
    }


class At:
    """The parts seen from one combination of labels: `count(metric, label=values)` adds them up."""

    def __init__(self, parts: Parts, labels: Mapping[str, str]) -> None:
        self._parts = parts
        self._labels = labels

    def __call__(self, metric: str, **wanted: str | tuple[str, ...]) -> int:
        return sum(value for _, value in self.rows(metric, **wanted))

    def rows(
        self, metric: str, **wanted: str | tuple[str, ...]
    ) -> Iterator[tuple[dict[str, str], int]]:
        """The series of a metric that belong here."""
        for key, value in self._parts.get(metric, {}).items():
            labels = dict(key)
            here = all(labels.get(name, held) == held for name, held in self._labels.items())
            if here and all(
                labels[name] in ((values,) if isinstance(values, str) else values)
                for name, values in wanted.items()
            ):
                yield labels, value

    def seen(self, metric: str, **wanted: str) -> bool:
        """Whether there is any series of it here."""
        return any(True for _ in self.rows(metric, **wanted))

    def anywhere(self) -> At:
        """All that there is."""
        return At(self._parts, {})

    @property
    def labels(self) -> Mapping[str, str]:
        return self._labels

    def overall(self) -> At:
        """The same windows, of all contacts."""
        kept = {k: v for k, v in self._labels.items() if k in ("window", "repeat_window")}
        return At(self._parts, kept)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _scores(at: At, survey: str) -> list[int]:
    return [
        int(labels["score"])
        for labels, count in at.rows("cx_window_survey_answers", survey=survey)
        for _ in range(count)
    ]


def _mean(values: list[int]) -> float | None:
    return _share(sum(values), len(values))


def _mapped(value: float | None, change: Callable[[float], float]) -> float | None:
    return None if value is None else change(value)


def _of_scores(survey: str, wanted: range) -> Callable[[At], float | None]:
    def index(at: At) -> float | None:
        scores = _scores(at, survey)
        return _share(sum(score in wanted for score in scores), len(scores))

    return index


def _nps(at: At) -> float | None:
    return _mapped(_mean([_nps_worth(score) for score in _scores(at, "nps")]), lambda x: 100 * x)


def _nps_worth(score: int) -> int:
    return 1 if score >= 9 else -1 if score <= 6 else 0


def _nps_end(sign: int) -> Callable[[At], float | None]:
    """The mean and its interval, after one more promoter and one more detractor."""

    def index(at: At) -> float | None:
        worths = [_nps_worth(score) for score in _scores(at, "nps")]
        if not worths:
            return None
        worths += [1, -1]
        mean = sum(worths) / len(worths)
        variance = sum((worth - mean) ** 2 for worth in worths) / len(worths)
        end = 100 * (mean + sign * 1.96 * math.sqrt(variance / len(worths)))
        return max(-100.0, min(100.0, end))

    return index


def _wilson_end(sign: int, counts: Callable[[At], tuple[int, int]]) -> Callable[[At], float | None]:
    def index(at: At) -> float | None:
        (good, n), z = counts(at), 1.96
        if not n:
            return None
        p = good / n
        centre = p + z * z / (2 * n)
        margin = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return (centre + sign * margin) / (1 + z * z / n)

    return index


def _top2(at: At) -> tuple[int, int]:
    scores = _scores(at, "csat")
    return sum(score >= 4 for score in scores), len(scores)


def _first_time(at: At) -> tuple[int, int]:
    decided = ("resolved_first_time", "repeated", "unresolved")
    return (
        at("cx_window_fcr_contacts", result="resolved_first_time"),
        at("cx_window_fcr_contacts", result=decided),
    )


def _first_response(met: tuple[str, ...], judged: tuple[str, ...]) -> Callable[[At], float | None]:
    return lambda at: _share(
        at("cx_window_sla_contacts", target="first_response", result=met),
        at("cx_window_sla_contacts", target="first_response", result=judged),
    )


def _closed(at: At, *outcomes: str) -> int:
    return at("cx_window_contacts_closed", outcome=outcomes)


def _excess(at: At) -> float | None:
    def volume(here: At) -> int:
        return here("cx_window_fcr_contacts") + here("cx_window_repeat_contacts")

    if not (at.seen("cx_window_fcr_contacts") or at.seen("cx_window_repeat_contacts")):
        return None
    everywhere = at.overall()
    rate = _share(everywhere("cx_window_repeat_contacts"), volume(everywhere))
    return _mapped(rate, lambda rate: at("cx_window_repeat_contacts") - volume(at) * rate)


def _growth(at: At) -> float | None:
    seen = at.seen("cx_window_contacts_started", direction="inbound")
    if not (seen or at.seen("cx_window_contacts_closed")):
        return None
    started = at("cx_window_contacts_started", direction="inbound")
    return float(started - at("cx_window_contacts_closed"))


def _response_rate(at: At) -> float | None:
    if not at.anywhere().seen("cx_window_survey_answers", survey=at.labels["survey"]):
        return None
    return _share(at("cx_window_survey_answers"), _closed(at, "resolved", "unresolved"))


def _quantile(what: str, fraction: float) -> Callable[[At], float | None]:
    """Linear between the bounds, as Prometheus documents it; above the last bound: not known."""

    def index(at: At) -> float | None:
        name = f"cx_window_{what}_seconds_bucket"
        bounds = [float(bound) for bound in _HISTOGRAMS[what]]
        counts = [at(name, le=f"{bound:.1f}") for bound in bounds]
        rank = fraction * at(name, le="+Inf")
        if not rank:
            return None
        lower, below = 0.0, 0
        for bound, count in zip(bounds, counts, strict=True):
            if count >= rank:
                return lower + (bound - lower) * (rank - below) / (count - below)
            lower, below = bound, count
        return None

    return index


def _per(total: str, count: str) -> Callable[[At], float | None]:
    return lambda at: _share(at(total), at(count))


_EVERY = ("met", "breached", "abandoned", "short_abandoned")

INDEXES: Mapping[str, Callable[[At], float | None]] = {
    "cx_fcr:ratio_settled": lambda at: _share(*_first_time(at)),
    "cx_fcr:ratio_settled_lower95": _wilson_end(-1, _first_time),
    "cx_fcr:ratio_settled_upper95": _wilson_end(+1, _first_time),
    "cx_fcr:ratio_provisional": lambda at: _share(
        at("cx_window_fcr_contacts", result=("resolved_first_time", "pending")),
        at("cx_window_fcr_contacts"),
    ),
    "cx_repeat_contacts:ratio": lambda at: _share(
        at("cx_window_repeat_contacts"), at("cx_window_contacts_started", direction="inbound")
    ),
    "cx_repeat_contacts:excess": _excess,
    "cx_service_level:ratio_answered": lambda at: _share(
        at("cx_window_sla_contacts", target="first_response", result="met"),
        at("cx_window_first_response_seconds_count"),
    ),
    "cx_service_level:ratio_offered": _first_response(("met",), _EVERY),
    "cx_service_level:ratio_without_short_abandons": _first_response(
        ("met",), ("met", "breached", "abandoned")
    ),
    "cx_service_level:ratio_short_abandons_met": _first_response(
        ("met", "short_abandoned"), _EVERY
    ),
    "cx_sla:ratio": lambda at: _share(
        at("cx_window_sla_contacts", result="met"),
        at("cx_window_sla_contacts", result=("met", "breached")),
    ),
    "cx_abandonment:ratio": lambda at: _share(
        _closed(at, "abandoned"), _closed(at, "resolved", "unresolved", "abandoned")
    ),
    "cx_answered:ratio": lambda at: _share(
        _closed(at, "resolved", "unresolved"), _closed(at, "resolved", "unresolved", "abandoned")
    ),
    "cx_backlog:growth": _growth,
    **{
        f"cx_{what}_seconds:p{percent}": _quantile(what, percent / 100)
        for what in _HISTOGRAMS
        for percent in (50, 90, 95)
    },
    **{
        f"cx_{what}:mean": _per(f"cx_window_{what}_sum", f"cx_window_{what}_count")
        for what in (
            "first_response_seconds",
            "resolution_seconds",
            "handle_seconds",
            "agent_replies",
        )
    },
    "cx_one_touch:ratio": _per("cx_window_one_touch_contacts", "cx_window_agent_replies_count"),
    "cx_transferred:ratio": lambda at: _share(
        at("cx_window_transferred_contacts"), _closed(at, "resolved", "unresolved", "abandoned")
    ),
    "cx_csat:ratio_top1": _of_scores("csat", range(5, 6)),
    "cx_csat:ratio_top2": _of_scores("csat", range(4, 6)),
    "cx_csat:ratio_top2_lower95": _wilson_end(-1, _top2),
    "cx_csat:ratio_top2_upper95": _wilson_end(+1, _top2),
    "cx_csat:mean": lambda at: _mean(_scores(at, "csat")),
    "cx_csat:index": lambda at: _mapped(_mean(_scores(at, "csat")), lambda x: (x - 1) * 25),
    "cx_nps:score": _nps,
    "cx_nps:lower95": _nps_end(-1),
    "cx_nps:upper95": _nps_end(+1),
    "cx_ces:ratio_high": _of_scores("ces", range(5, 8)),
    "cx_ces:ratio_low": _of_scores("ces", range(1, 4)),
    "cx_ces:mean": lambda at: _mean(_scores(at, "ces")),
    "cx_ces:mean_reversed": lambda at: _mapped(_mean(_scores(at, "ces")), lambda x: 8 - x),
    "cx_issue_resolved:ratio": lambda at: _share(
        at("cx_window_issue_resolved_answers", answer="yes"), at("cx_window_issue_resolved_answers")
    ),
    "cx_survey_answers:ratio_response": _response_rate,
}
LABEL_VALUES: Mapping[str, tuple[str, ...]] = {
    "channel": CHANNELS,
    "queue": QUEUES,
    "reason": REASONS,
    "window": WINDOWS,
    "repeat_window": REPEAT_WINDOWS,
    "target": ("first_response", "resolution"),
    "survey": tuple(_SURVEYS),
}
