"""Alerts for the team leads: what customers feel now, or will soon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.alerting.agent_alerts import agent_alerts
from service.alerting.aspects import aspect_alert
from service.alerting.churn import churn_alert
from service.alerting.enough import CSAT_ANSWERS, ENDED
from service.alerting.fcr import fcr_alert
from service.alerting.open_contacts import OLDEST, STANDING, lately
from service.alerting.quality_alerts import fatal_errors_alert
from service.alerting.rules import Alert
from service.alerting.sla_alerts import burn_alerts
from service.definitions import SECOND, Definitions

if TYPE_CHECKING:
    from service.settings.alerts import Alerts


def service_alerts(definitions: Definitions, alerts: Alerts) -> tuple[Alert, ...]:
    """Every alert on the contact centre's numbers."""
    return (
        *burn_alerts(definitions, alerts),
        _at_risk_alert(alerts),
        _breached_alert(alerts),
        _overdue_alert(alerts),
        _backlog_alert(alerts),
        fcr_alert(alerts),
        _csat_alert(alerts),
        aspect_alert(alerts),
        _abandonment_alert(alerts),
        fatal_errors_alert(alerts),
        churn_alert(definitions, alerts),
        *agent_alerts(alerts),
    )


def _open_share(state: str, alerts: Alerts, target: str = ".+") -> str:
    def contacts(*states: str) -> str:
        wanted = ",".join((f'target=~"{target}"', *states))
        return f"sum by (channel, target) ({lately(f'{STANDING.record}{{{wanted}}}')})"

    of_state = f'state="{state}"'
    return f"{contacts(of_state)}\n/ ({contacts()} >= {alerts.minimum_contacts})"


def _at_risk_alert(alerts: Alerts) -> Alert:
    share = alerts.at_risk_share
    return Alert(
        name="CxContactsAtRisk",
        expr=f"{_open_share('at_risk', alerts)}\n> {share:g}",
        for_="5m",
        severity="warning",
        area="service",
        summary=(
            "{{ $labels.channel }}: {{ $value | humanizePercentage }} of the open contacts are "
            "close to their {{ $labels.target }} target"
        ),
        description=(
            f"More than {share:.4g} of at least {alerts.minimum_contacts} open contacts have used "
            "up most of their time: counted time, so only business hours, where a calendar is set, "
            "in which they did not wait for the customer. The dashboard Service today shows the "
            "queues."
        ),
    )


def _breached_alert(alerts: Alerts) -> Alert:
    share = alerts.breached_share
    return Alert(
        name="CxContactsBreached",
        # Of the resolution target a share says little: what is overdue stays open the longest.
        expr=f"{_open_share('breached', alerts, 'first_response')}\n> {share:g}",
        for_="5m",
        severity="critical",
        area="service",
        summary=(
            "{{ $labels.channel }}: {{ $value | humanizePercentage }} of the customers waiting for "
            "a first response have waited too long"
        ),
        description=(
            f"More than {share:.4g} of at least {alerts.minimum_contacts} contacts without a first "
            "response are past its target, which counts business hours alone, where a calendar is "
            "set. The dashboard Service today shows the queues."
        ),
    )


def _overdue_alert(alerts: Alerts) -> Alert:
    record = f'{STANDING.record}{{target="resolution",state="breached"}}'
    overdue, usual = lately(record), f"avg_over_time({record}[1d])"
    return Alert(
        name="CxOverdueGrows",
        expr=(
            f"sum by (channel) ({overdue} > {alerts.overdue_growth:g} * {usual}\n"
            f"  and {overdue} - {usual} >= {alerts.minimum_contacts}\n"
            # A day that has not been seen whole is no usual one.
            f"  and last_over_time({record}[15m] offset 1d))\n"
            # Other targets make other contacts overdue at once.
            "unless on () count(count by (digest) "
            "(last_over_time(cx_pipeline_definitions_info[1d]))) > 1"
        ),
        for_="15m",
        severity="warning",
        area="service",
        summary=(
            "{{ $labels.channel }}: {{ $value }} open contacts are past their resolution target"
        ),
        description=(
            f"That is more than {alerts.overdue_growth:g} times the mean of the last day. Targets "
            "are of counted time."
        ),
    )


def _backlog_alert(alerts: Alerts) -> Alert:
    limit = alerts.oldest_contact // SECOND
    return Alert(
        name="CxBacklogOld",
        expr=f"{lately(OLDEST.record)} > {limit}",
        for_="15m",
        severity="warning",
        area="service",
        summary=(
            "{{ $labels.channel }}: the oldest open contact waits since "
            "{{ $value | humanizeDuration }}"
        ),
        description=(
            "Somebody was forgotten, or contacts are closed without a contact-resolved event. "
            "After open_horizon the contact no longer counts."
        ),
    )


def _csat_alert(alerts: Alerts) -> Alert:
    window = 'window="7d"'
    return Alert(
        name="CxCsatBelowTarget",
        expr=(
            f"channel:cx_csat:ratio_top2_lower95{{{window}}} < {alerts.csat_target:g}\n"
            f"and {CSAT_ANSWERS.record}{{{window}}} >= {alerts.minimum_answers}"
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
    limit = alerts.abandonment
    ratio = 'channel:cx_abandonment:ratio{window="%s"}'
    closed = f'{ENDED.record}{{window="1h"}}'
    return Alert(
        name="CxAbandonmentHigh",
        expr=(
            # By 3 standard errors: of few contacts some give up by chance.
            f"{ratio % '1h'}\n"
            f"> {limit:g} + 3 * sqrt({limit * (1 - limit):g} / {closed})\n"
            # It ends soon after customers wait again.
            f"and ignoring (window) {ratio % '5m'} > {limit:g}\n"
            f"and {closed} >= {alerts.minimum_contacts}"
        ),
        for_="5m",
        severity="critical",
        area="service",
        summary=(
            "{{ $labels.channel }}: {{ $value | humanizePercentage }} of customers gave up within "
            "the last hour"
        ),
        description=(
            f"More than {limit:g} of the contacts closed within 1h were abandoned, by more than "
            "chance explains, and more than that within 5m as well."
        ),
    )
