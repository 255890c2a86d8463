"""The alert on what bad service costs: customers who leave after they had to come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.alerting.rules import Alert

if TYPE_CHECKING:
    from service.definitions import Definitions
    from service.settings.alerts import Alerts


def churn_alert(definitions: Definitions, alerts: Alerts) -> Alert:
    """More leave after repeats than after contacts that helped at once, beyond chance."""
    window = max(definitions.windows, key=lambda it: it.length).name
    times = alerts.churn_after_repeats
    return Alert(
        name="CxChurnAfterRepeats",
        expr=(
            f'all:cx_churn_after_repeated:ratio_lower95{{window="{window}"}}\n'
            f'> {times:g} * all:cx_churn_after_first_time:ratio_upper95{{window="{window}"}}'
        ),
        for_="1h",
        severity="warning",
        area="service",
        summary=(
            "Customers leave after repeat contacts: at least {{ $value | humanizePercentage }} of"
            " these contacts were the last"
        ),
        description=(
            f"Within {window} customers left after contacts that they had to repeat more than"
            f" {times:g} times as often as after contacts that helped at once, by more than chance"
            " explains (95 % intervals)."
        ),
    )
