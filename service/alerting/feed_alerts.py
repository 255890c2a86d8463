"""Alerts for the people who run the service: when other systems' records become no events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.alerting.promql import came, span
from service.alerting.rules import Alert

if TYPE_CHECKING:
    from service.settings.alerts import Alerts

_RECORDS: Final = "cx_pipeline_feed_records_total"
_MATCHED: Final = f'{_RECORDS}{{result!="skipped"}}'
_FAILED: Final = f'{_RECORDS}{{result="failed"}}'
#: A registry that restarts is back by then.
_REGISTRY_SECONDS: Final = 120


def feed_alerts(alerts: Alerts) -> tuple[Alert, ...]:
    """Every alert on the mapping stage."""
    return (_silent(alerts), _fails(alerts), _lag(alerts), _registry_away(), _missing())


def _silent(alerts: Alerts) -> Alert:
    quiet = span(alerts.feed_quiet)
    return Alert(
        name="CxFeedSilent",
        # Only of feeds that there are now, and were a whole span ago.
        expr=(
            f"sum by (feed) (\n  {came(_MATCHED, quiet)}\n) == 0\n"
            f"and sum by (feed) ({_MATCHED} offset {quiet}) >= 0\n"
            f"and sum by (feed) ({_MATCHED}) >= 0"
        ),
        for_="5m",
        severity="warning",
        area="pipeline",
        summary=f"{{{{ $labels.feed }}}}: no record was about this feed for {quiet}",
        description=(
            "The other system publishes nothing of this kind any more, or in another shape, so "
            "that match and when say no. What the feed would tell is missing from the numbers."
        ),
    )


def _fails(alerts: Alerts) -> Alert:
    return Alert(
        name="CxFeedFails",
        expr=f"sum by (feed) (\n  {came(_FAILED, '15m')}\n) > {alerts.dead_letters}",
        for_="0m",
        severity="warning",
        area="pipeline",
        summary="{{ $labels.feed }}: {{ $value | humanize }} records became no event in 15 minutes",
        description=(
            "The feed was about these records and could make no event of them. They are missing "
            "from every number, and are in the dead-letter topic, with the feed in the header "
            "error.feed and the reason in error.reason and error.detail."
        ),
    )


def _lag(alerts: Alerts) -> Alert:
    return Alert(
        name="CxFeedLagHigh",
        expr=(
            "sum by (topic) (max by (topic, partition) (cx_pipeline_feed_lag_records))"
            f" > {alerts.lag_events}"
        ),
        for_="10m",
        severity="warning",
        area="pipeline",
        summary="{{ $labels.topic }}: {{ $value | humanize }} records are waiting to be mapped",
        description=(
            f"The lag of the topic was above {alerts.lag_events} records for ten minutes. All "
            "numbers that come of them are as late as they are."
        ),
    )


def _registry_away() -> Alert:
    return Alert(
        name="CxRegistryAway",
        expr=f"max(cx_pipeline_registry_wait_seconds) > {_REGISTRY_SECONDS}",
        for_="1m",
        severity="critical",
        area="pipeline",
        summary="Records have waited for the schema registry for {{ $value | humanizeDuration }}",
        description=(
            "The schema registry does not answer. What is written by its schemas stands still; "
            "nothing of it is refused or lost, and it goes on by itself."
        ),
    )


def _missing() -> Alert:
    return Alert(
        name="CxMapMissing",
        expr=f"absent({_RECORDS})\nand on () count(last_over_time({_RECORDS}[1d])) > 0",
        for_="5m",
        severity="critical",
        area="pipeline",
        summary="No mapping stage can be scraped",
        description=(
            "There was one within the last day. The records of other systems wait in their topics, "
            "and their events are missing from every number until it is back."
        ),
    )
