"""Alerts for the people who run the service: when its topics are not what they have to be."""

from __future__ import annotations

from typing import Final

from service.alerting.rules import Alert

_LOST: Final = "cx_pipeline_lost_events_total"


def topic_alerts() -> tuple[Alert, ...]:
    """Every alert on the topics that are read."""
    return (_lost(),)


def _lost() -> Alert:
    return Alert(
        name="CxEventsLost",
        # A loss at the start of a worker is in its first sample: increase() does not see that.
        expr=f"sum by (topic) (({_LOST} unless {_LOST} offset 1h) or increase({_LOST}[1h])) > 0",
        for_="0m",
        severity="critical",
        area="pipeline",
        summary="{{ $labels.topic }}: {{ $value | humanize }} events were deleted unread",
        description=(
            "The topic did not hold any more what was to be read next: its retention is shorter "
            "than the service was away or behind, or somebody deleted records or the topic. These "
            "events are missing from every number."
        ),
    )
