"""FCR of the contacts decided within a span: nothing in it is pending, so nothing biases it.

A contact's FCR becomes final when its repeat window has passed; the counters count it then.
So all results of the same contacts come in together, while a window by closing time shows the
failures of the last repeat window at once and its successes only later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.alerting.rules import Alert, Group, Recording
from service.alerting.totals import FCR_DECIDED, FCR_RESOLVED

if TYPE_CHECKING:
    from service.settings.alerts import Alerts

DECIDED = "channel_repeat_window:cx_fcr_decided_contacts:window"
RESOLVED = "channel_repeat_window:cx_fcr_resolved_contacts:window"
RATIO = "channel_repeat_window:cx_fcr_decided:ratio"
_SPANS = ("24h", "7d")


def fcr_group() -> Group:
    """FCR of a day and of a week."""
    return Group(
        "contact-metrics-fcr",
        "1m",
        (
            *(
                Recording(record, total.increase(span), {"window": span})
                for span in _SPANS
                for total, record in ((FCR_DECIDED, DECIDED), (FCR_RESOLVED, RESOLVED))
            ),
            Recording(RATIO, f"{RESOLVED} / ({DECIDED} > 0)"),
        ),
    )


def fcr_alert(alerts: Alerts) -> Alert:
    """A day below its own week, by more than the threshold and more than chance explains."""
    day, week = (f'{RATIO}{{window="{span}"}}' for span in _SPANS)
    number = f'{DECIDED}{{window="24h"}}'
    return Alert(
        name="CxFcrFell",
        expr=(
            # 3 standard errors of the day's share: with few contacts a fall is likely chance.
            f"({week} - ignoring (window) {day})\n"
            f"> ignoring (window) clamp_min(3 * sqrt({week} * (1 - {week})"
            f" / ignoring (window) {number}), {alerts.fcr_fall:g})\n"
            f"and ignoring (window) {number} >= {alerts.minimum_contacts}"
        ),
        for_="30m",
        severity="warning",
        area="service",
        summary=(
            "{{ $labels.channel }}: first contact resolution fell by "
            "{{ $value | humanizePercentage }}"
        ),
        description=(
            "FCR within {{ $labels.repeat_window }} of the contacts decided in the last 24h is "
            "lower than that of the last 7d, by more than chance explains. The dashboard Root "
            "causes shows which reasons come back."
        ),
    )
