"""Every published index, by plain arithmetic on the raw parts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from tests.deploy.parts import HISTOGRAMS, At

CLOSINGS = ("resolved", "unresolved", "abandoned", "expired")


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _scores(at: At, survey: str, metric: str = "cx_window_survey_answers") -> list[int]:
    return [
        int(labels["score"])
        for labels, count in at.rows(metric, survey=survey)
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


def _wilson_end(
    sign: int, counts: Callable[[At], tuple[float, float]]
) -> Callable[[At], float | None]:
    def index(at: At) -> float | None:
        (good, n), z = counts(at), 1.96
        if not n or good > n:
            return None
        p = good / n
        centre = p + z * z / (2 * n)
        margin = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return (centre + sign * margin) / (1 + z * z / n)

    return index


def _top2(at: At) -> tuple[int, int]:
    scores = _scores(at, "csat")
    return sum(score >= 4 for score in scores), len(scores)


def _top2_of_team(at: At) -> tuple[int, int]:
    scores = _scores(at, "csat", "cx_window_team_survey_answers")
    return sum(score >= 4 for score in scores), len(scores)


def _on_art(at: At) -> tuple[int, int]:
    aspects = ("access", "resolution", "treatment")
    return (
        at("cx_window_survey_index_sum", survey="csat", aspect=aspects),
        at("cx_window_survey_index_count", survey="csat", aspect=aspects),
    )


def _index_end(
    sign: int, placed: Callable[[At], tuple[int, int]], of_each: int = 1
) -> Callable[[At], float | None]:
    """As if the points were yeses of a hundred, and so many answers one."""

    def shares(at: At) -> tuple[float, float]:
        points, answers = placed(at)
        return points / 100 / of_each, answers / of_each

    return lambda at: _mapped(_wilson_end(sign, shares)(at), lambda end: 100 * end)


def _placed(at: At) -> tuple[int, int]:
    return at("cx_window_survey_index_sum"), at("cx_window_survey_index_count")


def _first_time_of_team(at: At) -> tuple[int, int]:
    return _first_time(at, "cx_window_team_fcr_contacts")


def _first_time(at: At, metric: str = "cx_window_fcr_contacts") -> tuple[int, int]:
    decided = ("resolved_first_time", "repeated", "unresolved")
    return at(metric, result="resolved_first_time"), at(metric, result=decided)


def _first_response(met: tuple[str, ...], judged: tuple[str, ...]) -> Callable[[At], float | None]:
    return lambda at: _share(
        at("cx_window_sla_contacts", target="first_response", result=met),
        at("cx_window_sla_contacts", target="first_response", result=judged),
    )


def _fatal(at: At) -> tuple[int, int]:
    return at("cx_window_evaluations", result="fatal"), at("cx_window_evaluations")


def _errors(severity: str) -> Callable[[At], float | None]:
    return lambda at: _share(
        at("cx_window_evaluation_errors", severity=severity), at("cx_window_evaluations")
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
    parts: list[tuple[str, Mapping[str, str | tuple[str, ...]], int]] = [
        ("cx_window_contacts_started", {"direction": "inbound"}, 1),
        ("cx_window_contacts_reopened", {}, 1),
        ("cx_window_contacts_closed", {"outcome": CLOSINGS}, -1),
    ]
    if not any(at.seen(metric, **wanted) for metric, wanted, _ in parts):
        return None
    return float(sum(sign * at(metric, **wanted) for metric, wanted, sign in parts))


def _response_rate(at: At) -> float | None:
    if not at.anywhere().seen("cx_window_survey_answers", survey=at.labels["survey"]):
        return None
    return _share(at("cx_window_survey_answers"), _closed(at, "resolved", "unresolved"))


def _quantile(what: str, fraction: float) -> Callable[[At], float | None]:
    """Linear between the bounds, as Prometheus documents it; above the last bound: not known."""

    def index(at: At) -> float | None:
        name = f"cx_window_{what}_seconds_bucket"
        bounds = [float(bound) for bound in HISTOGRAMS[what]]
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


_LEFT, _JOINED = "cx_window_customers_left", "cx_window_customers_joined"
#: Of the longest repeat window of the parts.
_LONGEST = "7d"
_SECONDS = {"1h": 3600, "24h": 86_400}
#: As the settings have it unless told otherwise.
_MARGIN = 0.5


def _at_first(at: At) -> int:
    return at("cx_customers") - at(_JOINED) + at(_LEFT)


def _turned(at: At) -> bool:
    return at.seen("cx_customers") and (at.seen(_LEFT) or at.seen(_JOINED))


def _left(at: At) -> tuple[int, int]:
    return (at(_LEFT), max(0, _at_first(at))) if _turned(at) else (0, 0)


def _lifetime(at: At) -> float | None:
    left, customers = _left(at)
    if not left or not at("cx_customers") or not customers:
        return None
    worth = _MARGIN * at("cx_customers_monthly_revenue") / at("cx_customers")
    return worth / (left / customers * 30 * 86_400 / _SECONDS[at.labels["window"]])


def _repeated(at: At) -> tuple[int, int]:
    contacts = at("cx_window_fcr_contacts", repeat_window=_LONGEST, result="repeated")
    contacts += at("cx_window_repeat_contacts", repeat_window=_LONGEST)
    left = at(_LEFT, after="repeated")
    return left, max(left, contacts)


def _helped_at_once(at: At) -> tuple[int, int]:
    after = ("resolved_first_time", "pending")
    contacts = at("cx_window_fcr_contacts", repeat_window=_LONGEST, result=after)
    left = at(_LEFT, after=after)
    return left, max(left, contacts)


#: As the settings have it unless told otherwise.
_TARGET_OCCUPANCY = 0.85
#: Seconds that a window covers in the mean: its end is anywhere in its last bucket.
_COVERED = {"1h": 3600 - 60 / 2, "24h": 86_400 - 900 / 2}


def _in_states(at: At, *states: str) -> int:
    return at("cx_window_agent_seconds", state=states)


def _occupancy(at: At) -> float | None:
    return _share(_in_states(at, "busy", "wrap_up"), _in_states(at, "busy", "wrap_up", "available"))


def _utilisation(at: At) -> float | None:
    ready = _in_states(at, "busy", "wrap_up", "available")
    return _share(ready, ready + _in_states(at, "paused"))


def _schedule_fit(at: At) -> float | None:
    needed = _in_states(at, "busy", "wrap_up") / _TARGET_OCCUPANCY
    scheduled = at("cx_window_agent_scheduled_seconds", activity="work")
    if not needed or not scheduled:
        return None
    return 1 - abs(scheduled - needed) / needed


def _mean_employed(at: At) -> float | None:
    if not at.seen("cx_window_agents_employed_seconds"):
        return None
    return at("cx_window_agents_employed_seconds") / _COVERED[at.labels["window"]]


def _agents_left(at: At) -> tuple[float, float]:
    left, employed = at("cx_window_agents_left"), _mean_employed(at)
    return left, 0 if employed is None else max(left, employed)


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
    "cx_reopened:ratio": lambda at: _share(
        at("cx_window_contacts_reopened"), _closed(at, *CLOSINGS)
    ),
    "cx_containment:ratio": _per(
        "cx_window_bot_resolved_contacts", "cx_window_resolution_seconds_count"
    ),
    "cx_backlog_waiting:ratio": _per("cx_backlog_waiting_contacts", "cx_backlog_contacts"),
    "cx_churn:ratio": lambda at: _share(*_left(at)),
    "cx_churn:ratio_lower95": _wilson_end(-1, _left),
    "cx_churn:ratio_upper95": _wilson_end(+1, _left),
    "cx_retention:ratio": lambda at: _mapped(_share(*_left(at)), lambda x: 1 - x),
    "cx_customer_monthly_revenue:mean": _per("cx_customers_monthly_revenue", "cx_customers"),
    "cx_customer_lifetime_value:mean": _lifetime,
    "cx_churn_after_repeated:ratio": lambda at: _share(*_repeated(at)),
    "cx_churn_after_repeated:ratio_lower95": _wilson_end(-1, _repeated),
    "cx_churn_after_repeated:ratio_upper95": _wilson_end(+1, _repeated),
    "cx_churn_after_first_time:ratio": lambda at: _share(*_helped_at_once(at)),
    "cx_churn_after_first_time:ratio_lower95": _wilson_end(-1, _helped_at_once),
    "cx_churn_after_first_time:ratio_upper95": _wilson_end(+1, _helped_at_once),
    "cx_occupancy:ratio": _occupancy,
    "cx_utilisation:ratio": _utilisation,
    "cx_adherence:ratio": _per(
        "cx_window_agent_adherent_seconds", "cx_window_agent_scheduled_seconds"
    ),
    "cx_schedule_fit:ratio": _schedule_fit,
    "cx_agents_employed:mean": _mean_employed,
    "cx_attrition:ratio": lambda at: _share(at("cx_window_agents_left"), _mean_employed(at) or 0),
    "cx_attrition:ratio_lower95": _wilson_end(-1, _agents_left),
    "cx_attrition:ratio_upper95": _wilson_end(+1, _agents_left),
    "cx_survey_index:mean": _per("cx_window_survey_index_sum", "cx_window_survey_index_count"),
    "cx_survey_index:lower95": _index_end(-1, _placed),
    "cx_survey_index:upper95": _index_end(+1, _placed),
    "cx_art:index": lambda at: _share(*_on_art(at)),
    "cx_art:lower95": _index_end(-1, _on_art, of_each=3),
    "cx_art:upper95": _index_end(+1, _on_art, of_each=3),
    "cx_team_fcr:ratio_settled": lambda at: _share(*_first_time_of_team(at)),
    "cx_team_fcr:ratio_settled_lower95": _wilson_end(-1, _first_time_of_team),
    "cx_team_fcr:ratio_settled_upper95": _wilson_end(+1, _first_time_of_team),
    "cx_team_fcr:ratio_provisional": lambda at: _share(
        at("cx_window_team_fcr_contacts", result=("resolved_first_time", "pending")),
        at("cx_window_team_fcr_contacts"),
    ),
    "cx_team_handle_seconds:mean": _per(
        "cx_window_team_handle_seconds_sum", "cx_window_team_handle_seconds_count"
    ),
    "cx_team_csat:ratio_top2": lambda at: _share(*_top2_of_team(at)),
    "cx_team_csat:ratio_top2_lower95": _wilson_end(-1, _top2_of_team),
    "cx_team_csat:ratio_top2_upper95": _wilson_end(+1, _top2_of_team),
    **{
        f"cx_{what}_seconds:p{percent}": _quantile(what, percent / 100)
        for what in HISTOGRAMS
        for percent in (50, 90, 95)
    },
    **{
        f"cx_{what}:mean": _per(f"cx_window_{what}_sum", f"cx_window_{what}_count")
        for what in (
            "first_response_seconds",
            "resolution_seconds",
            "first_response_counted_seconds",
            "resolution_counted_seconds",
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
    "cx_evaluations:ratio_fatal": lambda at: _share(*_fatal(at)),
    "cx_evaluations:ratio_fatal_lower95": _wilson_end(-1, _fatal),
    "cx_evaluations:ratio_fatal_upper95": _wilson_end(+1, _fatal),
    **{
        f"cx_evaluation_errors:{severity}_per_evaluation": _errors(severity)
        for severity in ("fatal", "nonfatal")
    },
    "cx_evaluation_score:mean": _per(
        "cx_window_evaluation_score_sum", "cx_window_evaluation_score_count"
    ),
    "cx_emotion:nev": lambda at: _share(
        at("cx_window_emotion_positive_sum") - at("cx_window_emotion_negative_sum"),
        at("cx_window_emotion_count"),
    ),
}
