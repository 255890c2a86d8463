"""The alert on label values for which there is no place."""

from __future__ import annotations

from service.alerting.promql import came
from service.alerting.rules import Alert

_OVERFLOWS = "cx_pipeline_label_overflow_total"


def label_overflow() -> Alert:
    """Values of a label have become `other`, within the last hour."""
    return Alert(
        name="CxLabelOverflow",
        expr=f"sum by (dimension) (\n  {came(_OVERFLOWS, '1h')}\n) > 0",
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
