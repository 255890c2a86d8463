"""A contact centre in a few formulas: believable numbers that move, for the page to show."""

from __future__ import annotations

from itertools import product
from math import sin

from service.definitions import CalendarWindow, Definitions
from service.view.snapshot import Snapshot
from tests.exposition.fakes import SECOND, snapshot

#: Share of the volume, seconds to a first response, target of it, open contacts.
CHANNELS = {
    "voice": (0.46, 24.0, 20.0, 14),
    "chat": (0.27, 41.0, 60.0, 22),
    "email": (0.21, 6200.0, 14400.0, 318),
    "social": (0.06, 1500.0, 3600.0, 27),
}
#: Active customers.
SEGMENTS = {"private": 8200, "business": 640}
QUEUES = {"billing": 0.42, "orders": 0.33, "technical": 0.25}
TEAMS = {"front-office": 0.7, "back-office": 0.3}
WINDOWS = {"5m": 1 / 12, "1h": 1.0, "24h": 17.0, "7d": 109.0}
CALENDAR_WINDOWS = {"today": 11.0, "yesterday": 17.0, "this_week": 64.0, "this_month": 330.0}
#: With all that can be turned on.
DEFINITIONS = Definitions(
    contact_updated=True,
    teams=True,
    contact_evaluated=True,
    customer_changed=True,
    agents=True,
    calendar_windows=tuple(map(CalendarWindow, CALENDAR_WINDOWS)),
)
FIRST_RESPONSE_BOUNDS = (5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 14400, 86400)
RESOLUTION_BOUNDS = (60, 300, 900, 1800, 3600, 7200, 14400, 28800, 86400, 172800)
AGE_BOUNDS = (300, 900, 3600, 14400, 28800, 86400, 259200, 604800)
REPEAT_WINDOWS = {"2h": (0.06, 0.07), "24h": (0.13, 0.55), "7d": (0.21, 0.9)}

_LENGTHS = WINDOWS | CALENDAR_WINDOWS

Values = dict[tuple[str, ...], float]


def centre(at: float) -> Snapshot:
    """The numbers at `at` (seconds since 1970), which is also the clock."""
    facts = _Facts(at)
    for channel in CHANNELS:
        for queue in QUEUES:
            facts.add_backlog(channel, queue)
            for window in _LENGTHS:
                facts.add_window(channel, queue, window)
    for segment, active in SEGMENTS.items():
        facts.add_customers(segment, active)
    for team, window in product(TEAMS, _LENGTHS):
        facts.add_team(team, window)
    for team in TEAMS:
        facts.add_agents(team)
    live = int(sum(facts.families["cx_backlog_contacts"].values()) + 4000)
    return snapshot(int(at * SECOND), live, **facts.families)


