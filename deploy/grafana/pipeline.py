"""Whether the service itself is well: for the people who run it."""

from __future__ import annotations

from deploy.grafana.panels import GREEN, RED, YELLOW, Dashboard, Panel, Query, Row, Runbook
from service.alerting import promql
from service.alerting.partitions import SERVED

_LAG = "max by (topic, partition) (cx_pipeline_lag_events)"
_BEHIND = "time() - max by (group, partition) (cx_pipeline_clock_timestamp_seconds)"

NOW = Row(
    "Now",
    (
        Panel(
            "Workers",
            "Workers that Prometheus reaches.",
            [Query("count(cx_build_info) or vector(0)")],
            "stat",
            steps=((None, RED), (1, GREEN)),
            width=4,
            height=4,
            links=(Runbook("CxWorkerMissing"),),
        ),
        Panel(
            "Partitions served",
            "Partitions whose state a worker has restored.",
            [Query(SERVED.expr)],
            "stat",
            width=4,
            height=4,
            links=(Runbook("CxRestoreTooLong"),),
        ),
        Panel(
            "Events a second",
            "Events consumed, whatever became of them.",
            [Query("sum(rate(cx_pipeline_events_total[$__rate_interval]))")],
            "stat",
            "short",
            width=4,
            height=4,
            decimals=1,
            links=(Runbook("CxNoEvents"),),
        ),
        Panel(
            "Lag",
            "Events in the topics that are not read yet.",
            [Query(f"sum({_LAG})")],
            "stat",
            "short",
            width=4,
            height=4,
            steps=((None, GREEN), (1000, YELLOW), (10000, RED)),
            links=(Runbook("CxLagHigh"),),
        ),
        Panel(
            "Slowest clock behind",
            "How long ago the moment is that the slowest partition's numbers tell of.",
            [Query(f"max({_BEHIND})")],
            "stat",
            "s",
            width=4,
            height=4,
            steps=((None, GREEN), (60, YELLOW), (300, RED)),
            decimals=0,
            links=(Runbook("CxClockBehind"),),
        ),
        Panel(
            "Contacts in the state",
            "Contacts kept in memory: open, or closed and not past the retention.",
            [Query("sum(max by (group, partition) (cx_pipeline_live_contacts))")],
            "stat",
            "short",
            width=4,
            height=4,
        ),
    ),
)
INPUT = Row(
    "Events",
    (
        Panel(
            "Events by topic",
            "Events consumed a second.",
            [
                Query(
                    "sum by (topic) (rate(cx_pipeline_events_total[$__rate_interval]))",
                    "{{topic}}",
                )
            ],
            unit="short",
            low=0,
        ),
        Panel(
            "Events by result",
            "What became of them. duplicate: changed nothing; too_late: older than the retention; "
            "invalid: refused, in the dead-letter topic.",
            [
                Query(
                    "sum by (result) (rate(cx_pipeline_events_total[$__rate_interval]))",
                    "{{result}}",
                )
            ],
            unit="short",
            low=0,
            links=(Runbook("CxEventsMisplaced"), Runbook("CxEventsLost")),
        ),
        Panel(
            "Refused events by reason",
            "Events a second sent to the dead-letter topic.",
            [
                Query(
                    "sum by (topic, reason) "
                    "(rate(cx_pipeline_dead_letters_total[$__rate_interval])) or vector(0)",
                    "{{topic}} {{reason}}",
                )
            ],
            unit="short",
            low=0,
            links=(Runbook("CxDeadLetters"),),
        ),
    ),
)
PACE = Row(
    "Pace",
    (
        Panel(
            "Lag by topic",
            "Events not read yet. A steady rise means that the workers are too slow or too few.",
            [Query(f"sum by (topic) ({_LAG})", "{{topic}}")],
            unit="short",
            low=0,
            steps=((None, GREEN), (10000, RED)),
            links=(Runbook("CxLagHigh"),),
        ),
        Panel(
            "Clocks behind",
            "Age of the moment that a partition's numbers tell of. It stands still while one of "
            "its topics is not read to the end.",
            [Query(_BEHIND, "partition {{partition}}")],
            unit="s",
            steps=((None, GREEN), (300, RED)),
            links=(Runbook("CxClockBehind"),),
        ),
        Panel(
            "Delay of events",
            "From an event's own time until it was applied: 99 % took at most this long. The delay "
            "of the publishers counts as well. A topic has no line where one event in a hundred "
            "took more than a day, as of customers whose change took effect long before it was "
            "told.",
            [
                Query(
                    promql.quantile(0.99, "cx_pipeline_event_delay_seconds", "$__rate_interval")(
                        ["topic"]
                    ),
                    "{{topic}}",
                )
            ],
            unit="s",
            low=0,
        ),
    ),
)
STATE = Row(
    "State",
    (
        Panel(
            "Contacts in the state",
            "By partition: a partition far above the others has customers with very many contacts.",
            [
                Query(
                    "max by (group, partition) (cx_pipeline_live_contacts)",
                    "{{group}} {{partition}}",
                )
            ],
            unit="short",
            low=0,
        ),
        Panel(
            "Corrections and oddities",
            "Sums since the service began. revised: final facts that changed, late or by settings; "
            "negative_duration: times that cannot be true; orphan: parts whose contact never came; "
            "overflow: labels that became other.",
            [
                Query(
                    "sum by (fact, cause) (cx_revised_total) or vector(0)",
                    "revised {{fact}} ({{cause}})",
                ),
                Query("sum by (kind) (cx_pipeline_anomalies_total) or vector(0)", "{{kind}}"),
                Query("sum by (type) (cx_pipeline_orphans_total) or vector(0)", "orphan {{type}}"),
                Query(
                    "sum by (dimension) (cx_pipeline_label_overflow_total) or vector(0)",
                    "overflow {{dimension}}",
                ),
            ],
            unit="short",
            low=0,
            links=(
                Runbook("CxRevisionsHigh"),
                Runbook("CxLabelOverflow"),
                Runbook("CxWaitingParts"),
            ),
        ),
        Panel(
            "Scrape",
            "How long Prometheus waits for a worker's numbers, and how many series it gets.",
            [Query("max by (instance) (scrape_duration_seconds)", "{{instance}}")],
            unit="s",
            low=0,
        ),
    ),
)
PIPELINE = Dashboard(
    "cx-pipeline",
    "Pipeline",
    "Whether the service itself is well: for the people who run it.",
    (NOW, INPUT, PACE, STATE),
    since="now-6h",
    area="pipeline",
)
