"""A short notation for cases: events, and the series they lead to."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.reference.events import time
from tests.reference.settings import ReferenceSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.reference.page import Page, Series

#: One window and one repeat window, so that an expectation is one line; all else by default.
ONE_OF_EACH: Final[dict[str, Any]] = {
    "windows": {"24h": (86_400, 900)},
    "repeat_windows": {"2h": 7_200},
}
D: Final = ("channel", "queue")
W: Final = (*D, "window")
#: The labels of each sample, by the contract's tables.
LABELS: Final[dict[str, tuple[str, ...]]] = {
    "cx_backlog_contacts": D,
    "cx_backlog_waiting_contacts": D,
    "cx_backlog_oldest_age_seconds": D,
    "cx_backlog_age_seconds_bucket": (*D, "le"),
    "cx_sla_open_contacts": (*D, "target", "state"),
    "cx_window_contacts_started": (*W, "direction"),
    "cx_window_contacts_closed": (*W, "outcome"),
    "cx_window_contacts_reopened": (*W, "by"),
    "cx_window_first_response_counted_seconds_sum": W,
    "cx_window_first_response_counted_seconds_count": W,
    "cx_window_resolution_counted_seconds_bucket": (*W, "le"),
    "cx_window_resolution_counted_seconds_sum": W,
    "cx_window_resolution_counted_seconds_count": W,
    "cx_window_first_response_seconds_bucket": (*W, "le"),
    "cx_window_first_response_seconds_sum": W,
    "cx_window_first_response_seconds_count": W,
    "cx_window_resolution_seconds_bucket": (*W, "le"),
    "cx_window_resolution_seconds_sum": W,
    "cx_window_resolution_seconds_count": W,
    "cx_window_handle_seconds_sum": W,
    "cx_window_handle_seconds_count": W,
    "cx_window_agent_replies_sum": W,
    "cx_window_agent_replies_count": W,
    "cx_window_one_touch_contacts": W,
    "cx_window_transferred_contacts": W,
    "cx_window_bot_resolved_contacts": W,
    "cx_window_fcr_contacts": (*W, "reason", "repeat_window", "result"),
    "cx_window_repeat_contacts": (*W, "reason", "repeat_window"),
    "cx_window_sla_contacts": (*W, "target", "result"),
    "cx_window_survey_answers": (*W, "survey", "score"),
    "cx_window_survey_index_sum": (*W, "survey", "aspect"),
    "cx_window_survey_index_count": (*W, "survey", "aspect"),
    "cx_window_issue_resolved_answers": (*W, "answer"),
    "cx_window_evaluations": (*W, "result"),
    "cx_window_evaluation_errors": (*W, "severity"),
    "cx_window_evaluation_score_sum": W,
    "cx_window_evaluation_score_count": W,
    "cx_window_emotion_positive_sum": W,
    "cx_window_emotion_negative_sum": W,
    "cx_window_emotion_count": W,
    "cx_evaluations_total": (*D, "result"),
    "cx_customers": ("segment",),
    "cx_customers_monthly_revenue": ("segment",),
    "cx_window_customers_joined": ("segment", "window"),
    "cx_window_customers_left": ("segment", "window", "after"),
    "cx_customers_left_total": ("segment", "after"),
    "cx_window_team_contacts_closed": ("team", "window", "outcome"),
    "cx_window_team_fcr_contacts": ("team", "window", "repeat_window", "result"),
    "cx_window_team_handle_seconds_sum": ("team", "window"),
    "cx_window_team_handle_seconds_count": ("team", "window"),
    "cx_window_team_survey_answers": ("team", "window", "survey", "score"),
    "cx_agents": ("team", "state"),
    "cx_window_agent_seconds": ("team", "state", "window"),
    "cx_window_agent_scheduled_seconds": ("team", "activity", "window"),
    "cx_window_agent_adherent_seconds": ("team", "activity", "window"),
    "cx_agents_employed": ("team",),
    "cx_window_agents_employed_seconds": ("team", "window"),
    "cx_window_agents_left": ("team", "window"),
    "cx_agent_seconds_total": ("team", "state"),
    "cx_contacts_started_total": (*D, "direction"),
    "cx_contacts_closed_total": (*D, "outcome"),
    "cx_contacts_reopened_total": (*D, "by"),
    "cx_fcr_contacts_total": (*D, "reason", "repeat_window", "result"),
    "cx_repeat_contacts_total": (*D, "reason", "repeat_window"),
    "cx_sla_contacts_total": (*D, "target", "result"),
    "cx_survey_answers_total": (*D, "survey", "score"),
    "cx_first_response_seconds_bucket": (*D, "le"),
    "cx_first_response_seconds_sum": D,
    "cx_first_response_seconds_count": D,
    "cx_resolution_seconds_bucket": (*D, "le"),
    "cx_resolution_seconds_sum": D,
    "cx_resolution_seconds_count": D,
    "cx_pipeline_events_total": ("topic", "result"),
    "cx_pipeline_anomalies_total": ("kind",),
    "cx_pipeline_orphans_total": ("type",),
    "cx_pipeline_waiting_parts": ("type",),
    "cx_pipeline_label_overflow_total": ("dimension",),
}
#: What an expectation leaves out. The events below have no queue and no reason unless told so.
USUAL: Final = {
    "channel": "voice",
    "queue": "none",
    "reason": "none",
    "segment": "none",
    "window": "24h",
    "repeat_window": "2h",
    "direction": "inbound",
    "aspect": "overall",
    "team": "none",
    "kind": "negative_duration",
}


@dataclass(frozen=True)
class Case:
    """A rule, events in order of arrival, a clock, and what the page then says.

    `expected` is complete for each sample it names, save for buckets: every other series of that
    sample is 0. A name without labels and with the value 0 says: nothing at all.
    """

    rule: str
    lines: Sequence[bytes]
    as_of: str | None
    expected: Mapping[str, float]
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> ReferenceSettings:
        return ReferenceSettings(**{**ONE_OF_EACH, **self.given})

    @property
    def clock(self) -> int | None:
        return None if self.as_of is None else time(moment(self.as_of))


def moment(short: str) -> str:
    """ "10:00" is that time on Tuesday 2024-03-05 in UTC, "07 10:00" two days later."""
    match = re.fullmatch(r"(?:(\d\d) )?(\d\d:\d\d)(:\d\d(?:\.\d+)?)?", short)
    if match is None:
        return short
    day, minute, second = match.groups()
    return f"2024-03-{day or '05'}T{minute}{second or ':00'}Z"


def line(topic: str, value: Mapping[str, Any]) -> bytes:
    told = {
        name: moment(it)
        if name.endswith(("_at", "_from", "_until")) and isinstance(it, str)
        else it
        for name, it in value.items()
        if it is not LEFT_OUT
    }
    return json.dumps({"topic": topic, "value": told}).encode()


#: A required field that is to be missing.
LEFT_OUT: Final = object()


def started(contact: str, at: str, *, customer: str = "x", **fields: Any) -> bytes:
    ids = {"contact_id": contact, "customer_id": customer}
    return line("contact-started", {**ids, "started_at": at, "channel": "voice"} | fields)


def resolved(contact: str, at: str, *, customer: str = "x", **fields: Any) -> bytes:
    ids = {"contact_id": contact, "customer_id": customer}
    return line("contact-resolved", {**ids, "resolved_at": at} | fields)


def answered(
    contact: str, at: str, survey: Any, score: Any, *, customer: str = "x", **fields: Any
) -> bytes:
    ids = {"contact_id": contact, "customer_id": customer}
    value = {**ids, "answered_at": at, "survey": survey, "score": score}
    return line("survey-answered", value | fields)


def evaluated(contact: str, at: str, *, customer: str = "x", **fields: Any) -> bytes:
    ids = {"contact_id": contact, "customer_id": customer}
    return line("contact-evaluated", {**ids, "evaluated_at": at} | fields)


def changed(at: str, *, customer: str = "x", **fields: Any) -> bytes:
    return line("customer-changed", {"customer_id": customer, "changed_at": at} | fields)


def responded(contact: str, at: str, *, customer: str = "x", **fields: Any) -> bytes:
    ids = {"contact_id": contact, "customer_id": customer}
    return line("contact-responded", {**ids, "responded_at": at} | fields)


def updated(contact: str, at: str, *, customer: str = "x", **fields: Any) -> bytes:
    ids = {"contact_id": contact, "customer_id": customer}
    return line("contact-updated", {**ids, "updated_at": at} | fields)


def in_state(state: str, at: str, *, agent: str = "a", **fields: Any) -> bytes:
    return line(
        "agent-state-changed", {"agent_id": agent, "changed_at": at, "state": state} | fields
    )


def shift(shift: str, starts: str, ends: str, *, agent: str = "a", **fields: Any) -> bytes:
    value = {"agent_id": agent, "shift_id": shift, "starts_at": starts, "ends_at": ends}
    return line("agent-scheduled", value | fields)


def employed(since: str, until: str | None = None, *, agent: str = "a", **fields: Any) -> bytes:
    value = {"agent_id": agent, "employed_from": since, "employed_until": until}
    return line("agent-employed", value | fields)


def reopened(contact: str, at: str, by: str = "customer", **fields: Any) -> bytes:
    return updated(contact, at, status="open", by=by, **fields)


def waiting(contact: str, at: str, **fields: Any) -> bytes:
    return updated(contact, at, status="waiting", **fields)


def expected_series(short: str) -> Series:
    """ "cx_backlog_contacts queue=q": the labels left out are the usual ones."""
    name, *given = short.split(" ")
    labels = {label: USUAL[label] for label in LABELS[name] if label in USUAL}
    labels |= dict(label.split("=", 1) for label in given)
    assert set(labels) == set(LABELS[name]), f"{short}: needs {LABELS[name]}"
    return name, frozenset(labels.items())


def expected_page(case: Case) -> Page:
    return {
        expected_series(short): float(value)
        for short, value in case.expected.items()
        if value or " " in short
    }


def relevant(case: Case, page: Page) -> Page:
    """What of a page the case speaks about."""
    told = {expected_series(short) for short in case.expected if " " in short}
    whole = {short.split(" ")[0] for short in case.expected}
    return {
        series: value
        for series, value in page.items()
        if series in told or (series[0] in whole and not series[0].endswith("_bucket"))
    }