class _Facts:
    def __init__(self, at: float) -> None:
        self.families: dict[str, Values] = {}
        # A slow swell, a quick one, and a rush that comes now and then.
        self.load = (
            1
            + 0.22 * sin(at / 2600)
            + 0.06 * sin(at / 340)
            + 0.03 * sin(at / 71)
            + 0.35 * max(0.0, sin(at / 4100)) ** 6
        )

    def put(self, sample: str, labels: tuple[str, ...], value: float) -> None:
        self.families.setdefault(sample, {})[labels] = value

    def add_backlog(self, channel: str, queue: str) -> None:
        _, _, _, usual = CHANNELS[channel]
        count = round(usual * QUEUES[queue] * self.load**2)
        oldest = 260.0 * usual * (0.5 + QUEUES[queue])
        self.put("cx_backlog_contacts", (channel, queue), count)
        self.put("cx_backlog_waiting_contacts", (channel, queue), count // 6)
        self.put("cx_backlog_oldest_age_seconds", (channel, queue), oldest)
        for bound in AGE_BOUNDS:
            younger = round(count * min(1.0, (bound / oldest) ** 0.6))
            self.put("cx_backlog_age_seconds_bucket", (channel, queue, str(float(bound))), younger)
        self.put("cx_backlog_age_seconds_bucket", (channel, queue, "+Inf"), count)
        at_risk, breached = round(count * 0.07 * self.load), round(count * 0.035 * self.load)
        for state, value in (
            ("on_track", count - at_risk - breached),
            ("at_risk", at_risk),
            ("breached", breached),
        ):
            self.put("cx_sla_open_contacts", (channel, queue, "resolution", state), value)

    def add_window(self, channel: str, queue: str, window: str) -> None:
        share, response, target, _ = CHANNELS[channel]
        volume = 620 * share * QUEUES[queue] * _LENGTHS[window]
        started, closed = round(volume * self.load), round(volume * (0.55 + 0.43 * self.load))
        late = min(0.9, 0.16 * self.load**2)
        abandoned = round(closed * (0.06 * self.load if response < 60 else 0))
        unresolved = round(closed * 0.07)
        resolved = closed - abandoned - unresolved
        for outcome, value in (
            ("resolved", resolved),
            ("unresolved", unresolved),
            ("abandoned", abandoned),
        ):
            self.put("cx_window_contacts_closed", (channel, queue, outcome, window), value)
        self.put("cx_window_contacts_started", (channel, queue, "inbound", window), started)
        self.put("cx_window_contacts_started", (channel, queue, "outbound", window), started // 9)
        answered = resolved + unresolved
        labels = (channel, queue, window)
        wait = response * self.load
        self._durations("first_response", FIRST_RESPONSE_BOUNDS, labels, answered, wait)
        solving = 420 + response * 2
        self._durations("resolution", RESOLUTION_BOUNDS, labels, resolved, solving)
        self._durations(
            "first_response_counted", FIRST_RESPONSE_BOUNDS, labels, answered, 0.6 * wait
        )
        self._durations("resolution_counted", RESOLUTION_BOUNDS, labels, resolved, 0.5 * solving)
        self.put("cx_window_bot_resolved_contacts", labels, resolved // 8)
        for by, parts in (("customer", 30), ("agent", 90), ("system", 200)):
            series = (channel, queue, by, window)
            self.put("cx_window_contacts_reopened", series, closed // parts)
        self.put("cx_window_contacts_closed", (channel, queue, "void", window), closed // 40)
        breached = round(answered * late * min(1.0, response / target))
        for kind, result, value in (
            ("first_response", "met", answered - breached),
            ("first_response", "breached", breached),
            ("first_response", "abandoned", round(abandoned * 0.8)),
            ("first_response", "short_abandoned", abandoned - round(abandoned * 0.8)),
            ("resolution", "met", round(answered * 0.93)),
            ("resolution", "breached", answered - round(answered * 0.93)),
        ):
            self.put("cx_window_sla_contacts", (channel, queue, kind, result, window), value)
        for repeat, (again, waiting) in REPEAT_WINDOWS.items():
            self._fcr(labels, repeat, resolved, unresolved, again * self.load, waiting)
        self._handling(labels, answered, resolved)
        self._surveys(labels, round(answered * 0.18))
        self._evaluations(labels, round(answered * 0.04))

    def add_team(self, team: str, window: str) -> None:
        closed = round(500 * TEAMS[team] * _LENGTHS[window])
        for outcome, share in (("resolved", 0.88), ("unresolved", 0.07), ("void", 0.05)):
            self.put(
                "cx_window_team_contacts_closed", (team, outcome, window), round(closed * share)
            )
        self.put("cx_window_team_handle_seconds_sum", (team, window), closed * 290.0)
        self.put("cx_window_team_handle_seconds_count", (team, window), closed)
        for repeat, (again, _) in REPEAT_WINDOWS.items():
            for result, share in (("resolved_first_time", 0.8 - again), ("repeated", again)):
                series = (team, repeat, result, window)
                self.put("cx_window_team_fcr_contacts", series, round(closed * share))
        for score, share in (("5", 0.08), ("4", 0.06), ("2", 0.03)):
            series = (team, "csat", score, window)
            self.put("cx_window_team_survey_answers", series, round(closed * share))

    def add_agents(self, team: str) -> None:
        there = round(40 * TEAMS[team])
        shares = {"available": 0.2, "busy": 0.6, "wrap_up": 0.1, "paused": 0.1, "offline": 1.5}
        for state, share in shares.items():
            self.put("cx_agents", (team, state), round(there * share * self.load))
        self.put("cx_agents_employed", (team,), 3 * there)
        for window, length in _LENGTHS.items():
            hours = there * length
            for state, share in shares.items():
                spent = hours * share * self.load * 3600.0
                self.put("cx_window_agent_seconds", (team, state, window), round(spent))
            for activity, share, kept in (("work", 0.95, 0.93), ("pause", 0.1, 0.7)):
                planned = round(hours * share * 3600.0)
                series = (team, activity, window)
                self.put("cx_window_agent_scheduled_seconds", series, planned)
                self.put("cx_window_agent_adherent_seconds", series, round(planned * kept))
            employed = 3 * hours * 3600.0
            self.put("cx_window_agents_employed_seconds", (team, window), employed)
            self.put("cx_window_agents_left", (team, window), there * length // 900)

    def add_customers(self, segment: str, active: int) -> None:
        self.put("cx_customers", (segment,), active)
        for window, length in _LENGTHS.items():
            joined = round(active * length / 8000)
            self.put("cx_window_customers_joined", (segment, window), joined)
            for after, share in (("repeated", 0.5), ("resolved_first_time", 0.2), ("none", 0.2)):
                left = round(active * length * share / 9000)
                self.put("cx_window_customers_left", (segment, after, window), left)

    def _evaluations(self, labels: tuple[str, ...], evaluated: int) -> None:
        channel, queue, window = labels
        for result, share in (("fatal", 0.04), ("nonfatal", 0.3), ("clean", 0.66)):
            series = (channel, queue, result, window)
            self.put("cx_window_evaluations", series, round(evaluated * share))
        self.put("cx_window_evaluation_score_sum", labels, evaluated * 84)
        self.put("cx_window_evaluation_score_count", labels, evaluated)
        self.put("cx_window_emotion_positive_sum", labels, evaluated * 6)
        self.put("cx_window_emotion_negative_sum", labels, evaluated * 2)
        self.put("cx_window_emotion_count", labels, evaluated)

    def _durations(
        self,
        name: str,
        bounds: tuple[int, ...],
        labels: tuple[str, ...],
        count: int,
        middle: float,
    ) -> None:
        for bound in bounds:
            within = round(count * (bound / (bound + middle)) ** 1.0)
            bucket = (*labels, str(float(bound)))
            self.put(f"cx_window_{name}_seconds_bucket", bucket, within)
        self.put(f"cx_window_{name}_seconds_bucket", (*labels, "+Inf"), count)
        self.put(f"cx_window_{name}_seconds_sum", labels, round(count * middle * 1.4, 3))
        self.put(f"cx_window_{name}_seconds_count", labels, count)

    def _fcr(
        self,
        labels: tuple[str, ...],
        repeat: str,
        resolved: int,
        unresolved: int,
        again: float,
        waiting: float,
    ) -> None:
        channel, queue, window = labels
        repeated = round(resolved * again)
        pending = round((resolved - repeated) * min(1.0, waiting / _LENGTHS[window] ** 0.3))
        for result, value in (
            ("resolved_first_time", resolved - repeated - pending),
            ("repeated", repeated),
            ("unresolved", unresolved),
            ("pending", pending),
        ):
            series = (channel, queue, "none", repeat, result, window)
            self.put("cx_window_fcr_contacts", series, value)
        repeats = (channel, queue, "none", repeat, window)
        self.put("cx_window_repeat_contacts", repeats, round(repeated * 1.1))

    def _handling(self, labels: tuple[str, ...], answered: int, resolved: int) -> None:
        self.put("cx_window_handle_seconds_sum", labels, answered * 312.0)
        self.put("cx_window_handle_seconds_count", labels, answered)
        self.put("cx_window_agent_replies_sum", labels, round(resolved * 1.7))
        self.put("cx_window_agent_replies_count", labels, resolved)
        self.put("cx_window_one_touch_contacts", labels, round(resolved * 0.62))
        self.put("cx_window_transferred_contacts", labels, round(answered * 0.09))

    def _surveys(self, labels: tuple[str, ...], answers: int) -> None:
        channel, queue, window = labels
        for survey, shares in {
            "csat": {1: 0.05, 2: 0.05, 3: 0.1, 4: 0.35, 5: 0.45},
            "nps": {0: 0.06, 5: 0.1, 7: 0.14, 8: 0.22, 9: 0.26, 10: 0.22},
            "ces": {2: 0.08, 4: 0.16, 6: 0.4, 7: 0.36},
        }.items():
            happy = 1 - 0.25 * (self.load - 1)
            for score, share in shares.items():
                tilt = happy if score == max(shares) else 1.0
                series = (channel, queue, survey, str(score), window)
                self.put("cx_window_survey_answers", series, round(answers * share * tilt))
        asked = round(answers * 0.08)
        for aspect, index in (("access", 71), ("resolution", 78), ("treatment", 86)):
            of_aspect = (channel, queue, "csat", aspect, window)
            self.put("cx_window_survey_index_sum", of_aspect, asked * index)
            self.put("cx_window_survey_index_count", of_aspect, asked)
        for answer, share in (("yes", 0.83), ("no", 0.17)):
            self.put(
                "cx_window_issue_resolved_answers",
                (channel, queue, answer, window),
                round(answers * share),
            )
