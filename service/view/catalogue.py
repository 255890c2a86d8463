"""Every metric of the numbers themselves: name, type, labels, meaning.

The pipeline's own metrics are listed where they are measured, in the exposition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MetricType = Literal["gauge", "counter", "histogram"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as Prometheus sees it.

    `name` of a histogram is without `_bucket`, `_sum`, `_count`; of everything else it is the name
    of its one sample. `merge` tells how the values of several partitions become one.
    """

    name: str
    type: MetricType
    help: str
    labels: tuple[str, ...]
    merge: Literal["sum", "max"] = "sum"

    @property
    def samples(self) -> dict[str, tuple[str, ...]]:
        """The label names of each sample that is exposed for this metric."""
        if self.type != "histogram":
            return {self.name: self.labels}
        return {
            f"{self.name}_bucket": (*self.labels, "le"),
            f"{self.name}_sum": self.labels,
            f"{self.name}_count": self.labels,
        }


D = ("channel", "queue")
W = (*D, "window")


def _window_histogram(name: str, what: str) -> tuple[Metric, ...]:
    """A distribution within a window falls as well as it rises, so its parts are gauges."""
    return (
        Metric(f"{name}_bucket", "gauge", f"{what}: how many took at most le seconds", (*W, "le")),
        Metric(f"{name}_sum", "gauge", f"{what}: seconds, added up", W),
        Metric(f"{name}_count", "gauge", f"{what}: how many", W),
    )


