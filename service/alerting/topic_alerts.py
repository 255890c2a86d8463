"""Alerts for the people who run the service: when its topics are not what they have to be, or
what comes in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.alerting.promql import came
from service.alerting.rules import Alert

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.settings.alerts import Alerts

_EVENTS: Final = "cx_pipeline_events_total"
_LOST: Final = "cx_pipeline_lost_events_total"
_MISPLACED: Final = "cx_pipeline_misplaced_events_total"
#: Fewer events than these of a topic say nothing of its publishers.
ENOUGH_EVENTS: Final = 50
#: Below the one share of misplaced events all is as Java has it; with an other partitioner
#: everywhere, all but one in as many as there are partitions lie elsewhere, or nearly so.
NONE_MISPLACED: Final = 0.02
NEARLY_ALL: Final = 0.9


def topic_alerts(alerts: Alerts, agent_topics: Sequence[str]) -> tuple[Alert, ...]:
    """Every alert on the topics that are read; `agent_topics`: those of agents' events."""
    return (_dead_letters(alerts), _label_overflow(), _lost(), _misplaced(agent_topics))


def _came(events: str, by: str, within: str) -> str:
    return f"sum by ({by}) (\n  {came(events, within)}\n)"


def _disagreeing(topics: str) -> str:
    """The share that is misplaced of those of some topics that are not all placed one way."""
    of_topic = _came(_EVENTS + topics, "topic", "15m")
    share = f"{_came(_MISPLACED + topics, 'topic', '15m')}\n  / ({of_topic} > {ENOUGH_EVENTS})"
    partitions = f"count(count by (partition) (cx_pipeline_lag_events{topics}))"
    elsewhere = f"{NEARLY_ALL} * (1 - 1 / {partitions})"
    return f"{share} > {NONE_MISPLACED}\nand on () min(\n  {share}\n) < {elsewhere}"


def _dead_letters(alerts: Alerts) -> Alert:
    refused = f'{_EVENTS}{{result="invalid"}}'
    return Alert(
        name="CxDeadLetters",
        expr=f"{_came(refused, 'topic', '15m')} > {alerts.dead_letters}",
        for_="0m",
        severity="warning",
        area="pipeline",
        summary="{{ $labels.topic }}: {{ $value | humanize }} events were refused in 15 minutes",
        description=(
            "They are missing from every number. They are in the dead-letter topic, with the "
            "reason in the header error.reason."
        ),
    )


def _label_overflow() -> Alert:
    return Alert(
        name="CxLabelOverflow",
        expr=f"{_came('cx_pipeline_label_overflow_total', 'dimension', '1h')} > 0",
        for_="5m",
        severity="warning",
        area="pipeline",
        summary=(
            "{{ $labels.dimension }}: about {{ $value | humanize }} events of an hour gave a value"
            " that has no series of its own"
        ),
        description=(
            "The label takes no further values: what they tell is counted as `other`. Either there "
            "are more of them than max_label_values, or a publisher sends what is none."
        ),
    )


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


def _misplaced(agent_topics: Sequence[str]) -> Alert:
    agents = "|".join(topic.replace(".", "[.]") for topic in agent_topics)
    return Alert(
        name="CxEventsMisplaced",
        # Customers' keys and agents' may be placed by different partitioners.
        expr="\nor\n".join(_disagreeing(f'{{topic{how}"{agents}"}}') for how in ("!~", "=~")),
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
