"""The alert on what quality monitoring finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.alerting.enough import EVALUATIONS
from service.alerting.rules import Alert

if TYPE_CHECKING:
    from service.settings.alerts import Alerts


def fatal_errors_alert(alerts: Alerts) -> Alert:
    """More evaluations with a fatal error than allowed, by more than chance explains."""
    window = 'window="7d"'
    return Alert(
        name="CxFatalErrorsHigh",
        expr=(
            f"channel:cx_evaluations:ratio_fatal_lower95{{{window}}} > {alerts.fatal_errors:g}\n"
            f"and {EVALUATIONS.record}{{{window}}} >= {alerts.minimum_evaluations}"
        ),
        for_="30m",
        severity="warning",
        area="service",
        summary=(
            "{{ $labels.channel }}: at least {{ $value | humanizePercentage }} of the evaluated "
            "contacts had a fatal error"
        ),
        description=(
            "The lower end of the 95 % interval of the share of evaluations within 7d that found a "
            f"fatal error is above {alerts.fatal_errors:g}."
        ),
    )
