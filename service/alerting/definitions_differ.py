"""Workers of one group that make numbers by different settings."""

from __future__ import annotations

from service.alerting.rules import Alert

_DEFINITIONS = "cx_pipeline_definitions_info"


def definitions_differ() -> Alert:
    """For longer than it takes to replace the workers one after the other."""
    return Alert(
        name="CxDefinitionsDiffer",
        expr=f"count(count by (digest) ({_DEFINITIONS})) > 1",
        for_="15m",
        severity="warning",
        area="pipeline",
        summary="Numbers are made by {{ $value }} different settings",
        description=(
            "Workers run with different settings of what numbers mean, such as targets or repeat "
            "windows: sums over them mean nothing, and each hand-over of a partition changes them."
        ),
    )
