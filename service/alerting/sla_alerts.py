"""The error budget of each objective: how fast it burns, what is left, and when to alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.alerting.burn_rates import STANDARD, Threshold, thresholds
from service.alerting.partitions import HANDOVER, held
from service.alerting.promql import added, added_or_nought
from service.alerting.rules import Alert, Group, Recording
from service.alerting.totals import HISTORY, SLA_JUDGED, SLA_MISSED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from service.definitions import Definitions
    from service.settings.alerts import Alerts, Objective

JUDGED = "channel_target:cx_sla_judged_contacts:window"
MISSED = "channel_target:cx_sla_missed_contacts:window"
MISSED_RATIO = "channel_target:cx_sla_missed:ratio"
OBJECTIVE = "channel_target:cx_sla_objective:ratio"
BUDGET_LEFT = "channel_target:cx_sla_budget_left:ratio"

_BY = ("channel", "target", "window")
_SPANS = sorted({span for step in STANDARD for span in (step.long, step.short)})
#: The budget's own span.
_PERIOD = "30d"


def burn_groups(definitions: Definitions, alerts: Alerts) -> tuple[Group, Group]:
    """Judged and missed contacts of every span, the objectives, and what is left of the budgets.

    Where the service has a window of that length its gauge tells, exactly and by event time; in
    other spans contacts are counted when their result became final.
    """
    windows = _windows(definitions)
    counted = [span for span in _SPANS if span not in windows]
    own = f'window=~"{"|".join(windows)}"'
    gauge = f'cx_window_sla_contacts{{result=~"%s",{own}}}'
    judged, missed = gauge % "met|breached", gauge % "breached"
    moving = f"(\n{HANDOVER.expr}\n)"
    return (
        Group(
            "contact-metrics-sla-burn",
            "1m",
            (
                held(Recording(JUDGED, added(judged, _BY)), f"{{{own}}}", moving),
                held(Recording(MISSED, added_or_nought(missed, judged, _BY)), f"{{{own}}}", moving),
                *_increases(counted),
                Recording(MISSED_RATIO, f"{MISSED} / ({JUDGED} > 0)"),
            ),
        ),
        Group(
            "contact-metrics-sla-budget",
            "2m",
            (
                *_increases([_PERIOD]),
                _objectives(alerts.objectives),
                Recording(
                    BUDGET_LEFT,
                    f'1 - sum without (window) ({MISSED}{{window="{_PERIOD}"}}'
                    f' / ({JUDGED}{{window="{_PERIOD}"}} > 0))\n'
                    f"/ (1 - {OBJECTIVE})",
                ),
            ),
        ),
    )


def burn_alerts(definitions: Definitions, alerts: Alerts) -> tuple[Alert, ...]:
    """Every step of every objective."""
    return tuple(
        _burn_alert(objective, threshold, alerts, threshold.step.long in _windows(definitions))
        for objective in alerts.objectives
        for threshold in thresholds(objective)
    )


def matchers(objective: Objective, objectives: Iterable[Objective]) -> str:
    """The channels and the target that an objective is for."""
    target = f'target="{objective.target}"'
    if objective.channel != "default":
        return f'channel="{objective.channel}",{target}'
    own = [
        other.channel
        for other in objectives
        if other.target == objective.target and other.channel != "default"
    ]
    return f'channel!~"{"|".join(own)}",{target}' if own else target


def _windows(definitions: Definitions) -> list[str]:
    """Those of the spans that the service itself has as a window."""
    return [window.name for window in definitions.windows if window.name in _SPANS]


def _increases(spans: Iterable[str]) -> tuple[Recording, ...]:
    return tuple(
        Recording(record, total.increase(span), {"window": span})
        for span in spans
        for total, record in ((SLA_JUDGED, JUDGED), (SLA_MISSED, MISSED))
    )


def _objectives(objectives: Sequence[Objective]) -> Recording:
    judged = SLA_JUDGED.steady_record
    return Recording(
        OBJECTIVE,
        "\nor ".join(
            f"0 * {judged}{{{matchers(objective, objectives)}}} + {objective.share:g}"
            for objective in objectives
        ),
    )


def _burn_alert(objective: Objective, threshold: Threshold, alerts: Alerts, known: bool) -> Alert:
    step, missed = threshold.step, f"{threshold.missed:.4g}"
    selected = matchers(objective, alerts.objectives)

    def over(window: str) -> str:
        return f'{MISSED_RATIO}{{{selected},window="{window}"}} > {missed}'

    # A span that is counted says little before Prometheus has that much history.
    begun = f"{HISTORY.record} offset {step.long}"
    fast = step.severity == "critical"
    return Alert(
        name="CxSlaBudgetBurnsFast" if fast else "CxSlaBudgetBurnsSlowly",
        expr=(
            f"{over(step.long)}\n"
            f"and ignoring (window) {over(step.short)}\n"
            f'and ignoring (window) {JUDGED}{{{selected},window="{step.long}"}}'
            f" >= {alerts.minimum_contacts}" + ("" if known else f"\nand on () {begun}")
        ),
        for_="2m" if fast else "15m",
        severity=step.severity,
        area="service",
        labels={"objective": objective.channel, "target": objective.target, "window": step.long},
        summary=(
            "{{ $labels.channel }}: {{ $value | humanizePercentage }} of contacts missed their "
            f"{objective.target.replace('_', ' ')} target within {step.long}"
        ),
        description=(
            f"The objective is {objective.share:.4g} on target over {_PERIOD}. More than {missed} "
            f"missed theirs within {step.long} and within {step.short}: a burn rate above "
            f"{threshold.rate:.4g}."
        ),
    )
