"""A contact centre's raw parts as workers expose them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

Labels = tuple[tuple[str, str], ...]
Parts = Mapping[str, Mapping[Labels, int]]

CHANNELS = ("chat", "voice")
QUEUES = ("billing", "support")
TEAMS = ("back-office", "front-office")
REASONS = ("password", "refund")
WINDOWS = ("1h", "24h")
REPEAT_WINDOWS = ("2h", "24h", "7d")

_SURVEYS: Mapping[str, Sequence[int]] = {"csat": range(1, 6), "nps": range(11), "ces": range(1, 8)}
_ASPECTS = ("overall", "access", "resolution", "treatment")
_OF_ASPECTS = {"survey": tuple(_SURVEYS), "aspect": _ASPECTS}
_VALUES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "cx_window_contacts_started": {"direction": ("inbound", "outbound")},
    "cx_window_contacts_closed": {
        "outcome": ("resolved", "unresolved", "abandoned", "expired", "void")
    },
    "cx_window_contacts_reopened": {"by": ("customer", "agent", "system")},
    "cx_window_handle_seconds_sum": {},
    "cx_window_handle_seconds_count": {},
    "cx_window_agent_replies_sum": {},
    "cx_window_agent_replies_count": {},
    "cx_window_one_touch_contacts": {},
    "cx_window_transferred_contacts": {},
    "cx_window_bot_resolved_contacts": {},
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
    "cx_window_survey_index_sum": _OF_ASPECTS,
    "cx_window_survey_index_count": _OF_ASPECTS,
    "cx_window_evaluations": {"result": ("fatal", "nonfatal", "clean")},
    "cx_window_evaluation_errors": {"severity": ("fatal", "nonfatal")},
    "cx_window_evaluation_score_sum": {},
    "cx_window_evaluation_score_count": {},
    "cx_window_emotion_positive_sum": {},
    "cx_window_emotion_negative_sum": {},
    "cx_window_emotion_count": {},
}
_OF_TEAMS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "cx_window_team_fcr_contacts": {
        "repeat_window": REPEAT_WINDOWS,
        "result": ("resolved_first_time", "repeated", "unresolved", "pending"),
    },
    "cx_window_team_handle_seconds_sum": {},
    "cx_window_team_handle_seconds_count": {},
    "cx_window_team_survey_answers": {"survey": ("csat",), "score": tuple("12345")},
}
_OF_SEGMENTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "cx_window_customers_joined": {},
    "cx_window_customers_left": {
        "after": ("resolved_first_time", "repeated", "unresolved", "pending", "abandoned", "none")
    },
}
_STATES = ("available", "busy", "wrap_up", "paused", "offline")
_OF_AGENTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "cx_window_agent_seconds": {"state": _STATES},
    "cx_window_agent_scheduled_seconds": {"activity": ("work", "pause")},
    "cx_window_agent_adherent_seconds": {"activity": ("work", "pause")},
    "cx_window_agents_left": {},
}
#: Where nothing at all happened.
_NOWHERE: Sequence[Mapping[str, str]] = (
    {"channel": "chat", "queue": "billing", "window": "1h"},
    {"team": "back-office", "window": "1h"},
)
SEGMENTS = ("business", "private")
HISTOGRAMS = {
    "first_response_counted": (5, 20, 60),
    "resolution_counted": (300, 3600),
    "first_response": (5, 20, 60),
    "resolution": (300, 3600),
}


def random_parts(seed: int) -> dict[str, dict[Labels, int]]:
    """Counts of everything, but nothing at all happened in chat/billing, and in the back-office,
    within an hour."""
    made = _Parts(seed)
    for channel, queue in product(CHANNELS, QUEUES):
        for metric in ("cx_backlog_contacts", "cx_backlog_waiting_contacts"):
            made.put(metric, channel=channel, queue=queue)
    for team, window in product(TEAMS, WINDOWS):
        made.put_all(_OF_TEAMS, {"team": team, "window": window})
        made.put_all(_OF_AGENTS, {"team": team, "window": window})
        # In some windows as few as left, in others many more.
        made.put("cx_window_agents_employed_seconds", 5_000_000, team=team, window=window)
    for segment in SEGMENTS:
        made.put("cx_customers", 4000, segment=segment)
        made.put("cx_customers_monthly_revenue", 90_000, segment=segment)
    for segment, window in product(SEGMENTS, WINDOWS):
        made.put_all(_OF_SEGMENTS, {"segment": segment, "window": window})
    for channel, queue, window in product(CHANNELS, QUEUES, WINDOWS):
        place = {"channel": channel, "queue": queue, "window": window}
        made.put_all(_VALUES, place)
        for survey, scores in _SURVEYS.items():
            for score in scores:
                made.put("cx_window_survey_answers", **place, survey=survey, score=str(score))
        for what, bounds in HISTOGRAMS.items():
            made.put_durations(f"cx_window_{what}_seconds", bounds, place)
    return made.parts


class _Parts:
    def __init__(self, seed: int) -> None:
        self._pick = random.Random(seed)
        self.parts: dict[str, dict[Labels, int]] = {}

    def put(self, metric: str, high: int = 40, /, **labels: str) -> int:
        empty = any(nowhere.items() <= labels.items() for nowhere in _NOWHERE)
        value = 0 if empty else self._pick.randrange(1, high)
        self.parts.setdefault(metric, {})[tuple(sorted(labels.items()))] = value
        return value

    def put_all(
        self, metrics: Mapping[str, Mapping[str, tuple[str, ...]]], place: Mapping[str, str]
    ) -> None:
        for metric, dimensions in metrics.items():
            for values in product(*dimensions.values()):
                self.put(metric, 40, **place, **dict(zip(dimensions, values, strict=True)))

    def put_durations(self, name: str, bounds: Sequence[int], place: Mapping[str, str]) -> None:
        count = 0
        for bound in (*(f"{bound:.1f}" for bound in bounds), "+Inf"):
            # Some quantiles are above the last bound, some are not.
            high = 40 if bound != "+Inf" else self._pick.choice((2, 8))
            count += self.put(f"{name}_bucket", high, **place, le=bound)
            self.parts[f"{name}_bucket"][tuple(sorted({**place, "le": bound}.items()))] = count
        self.put(f"{name}_sum", 4000, **place)
        self.parts.setdefault(f"{name}_count", {})[tuple(sorted(place.items()))] = count


def with_gaps(parts: Parts, seed: int) -> Parts:
    """The parts without what has not been seen yet: single series, all of a metric, or, of a
    histogram, all that belongs together."""
    pick = random.Random(seed)
    share = pick.choice((0.2, 0.5, 0.8))

    def gone(key: tuple[object, ...], chance: float) -> bool:
        return random.Random(f"{seed} {key}").random() < chance

    def family(metric: str) -> str:
        return next((metric[: metric.index(h)] + h for h in HISTOGRAMS if h in metric), metric)

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

    def seen(self, metric: str, **wanted: str | tuple[str, ...]) -> bool:
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


LABEL_VALUES: Mapping[str, tuple[str, ...]] = {
    "channel": CHANNELS,
    "queue": QUEUES,
    "reason": REASONS,
    "window": WINDOWS,
    "repeat_window": REPEAT_WINDOWS,
    "target": ("first_response", "resolution"),
    "survey": tuple(_SURVEYS),
    "aspect": _ASPECTS,
    "team": TEAMS,
    "segment": SEGMENTS,
}
