"""Generated logs are what they promise: reproducible, in bounds, and full of every case."""

from __future__ import annotations

from typing import Final

from tests.reference.clean_logs import clean_log
from tests.reference.events import EVENT_TIME, parse_line
from tests.reference.logs import random_log
from tests.reference.page import page
from tests.reference.settings import DAY, ReferenceSettings, micro
from tests.reference.writing import START, Log

RESPONSES: Final = ReferenceSettings(contact_responded=True)
FAR_FUTURE: Final = START * 100


def event_times(log: Log) -> list[int]:
    read = [parse_line(line, RESPONSES, FAR_FUTURE) for line in log.lines]
    return [event[EVENT_TIME[topic]] for topic, event in read if event is not None]


def test_a_seed_gives_the_same_log_again() -> None:
    assert random_log(7) == random_log(7)
    assert clean_log(7) == clean_log(7)
    assert random_log(7) != random_log(8)


def test_no_event_is_after_the_clock() -> None:
    for seed in range(10):
        log = random_log(seed, responded=True, bad=0)
        assert max(event_times(log)) <= log.as_of


def test_a_log_may_start_at_another_time() -> None:
    later = START + micro(1000 * DAY)
    assert random_log(7, start=later).as_of - random_log(7).as_of == later - START
    assert min(event_times(clean_log(7, start=later))) >= later


def test_a_clean_log_is_in_order_of_event_time() -> None:
    times = event_times(clean_log(7, responded=True))
    assert times == sorted(times)


def test_logs_reach_every_kind_of_series() -> None:
    seen = {
        (name, value)
        for seed in range(20)
        for (name, labels), count in page(*of(seed)).items()
        for _, value in labels
        if count
    }
    for name, values in {
        "cx_pipeline_events_total": ("accepted", "duplicate", "invalid", "unknown"),
        "cx_pipeline_orphans_total": ("contact-resolved", "survey-answered"),
        "cx_pipeline_anomalies_total": ("negative_duration",),
        "cx_sla_open_contacts": ("on_track", "at_risk", "breached", "first_response", "resolution"),
        "cx_window_contacts_started": ("inbound", "outbound", "5m", "1h", "24h", "7d"),
        "cx_contacts_closed_total": ("resolved", "unresolved", "abandoned", "expired"),
        "cx_sla_contacts_total": ("met", "breached", "abandoned", "short_abandoned"),
        "cx_window_fcr_contacts": ("resolved_first_time", "repeated", "unresolved", "pending"),
        "cx_fcr_contacts_total": ("resolved_first_time", "repeated", "unresolved", "2h", "7d"),
        "cx_repeat_contacts_total": ("2h", "24h", "7d", "none", "bill"),
        "cx_survey_answers_total": ("csat", "nps", "ces", "unknown"),
        "cx_window_issue_resolved_answers": ("yes", "no"),
        "cx_window_one_touch_contacts": ("voice",),
        "cx_window_transferred_contacts": ("voice",),
        "cx_window_handle_seconds_count": ("voice",),
        "cx_backlog_age_seconds_bucket": ("300.0", "+Inf"),
    }.items():
        for value in values:
            assert (name, value) in seen, f"no log of these has {name} with {value}"


def of(seed: int) -> tuple[tuple[bytes, ...], int, ReferenceSettings]:
    log = random_log(seed, responded=True)
    return log.lines, log.as_of, RESPONSES
