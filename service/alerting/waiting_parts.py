"""The alert on ends, answers and responses whose contacts' starts do not come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.alerting.partitions import when_complete
from service.alerting.promql import came
from service.alerting.rules import Alert, Recording

if TYPE_CHECKING:
    from service.settings.alerts import Alerts

#: Of all events accepted. Starts that come late take back what waited for them, so that the number
#: stands; where keys lie in another partition than their starts, it grows by most of what comes.
_SHARE: Final = 0.1

WAITING = Recording(
    "type:cx_waiting_parts:sum", when_complete("sum by (type) (cx_pipeline_waiting_parts)")
)


def waiting_parts(alerts: Alerts) -> Alert:
    """Within a quarter of an hour, more parts began to wait than any lateness explains."""
    now = f"last_over_time({WAITING.record}[5m])"
    accepted = came('cx_pipeline_events_total{result="accepted"}', "15m")
    return Alert(
        name="CxWaitingParts",
        expr=(
            f"({now} - last_over_time({WAITING.record}[5m] offset 15m)"
            f" >= {alerts.minimum_contacts})\n"
            f"/ on () group_left () (sum(\n  {accepted}\n) > 0)\n"
            f"> {_SHARE:g}"
        ),
        for_="5m",
        severity="warning",
        area="pipeline",
        summary=(
            "{{ $labels.type }}: as many as {{ $value | humanizePercentage }} of the events of 15 "
            "minutes wait for the start of their contact"
        ),
        description=(
            "Their contacts have not begun, as far as their partitions know: the starts go to "
            "other partitions, to another topic, or nowhere. These contacts are not closed, and "
            "count in no duration, FCR or SLA."
        ),
    )
