"""Alerts for the people who run the service: when its topics are not what they have to be."""

from __future__ import annotations

from typing import Final

from service.alerting.rules import Alert

_LOST: Final = "cx_pipeline_lost_events_total"
_MISPLACED: Final = "cx_pipeline_misplaced_events_total"
#: Fewer events than these of a topic say nothing of its publishers.
_ENOUGH: Final = 50
#: Below the one share of misplaced events all is as Java has it; with an other partitioner
#: everywhere, all but one in as many as there are partitions lie elsewhere, or nearly so.
_NONE: Final = 0.02
_NEARLY: Final = 0.9


def topic_alerts() -> tuple[Alert, ...]:
    """Every alert on the topics that are read."""
    return (_lost(), _misplaced())


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


def _misplaced() -> Alert:
    share = (
        f"sum by (topic) (increase({_MISPLACED}[15m]))\n"
        f"  / (sum by (topic) (increase(cx_pipeline_events_total[15m])) > {_ENOUGH})"
    )
    partitions = "count(count by (partition) (cx_pipeline_lag_events))"
    return Alert(
        name="CxEventsMisplaced",
        expr=(
            f"{share} > {_NONE}\nand on () min(\n  {share}\n) < {_NEARLY} * (1 - 1 / {partitions})"
        ),
        for_="5m",
        severity="critical",
        area="pipeline",
        summary=(
            "{{ $labels.topic }}: {{ $value | humanizePercentage }} of events lie where Java's "
            "partitioner does not place them, others do not"
        ),
        description=(
            "Publishers place the same key in different partitions. A contact's start and its end "
            "do not find each other: backlogs grow, and nothing is closed. Give all publishers the "
            "same partitioner."
        ),
    )
