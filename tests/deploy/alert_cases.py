"""What alerts are tried with: series of one place, and whether alerts fire on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.deploy.promtool import Case, promtool

if TYPE_CHECKING:
    from pathlib import Path

D = 'channel="voice",queue="support"'
SLA = f'cx_window_sla_contacts{{{D},target="%s",result="%s",window="%s"}}'
SLA_TOTAL = f'cx_sla_contacts_total{{{D},target="%s",result="%s"}}'
OPEN = f'cx_sla_open_contacts{{{D},target="%s",state="%s"}}'
CLOSED = f'cx_window_contacts_closed{{{D},outcome="%s",window="%s"}}'
CSAT = f'cx_window_survey_answers{{{D},survey="csat",score="%s",window="7d"}}'
PLACED = f'cx_window_survey_index_%s{{{D},survey="%s",aspect="%s",window="%s"}}'
EVALUATIONS = f'cx_window_evaluations{{{D},result="%s",window="7d"}}'
AGENTS = 'cx_window_agent_seconds{team="%s",state="%s",window="24h"}'
SCHEDULED = 'cx_window_agent_scheduled_seconds{team="%s",activity="%s",window="24h"}'
ADHERENT = 'cx_window_agent_adherent_seconds{team="%s",activity="%s",window="24h"}'
FCR_TOTAL = f'cx_fcr_contacts_total{{{D},reason="refund",repeat_window="2h",result="%s"}}'
EVENTS = 'cx_pipeline_events_total{instance="%s",topic="contact-started",result="%s"}'
LAG = 'cx_pipeline_lag_events{instance="%s",topic="contact-started",partition="%s"}'
LOST = 'cx_pipeline_lost_events_total{instance="%s",topic="contact-started",partition="%s"}'
CLOCK = 'cx_pipeline_clock_timestamp_seconds{instance="%s",group="contacts",partition="%s"}'
DEFINITIONS = 'cx_pipeline_definitions_info{instance="%s",digest="%s"}'
OVERFLOWS = 'cx_pipeline_label_overflow_total{instance="%s",dimension="%s"}'
OLDEST = 'cx_backlog_oldest_age_seconds{channel="%s",queue="support"}'
WAITING = 'cx_pipeline_waiting_parts{instance="%s",type="contact-resolved"}'
#: A worker is there: without one CxWorkerMissing fires in every case.
UP = {'cx_build_info{instance="a"}': "1x600"}


Firing = dict[str, set[str]]


WITHOUT_INDEXES = ("totals.yml", "alerts.yml")
#: Alerts on these alone ask for recorded indexes, which take the longest to be recorded.
_OF_INDEXES = (
    "cx_window_survey_answers",
    "cx_window_survey_index",
    "cx_window_contacts_closed",
    "cx_window_evaluations",
    "cx_window_customers_left",
    "cx_window_agent",
)


def fires(folder: Path, series: dict[str, str], firing: Firing, every: str = "1m") -> None:
    """At each time these alerts and no others; `every`: evaluation interval."""
    indexed = any(name.startswith(_OF_INDEXES) for name in series)
    names = ("totals.yml", "indexes.yml", "alerts.yml") if indexed else WITHOUT_INDEXES
    promtool(folder, Case({**UP, **series}, firing=firing), every=every, names=names)


def stays_silent(folder: Path, series: dict[str, str]) -> None:
    """Whatever the alert."""
    fires(folder, series, {at: set() for at in ("3m", "10m", "30m", "50m")})
