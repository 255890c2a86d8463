"""What customers expect of a contact centre, and when one of it gets worse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.alerting.enough import ART, ART_ANSWERS
from service.alerting.rules import Alert

if TYPE_CHECKING:
    from service.settings.alerts import Alerts


def aspect_alert(alerts: Alerts) -> Alert:
    """An aspect's day below its own week, by more than the threshold and more than chance."""
    day, week = (
        f'channel:cx_survey_index:mean{{{ART},window="{window}"}}' for window in ("24h", "7d")
    )
    answers = f'{ART_ANSWERS.record}{{window="24h"}}'
    return Alert(
        name="CxAspectFell",
        expr=(
            f"({week} - ignoring (window) {day})\n"
            # 3 standard errors of the day's mean, taken for as large as any scale allows.
            f"> ignoring (window) clamp_min(3 * sqrt({week} * (100 - {week})"
            f" / ignoring (window) {answers}), {alerts.aspect_fall:g})\n"
            f"and ignoring (window) {answers} >= {alerts.minimum_contacts}"
        ),
        for_="30m",
        severity="warning",
        area="service",
        summary=(
            "{{ $labels.channel }}: satisfaction with {{ $labels.aspect }} fell by "
            '{{ $value | printf "%.0f" }} points of 100'
        ),
        description=(
            "The satisfaction index of this aspect within 24h is lower than within 7d, by more "
            "than chance explains."
        ),
    )
