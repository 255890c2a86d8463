"""Alerts for the people who run the service: when its numbers cannot be relied on, or soon not.

`cx_pipeline_events_total` counts since its process began, so increase() of each worker, added up,
is right. What belongs to the state is counted by totals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.alerting.partitions import CLOCK, KNOWN, SERVED
from service.alerting.promql import came, span
from service.alerting.rules import Alert
from service.alerting.totals import CLOSED, REVISED
from service.alerting.waiting_parts import waiting_parts
from service.definitions import SECOND

if TYPE_CHECKING:
    from service.settings.alerts import Alerts

_EVENTS = "cx_pipeline_events_total"


def pipeline_alerts(alerts: Alerts) -> tuple[Alert, ...]:
    """Every alert on the service itself."""
    return (
        _no_events(alerts),
        _lag(alerts),
        _clock_behind(alerts),
        _wall_clock_wrong(),
        _revisions(alerts),
        _partitions_unserved(alerts),
        _worker_missing(alerts),
        waiting_parts(alerts),
        _pages_incomplete(),
        _definitions_differ(),
    )


def _no_events(alerts: Alerts) -> Alert:
    quiet = span(alerts.quiet)
    return Alert(
        name="CxNoEvents",
        # Only once there is a whole span of history, or a new installation would begin with it.
        expr=f"sum(\n  {came(_EVENTS, quiet)}\n) == 0\nand sum({_EVENTS} offset {quiet}) >= 0",
        for_="5m",
        severity="critical",
        area="pipeline",
        summary=f"No event of any kind came for {quiet}",
        description=(
            "The workers run and read, but the topics are silent. Either the publishers stopped or "
            "they publish elsewhere. The numbers show a contact centre without contacts."
        ),
    )


def _lag(alerts: Alerts) -> Alert:
    return Alert(
        name="CxLagHigh",
        expr=(
            "sum by (topic) (max by (topic, partition) (cx_pipeline_lag_events))"
            f" > {alerts.lag_events}"
        ),
        for_="10m",
        severity="warning",
        area="pipeline",
        summary="{{ $labels.topic }}: {{ $value | humanize }} events are waiting to be read",
        description=(
            f"The lag of the topic was above {alerts.lag_events} events for ten minutes: the "
            "workers are too slow, too few, or not reading."
        ),
    )


def _clock_behind(alerts: Alerts) -> Alert:
    return Alert(
        name="CxClockBehind",
        expr=f"time() - max by (group, partition) ({CLOCK}) > {alerts.clock_behind // SECOND}",
        for_="5m",
        severity="critical",
        area="pipeline",
        summary="Partition {{ $labels.partition }} is {{ $value | humanizeDuration }} behind",
        description=(
            "All numbers of the partition tell of that time ago, not of now: its clock stands at "
            "the slowest of its topics that is not read to the end."
        ),
    )


def _wall_clock_wrong() -> Alert:
    return Alert(
        name="CxWallClockWrong",
        # The service itself does not believe a clock that is further off.
        expr="abs(cx_pipeline_wall_clock_offset_seconds) > 15",
        for_="1m",
        severity="critical",
        area="pipeline",
        summary="{{ $labels.instance }}: its clock is {{ $value | humanizeDuration }} off",
        description=(
            "The clock of that worker's host and the broker's do not agree, so the worker moves "
            "no partition's clock by it: its numbers stand at the last event. /readyz says so too."
        ),
    )


def _revisions(alerts: Alerts) -> Alert:
    return Alert(
        name="CxRevisionsHigh",
        expr=(
            f"({REVISED.increase('1h')})\n"
            f"/ (({CLOSED.increase('1h')}) >= {alerts.minimum_contacts})\n"
            f"> {alerts.revised_share:g}"
        ),
        for_="10m",
        severity="warning",
        area="pipeline",
        summary="{{ $value | humanizePercentage }} as many facts were changed late as were closed",
        description=(
            "Events come later than allowed_lateness, or publishers amend closed contacts. The "
            "gauges are right; the counters keep what was final then."
        ),
    )


def _partitions_unserved(alerts: Alerts) -> Alert:
    return Alert(
        name="CxRestoreTooLong",
        expr=f"{KNOWN.record} - ({SERVED.expr} or vector(0)) > 0",
        for_=span(alerts.unserved),
        severity="critical",
        area="pipeline",
        summary="{{ $value }} partitions are without a worker that has their state",
        description=(
            f"For {span(alerts.unserved)} fewer partitions are served than within the "
            "last day: a restore takes too long, or no worker was assigned. Their contacts are "
            "missing from every number."
        ),
    )


def _worker_missing(alerts: Alerts) -> Alert:
    return Alert(
        name="CxWorkerMissing",
        expr=f"(count(cx_build_info) or vector(0)) < {alerts.workers}",
        for_="2m",
        severity="critical",
        area="pipeline",
        summary=f"{{{{ $value }}}} of {alerts.workers} workers can be scraped",
        description=(
            "Prometheus does not reach a worker that should be running. The others take over its "
            "partitions; without any there are no numbers at all."
        ),
    )


def _pages_incomplete() -> Alert:
    return Alert(
        name="CxPagesIncomplete",
        # Each worker asks at least every 15 s, whoever looks.
        expr="sum(increase(cx_pipeline_silent_workers_total[5m])) > 0",
        # Longer than it takes to replace the workers, or to throw out one that hangs.
        for_="15m",
        severity="warning",
        area="pipeline",
        summary="Workers of the group do not tell each other their numbers",
        description=(
            "For a quarter of an hour workers asked another one in vain: live pages lack its "
            "partitions, and say so, and their charts have a gap. /metrics is not concerned."
        ),
    )


def _definitions_differ() -> Alert:
    return Alert(
        name="CxDefinitionsDiffer",
        expr="count(count by (digest) (cx_pipeline_definitions_info)) > 1",
        # Longer than it takes to replace the workers one after the other.
        for_="15m",
        severity="warning",
        area="pipeline",
        summary="Numbers are made by {{ $value }} different settings",
        description=(
            "Workers run with different settings of what numbers mean, such as targets or repeat "
            "windows: sums over them mean nothing, and each hand-over of a partition changes them."
        ),
    )