METRICS: tuple[Metric, ...] = (
    Metric("cx_backlog_contacts", "gauge", "Contacts started and not closed", D),
    Metric("cx_backlog_waiting_contacts", "gauge", "Of them, those that wait for the customer", D),
    Metric(
        "cx_backlog_oldest_age_seconds", "gauge", "Age of the oldest open contact", D, merge="max"
    ),
    Metric(
        "cx_backlog_age_seconds_bucket",
        "gauge",
        "Open contacts whose age is at most le seconds",
        (*D, "le"),
    ),
    Metric(
        "cx_sla_open_contacts",
        "gauge",
        "Open contacts by how they stand to a target: on_track, at_risk, breached",
        (*D, "target", "state"),
    ),
    Metric("cx_window_contacts_started", "gauge", "Contacts started", (*D, "direction", "window")),
    Metric("cx_window_contacts_closed", "gauge", "Contacts closed", (*D, "outcome", "window")),
    Metric("cx_window_contacts_reopened", "gauge", "Contacts opened again", (*D, "by", "window")),
    *_window_histogram("cx_window_first_response_seconds", "Time to first response"),
    *_window_histogram("cx_window_resolution_seconds", "Time to resolution"),
    *_window_histogram(
        "cx_window_first_response_counted_seconds", "Business time to first response"
    ),
    *_window_histogram("cx_window_resolution_counted_seconds", "Counted time to resolution"),
    Metric("cx_window_handle_seconds_sum", "gauge", "Handle time of closed contacts, added up", W),
    Metric("cx_window_handle_seconds_count", "gauge", "Closed contacts with a handle time", W),
    Metric("cx_window_agent_replies_sum", "gauge", "Agent replies of resolved contacts", W),
    Metric("cx_window_agent_replies_count", "gauge", "Resolved contacts with known replies", W),
    Metric("cx_window_one_touch_contacts", "gauge", "Resolved with at most one agent reply", W),
    Metric(
        "cx_window_transferred_contacts", "gauge", "Closed contacts transferred at least once", W
    ),
    Metric("cx_window_bot_resolved_contacts", "gauge", "Contacts resolved by a bot", W),
    Metric(
        "cx_window_fcr_contacts",
        "gauge",
        "First-contact resolution of closed contacts, by the result so far",
        (*D, "reason", "repeat_window", "result", "window"),
    ),
    Metric(
        "cx_window_repeat_contacts",
        "gauge",
        "Contacts that repeat an earlier one, by their start",
        (*D, "reason", "repeat_window", "window"),
    ),
    Metric(
        "cx_window_sla_contacts",
        "gauge",
        "Contacts judged by an SLA target",
        (*D, "target", "result", "window"),
    ),
    Metric(
        "cx_window_survey_answers",
        "gauge",
        "Standing survey answers by score",
        (*D, "survey", "score", "window"),
    ),
    Metric(
        "cx_window_survey_index_sum",
        "gauge",
        "Survey answers by their place on their scale, 0 to 100, added up",
        (*D, "survey", "aspect", "window"),
    ),
    Metric(
        "cx_window_survey_index_count",
        "gauge",
        "Survey answers of any aspect and scale",
        (*D, "survey", "aspect", "window"),
    ),
    Metric(
        "cx_window_issue_resolved_answers",
        "gauge",
        "Survey answers to whether the issue was resolved",
        (*D, "answer", "window"),
    ),
    Metric(
        "cx_window_team_contacts_closed",
        "gauge",
        "Contacts closed, by team",
        ("team", "outcome", "window"),
    ),
    Metric(
        "cx_window_team_fcr_contacts",
        "gauge",
        "First-contact resolution of closed contacts, by team",
        ("team", "repeat_window", "result", "window"),
    ),
    Metric(
        "cx_window_team_handle_seconds_sum",
        "gauge",
        "Handle time of closed contacts, added up, by team",
        ("team", "window"),
    ),
    Metric(
        "cx_window_team_handle_seconds_count",
        "gauge",
        "Closed contacts with a handle time, by team",
        ("team", "window"),
    ),
    Metric(
        "cx_window_team_survey_answers",
        "gauge",
        "Standing survey answers by score, by team",
        ("team", "survey", "score", "window"),
    ),
    Metric(
        "cx_window_evaluations",
        "gauge",
        "Evaluated contacts, by the gravest error found",
        (*D, "result", "window"),
    ),
    Metric(
        "cx_window_evaluation_errors",
        "gauge",
        "Errors found by evaluations",
        (*D, "severity", "window"),
    ),
    Metric("cx_window_evaluation_score_sum", "gauge", "Evaluation scores, 0 to 100, added up", W),
    Metric("cx_window_evaluation_score_count", "gauge", "Evaluations with a score", W),
    Metric(
        "cx_window_emotion_positive_sum", "gauge", "Positive emotions found, 0 to 10, added up", W
    ),
    Metric(
        "cx_window_emotion_negative_sum", "gauge", "Negative emotions found, 0 to 10, added up", W
    ),
    Metric("cx_window_emotion_count", "gauge", "Evaluations that tell both emotions", W),
    Metric("cx_agents", "gauge", "Agents by what they do now", ("team", "state")),
    Metric(
        "cx_window_agent_seconds",
        "gauge",
        "Seconds of agents in each state",
        ("team", "state", "window"),
    ),
    Metric(
        "cx_window_agent_scheduled_seconds",
        "gauge",
        "Seconds for which agents were scheduled",
        ("team", "activity", "window"),
    ),
    Metric(
        "cx_window_agent_adherent_seconds",
        "gauge",
        "Of them, those in which they did what was scheduled",
        ("team", "activity", "window"),
    ),
    Metric("cx_agents_employed", "gauge", "Agents employed now", ("team",)),
    Metric(
        "cx_window_agents_employed_seconds",
        "gauge",
        "Seconds for which agents were employed",
        ("team", "window"),
    ),
    Metric(
        "cx_window_agents_left",
        "gauge",
        "Agents whose employment ended, each once",
        ("team", "window"),
    ),
    Metric("cx_contacts_started_total", "counter", "Contacts started, final", (*D, "direction")),
    Metric("cx_contacts_closed_total", "counter", "Contacts closed, final", (*D, "outcome")),
    Metric("cx_contacts_reopened_total", "counter", "Contacts opened again, final", (*D, "by")),
    Metric(
        "cx_fcr_contacts_total",
        "counter",
        "First-contact resolution, settled and final",
        (*D, "reason", "repeat_window", "result"),
    ),
    Metric(
        "cx_repeat_contacts_total",
        "counter",
        "Contacts that repeat an earlier one, final",
        (*D, "reason", "repeat_window"),
    ),
    Metric(
        "cx_sla_contacts_total",
        "counter",
        "Contacts judged by an SLA target, final",
        (*D, "target", "result"),
    ),
    Metric("cx_survey_answers_total", "counter", "Survey answers, final", (*D, "survey", "score")),
    Metric("cx_evaluations_total", "counter", "Evaluations, final", (*D, "result")),
    Metric("cx_first_response_seconds", "histogram", "Time to first response, final", D),
    Metric("cx_resolution_seconds", "histogram", "Time to resolution, final", D),
    Metric(
        "cx_agent_seconds_total",
        "counter",
        "Seconds of agents in each state, final",
        ("team", "state"),
    ),
    Metric(
        "cx_revised_total",
        "counter",
        "Facts that changed after they had been counted, by an event that came late or by settings",
        ("fact", "cause"),
    ),
    Metric(
        "cx_pipeline_anomalies_total",
        "counter",
        "Facts left out because they cannot be true",
        ("kind",),
    ),
    Metric(
        "cx_pipeline_orphans_total",
        "counter",
        "Parts that left the state without their contact",
        ("type",),
    ),
    Metric(
        "cx_pipeline_waiting_parts",
        "gauge",
        "Parts in the state now whose contact has not been seen",
        ("type",),
    ),
)
