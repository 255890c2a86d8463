"""SLA compliance against the objectives, and how fast the error budget burns."""

from __future__ import annotations

from deploy.grafana.choices import CHANNEL, QUEUE, WINDOW
from deploy.grafana.panels import (
    GREEN,
    RED,
    YELLOW,
    Dashboard,
    Panel,
    Query,
    Row,
    Runbook,
    chosen,
    index_panel,
)
from service.alerting.sla_alerts import BUDGET_LEFT, JUDGED, MISSED_RATIO, OBJECTIVE

_CHANNEL = 'channel=~"$channel"'
_LEGEND = "{{channel}} {{target}}"


def _burn(window: str) -> str:
    missed = f'{MISSED_RATIO}{{{_CHANNEL},window="{window}"}}'
    return f"{missed} / on (channel, target) group_left () (1 - {OBJECTIVE}{{{_CHANNEL}}})"


BUDGET = Row(
    "Error budget of 30 days",
    (
        Panel(
            "Budget left",
            "1 - contacts that missed their target ÷ contacts that may miss it, within 30 days, or "
            "since Prometheus' history begins. Below 0 the objective is missed.",
            [Query(f"{BUDGET_LEFT}{{{_CHANNEL}}}", _LEGEND)],
            "bargauge",
            "percentunit",
            width=12,
            height=9,
            high=1,
            steps=((None, RED), (0, YELLOW), (0.25, GREEN)),
            links=(Runbook("CxSlaBudgetBurnsFast"), Runbook("CxSlaBudgetBurnsSlowly")),
        ),
        Panel(
            "Objectives",
            "Share of contacts that shall meet the target, the share that missed it within 3 days, "
            "and what is left of the budget of 30 days.",
            [
                Query(f"{OBJECTIVE}{{{_CHANNEL}}}", "Objective"),
                Query(
                    f'sum without (window) ({MISSED_RATIO}{{{_CHANNEL},window="3d"}})',
                    "Missed in 3d",
                ),
                Query(f"{BUDGET_LEFT}{{{_CHANNEL}}}", "Budget left"),
            ],
            "table",
            "percentunit",
            width=12,
            height=9,
            decimals=1,
        ),
    ),
)
BURN = Row(
    "Burn rates",
    (
        *(
            Panel(
                f"Burn rate over {window}",
                "Share of contacts that missed their target ÷ share that may. 1 uses up the budget "
                "in exactly 30 days; the largest possible is 1 / (1 - objective).",
                [Query(_burn(window), _LEGEND)],
                width=6,
                low=0,
                steps=((None, GREEN), (1, YELLOW)),
                decimals=1,
            )
            for window in ("1h", "6h", "24h", "3d")
        ),
        Panel(
            "Contacts judged within an hour",
            "A share of few contacts says little, and raises no alert.",
            [Query(f'{JUDGED}{{{_CHANNEL},window="1h"}}', _LEGEND)],
            width=12,
            low=0,
        ),
        index_panel(
            "SLA compliance within the window",
            [("cx_sla:ratio", "{{target}}")],
            width=12,
            decimals=1,
            high=1,
        ),
    ),
)
OPEN = Row(
    "Open contacts",
    (
        *(
            Panel(
                title,
                meaning,
                [
                    Query(
                        chosen(
                            f'sum by (channel, target) (cx_sla_open_contacts{{state="{state}"}})'
                        ),
                        _LEGEND,
                    )
                ],
                width=8,
                low=0,
                links=[Runbook(name) for name in alerts],
            )
            for title, state, meaning, alerts in (
                (
                    "On track",
                    "on_track",
                    "Open contacts with counted time left before their target.",
                    (),
                ),
                (
                    "At risk",
                    "at_risk",
                    "Open contacts with at_risk_fraction of their target passed, in counted time.",
                    ("CxContactsAtRisk",),
                ),
                (
                    "Past their target",
                    "breached",
                    "Open contacts that have missed their target.",
                    ("CxContactsBreached", "CxOverdueGrows"),
                ),
            )
        ),
    ),
)
ERROR_BUDGET = Dashboard(
    "cx-error-budget",
    "SLA and error budget",
    "SLA compliance against the objectives, and how fast the error budget burns.",
    (BUDGET, BURN, OPEN),
    (CHANNEL, QUEUE, WINDOW),
    since="now-7d",
)
