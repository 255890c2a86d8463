"""Alerts for the team leads: what customers feel now, or will soon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.alerting.fcr import fcr_alert
from service.alerting.rules import Alert, Severity
from service.alerting.sla_alerts import burn_alerts
from service.definitions import SECOND, Definitions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.settings.alerts import Alerts


def service_alerts(definitions: Definitions, alerts: Alerts) -> tuple[Alert, ...]:
    """Every alert on the contact centre's numbers."""
    return (
        *burn_alerts(alerts),
        _open_contacts(
            "CxContactsAtRisk", "at_risk", alerts.at_risk_share, "warning", "close to", alerts
        ),
        _open_contacts(
            "CxContactsBreached", "breached", alerts.breached_share, "critical", "past", alerts
        ),
        _backlog_alert(definitions, alerts),
        fcr_alert(alerts),
        _csat_alert(alerts),
        _abandonment_alert(alerts),
    )


def _open_contacts(
    name: str, state: str, share: float, severity: Severity, where: str, alerts: Alerts
) -> Alert:
    by = "sum by (channel, target)"
    in_state = f'{by} (cx_sla_open_contacts{{state="{state}"}})'
    every = f"{by} (cx_sla_open_contacts)"
    return Alert(
        name=name,
        expr=f"{in_state}\n/ ({every} >= {alerts.minimum_contacts})\n> {share:g}",
        for_="5m",
        severity=severity,
        area="service",
        summary=(
            "{{ $labels.channel }}: {{ $value | humanizePercentage }} of the open contacts are "
            f"{where} their {{{{ $labels.target }}}} target"
        ),
        description=(
            f"More than {share:.4g} of the open contacts of a channel are {where} the target, of "
            f"at least {alerts.minimum_contacts} open ones. The dashboard Service today shows the "
            "queues."
        ),
    )


def _backlog_limits(definitions: Definitions, alerts: Alerts) -> Iterator[tuple[str, str]]:
    """(matcher of channels, seconds): the limit for those channels' oldest contact."""
    sla = definitions.sla
    wanted = [(f'channel="{channel}"', of.resolution) for channel, of in sla.by_channel.items()]
    others = f'channel!~"{"|".join(sla.by_channel)}"'
    for matcher, target in (*wanted, (others, sla.default.resolution)):
        if target is not None:
            yield matcher, f"{alerts.oldest_contact * target / SECOND:g}"


def _backlog_alert(definitions: Definitions, alerts: Alerts) -> Alert:
    return Alert(
        name="CxBacklogOld",
        expr="\nor ".join(
            f"max by (channel) (cx_backlog_oldest_age_seconds{{{matcher}}}) > {limit}"
            for matcher, limit in _backlog_limits(definitions, alerts)
        ),
        for_="15m",
        severity="warning",
        area="service",
        summary=(
            "{{ $labels.channel }}: the oldest open contact waits since "
            "{{ $value | humanizeDuration }}"
        ),
        description=(
            f"That is more than {alerts.oldest_contact:g} times the channel's resolution target: "
            "somebody was forgotten, or contacts are closed without a contact-resolved event."
        ),
    )


def _csat_alert(alerts: Alerts) -> Alert:
    window = 'window="7d"'
    return Alert(
        name="CxCsatBelowTarget",
        expr=(
            f"channel:cx_csat:ratio_top2_lower95{{{window}}} < {alerts.csat_target:g}\n"
            f'and sum by (channel, window) (cx_window_survey_answers{{survey="csat",{window}}})'
            f" >= {alerts.minimum_answers}"
        ),
        for_="30m",
        severity="warning",
        area="service",
        summary=(
            "{{ $labels.channel }}: customer satisfaction may be as low as "
            "{{ $value | humanizePercentage }}"
        ),
        description=(
            "The lower end of the 95 % interval of the share of CSAT answers of 4 or 5 within 7d "
            f"is below the target of {alerts.csat_target:g}."
        ),
    )


def _abandonment_alert(alerts: Alerts) -> Alert:
    def ratio(window: str) -> str:
        return f'channel:cx_abandonment:ratio{{window="{window}"}} > {alerts.abandonment:g}'

    return Alert(
        name="CxAbandonmentHigh",
        expr=(
            # The 5m window ends the alert soon after callers stay on the line again.
            f"{ratio('1h')}\n"
            f"and ignoring (window) {ratio('5m')}\n"
            "and ignoring (window) sum by (channel) "
            '(cx_window_contacts_closed{outcome=~"resolved|unresolved|abandoned",window="1h"})'
            f" >= {alerts.minimum_contacts}"
        ),
        for_="5m",
        severity="critical",
        area="service",
        summary=(
            "{{ $labels.channel }}: {{ $value | humanizePercentage }} of customers gave up within "
            "the last hour"
        ),
        description=(
            f"More than {alerts.abandonment:g} of the contacts closed within 1h, and within 5m, "
            "were abandoned."
        ),
    )
