"""Alerts on agents who have too much to do, or too little, and on schedules that are not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.alerting.enough import READY, SCHEDULED
from service.alerting.rules import Alert, Recording
from service.definitions import HOUR, SECOND

if TYPE_CHECKING:
    from service.settings.alerts import Alerts

#: Hours of a day are uneven: whoever rests in the evening bears a full morning.
_WINDOW = 'window="24h"'


def agent_alerts(alerts: Alerts) -> tuple[Alert, ...]:
    """Of the day of each team that works, or is scheduled, for long enough."""
    high, low, kept = alerts.highest_occupancy, alerts.lowest_occupancy, alerts.lowest_adherence
    least = f"Of at least {alerts.minimum_agent_time / HOUR:g} hours of agents within 24h"
    return (
        Alert(
            name="CxOccupancyHigh",
            expr=_of_enough("cx_occupancy:ratio", f"> {high:g}", READY, alerts),
            for_="30m",
            severity="warning",
            area="service",
            summary=(
                "{{ $labels.team }}: agents were with customers for {{ $value | humanizePercentage"
                " }} of their time"
            ),
            description=(
                f"{least} more than {high:g} were spent busy or in wrap-up, and not available: "
                "whoever has no pause between contacts burns out."
            ),
        ),
        Alert(
            name="CxOccupancyLow",
            expr=_of_enough("cx_occupancy:ratio", f"< {low:g}", READY, alerts),
            for_="30m",
            severity="info",
            area="service",
            summary=(
                "{{ $labels.team }}: agents were with customers for no more than "
                "{{ $value | humanizePercentage }} of their time"
            ),
            description=(
                f"{least} less than {low:g} were spent busy or in wrap-up: more are there than are "
                "needed. Small teams that have to answer at once cannot do without."
            ),
        ),
        Alert(
            name="CxAdherenceLow",
            expr=_of_enough("cx_adherence:ratio", f"< {kept:g}", SCHEDULED, alerts),
            for_="30m",
            severity="warning",
            area="service",
            summary=(
                "{{ $labels.team }}: {{ $value | humanizePercentage }} of the schedule was kept"
            ),
            description=(
                f"{least} less than {kept:g} were spent as scheduled: at work when work was due, "
                "paused when a pause was."
            ),
        ),
    )


def _of_enough(index: str, bound: str, seconds: Recording, alerts: Alerts) -> str:
    return (
        f"team:{index}{{{_WINDOW}}} {bound}\n"
        f"and {seconds.record}{{{_WINDOW}}} >= {alerts.minimum_agent_time // SECOND}"
    )
