"""Why customers come back: by reason and queue."""

from __future__ import annotations

from deploy.grafana.choices import CHANNEL, QUEUE, REPEAT, REPEAT_WINDOW, WINDOW
from deploy.grafana.panels import (
    GREEN,
    INDEXES,
    RED,
    Dashboard,
    Link,
    Panel,
    Query,
    Row,
    Runbook,
    chosen,
    of_index,
)
from service.alerting import promql

_EXCESS = "cx_repeat_contacts:excess"
_FCR = f"cx_window_fcr_contacts{{{REPEAT}}}"
_REPEATS = f"cx_window_repeat_contacts{{{REPEAT}}}"
_UNRESOLVED = promql.ratio(
    f'cx_window_fcr_contacts{{{REPEAT},result="unresolved"}}',
    f'cx_window_fcr_contacts{{{REPEAT},result=~"resolved_first_time|repeated|unresolved"}}',
)


def _by_reason(expr: promql.Expression, *by: str) -> str:
    return chosen(expr(by))


WHERE = Row(
    "Where to look first",
    (
        Panel(
            "Excess repeats by reason",
            INDEXES[_EXCESS].meaning,
            [
                Query(
                    f"sort_desc(topk(10, {of_index(_EXCESS, '', ['reason']).expr}))",
                    "{{reason}}",
                )
            ],
            "bargauge",
            width=12,
            height=10,
            steps=((None, GREEN), (1, RED)),
            decimals=0,
        ),
        Panel(
            "Reasons and queues",
            "Excess repeats: "
            + INDEXES[_EXCESS].meaning
            + "\n\nFCR: "
            + INDEXES["cx_fcr:ratio_settled"].meaning,
            [
                Query(of_index(_EXCESS, "", ["queue", "reason"]).expr, "Excess repeats"),
                Query(
                    _by_reason(promql.total(_REPEATS), "queue", "reason"),
                    "Repeats",
                ),
                Query(_by_reason(promql.total(_FCR), "queue", "reason"), "Contacts judged"),
            ],
            "table",
            width=12,
            height=10,
            decimals=0,
        ),
    ),
)
RESULTS = Row(
    "First contact resolution by reason",
    (
        Panel(
            "FCR, settled",
            INDEXES["cx_fcr:ratio_settled"].meaning,
            [of_index("cx_fcr:ratio_settled", "{{reason}}", ["reason"])],
            links=(Link("cx-service-today", "FCR, settled"), Runbook("CxFcrFell")),
            unit="percentunit",
            low=0,
            high=1,
            width=12,
            height=9,
        ),
        Panel(
            "Unresolved",
            "Contacts closed as unresolved ÷ contacts whose FCR is decided.",
            [Query(_by_reason(_UNRESOLVED, "reason"), "{{reason}}")],
            unit="percentunit",
            low=0,
            high=1,
            width=12,
            height=9,
        ),
    ),
)
TIME = Row(
    "Time to repeat",
    (
        Panel(
            "Repeats within each repeat window",
            "Repeat contacts under each repeat window; a longer one includes the shorter. Where "
            "most come within hours the answer was wrong, where after days it did not last.",
            [
                Query(
                    chosen("sum by (repeat_window) (cx_window_repeat_contacts)"),
                    "within {{repeat_window}}",
                )
            ],
            low=0,
            width=12,
            height=9,
        ),
        Panel(
            "Repeats by queue",
            "Repeat contacts by the queue they came into.",
            [Query(chosen(f"sum by (queue) (cx_window_repeat_contacts{{{REPEAT}}})"), "{{queue}}")],
            low=0,
            width=12,
            height=9,
        ),
    ),
)
ROOT_CAUSES = Dashboard(
    "cx-root-causes",
    "Root causes",
    "Why customers come back: by reason and queue.",
    (WHERE, RESULTS, TIME),
    (CHANNEL, QUEUE, WINDOW, REPEAT_WINDOW),
    since="now-7d",
)
