"""How agents' time is used, whether the schedule is kept and fits, and who stays."""

from __future__ import annotations

from typing import Any

from deploy.grafana.choices import SHARE, WINDOW
from deploy.grafana.panels import (
    GREEN,
    INDEXES,
    RED,
    YELLOW,
    Dashboard,
    Link,
    Panel,
    Query,
    Row,
    Runbook,
    Variable,
    unit_of,
)
from service.alerting.agent_indexes import TARGET_OCCUPANCY
from service.alerting.partitions import outside_handover

_TEAM = Variable("team", "Team", "label_values(cx_agents, team)")
_CHOSEN = 'team=~"$team"'
_LEGEND = "{{team}}"
_HOURS = "h"


def _recorded(name: str, ending: str = "") -> str:
    return f'team:{name}{ending}{{window="$window",{_CHOSEN}}}'


def _by_team(title: str, name: str, note: str = "", **more: Any) -> Panel:
    return Panel(
        title,
        " ".join(filter(None, (INDEXES[name].meaning, note))),
        [Query(_recorded(name), _LEGEND)],
        **{"unit": unit_of(name), **more},
    )


def _sum(metric: str, by: str, matchers: str = "", divided: str = "") -> str:
    wanted = ",".join(filter(None, (matchers, _CHOSEN)))
    return outside_handover(f"sum by ({by}) ({metric}{{{wanted}}}){divided}")


def _hours(metric: str, by: str, matchers: str = "") -> str:
    wanted = ",".join(filter(None, (matchers, 'window="$window"')))
    return _sum(metric, by, wanted, " / 3600")


NOW = Row(
    "Now",
    (
        Panel(
            "Agents now",
            "Agents by what they do now; offline left out.",
            [Query(_sum("cx_agents", "state", 'state!="offline"'), "{{state}}")],
            width=12,
            low=0,
            decimals=0,
        ),
        Panel(
            "Agents by team",
            "Agents of each team who are there now, by what they do.",
            [
                Query(_sum("cx_agents", "team", f'state="{state}"'), state)
                for state in ("available", "busy", "wrap_up", "paused")
            ],
            "table",
            width=12,
            decimals=0,
        ),
    ),
)
TIME = Row(
    "How their time is used",
    (
        _by_team(
            "Occupancy",
            "cx_occupancy:ratio",
            "Above 85 % for long people burn out.",
            steps=((None, GREEN), (0.85, RED)),
            links=(Runbook("CxOccupancyHigh"), Runbook("CxOccupancyLow")),
            **SHARE,
        ),
        _by_team("Utilisation", "cx_utilisation:ratio", **SHARE),
        Panel(
            "Hours in each state",
            "Hours of agents within the window, by what they did; offline left out.",
            [Query(_hours("cx_window_agent_seconds", "state", 'state!="offline"'), "{{state}}")],
            "bargauge",
            _HOURS,
            low=0,
            decimals=1,
        ),
    ),
)
SCHEDULE = Row(
    "The schedule",
    (
        _by_team(
            "Adherence",
            "cx_adherence:ratio",
            steps=((None, RED), (0.85, YELLOW), (0.9, GREEN)),
            links=(Runbook("CxAdherenceLow"),),
            **SHARE,
        ),
        Panel(
            "Schedule fit",
            f"{INDEXES['cx_schedule_fit:ratio'].meaning} Over a long window hours with too many "
            "make up for hours with too few: look at short ones too.",
            [
                Query(_recorded("cx_schedule_fit:ratio"), _LEGEND),
                Query(TARGET_OCCUPANCY, "occupancy planned for"),
            ],
            unit="percentunit",
            decimals=1,
            links=(Link("cx-service-today", "Service level"),),
        ),
        Panel(
            "Hours scheduled and kept",
            "Hours of agents within the window: scheduled, and of these spent as scheduled.",
            [
                Query(_hours("cx_window_agent_scheduled_seconds", "activity"), "{{activity}}"),
                Query(_hours("cx_window_agent_adherent_seconds", "activity"), "{{activity}}, kept"),
            ],
            unit=_HOURS,
            low=0,
            decimals=1,
        ),
    ),
)
STAFF = Row(
    "Who stays",
    (
        Panel(
            "Agents employed",
            "Agents employed now, by team.",
            [Query(_sum("cx_agents_employed", "team"), _LEGEND)],
            low=0,
            decimals=0,
        ),
        Panel(
            "Agents who left",
            "Agents whose employment ended within the window, by team.",
            [Query(_sum("cx_window_agents_left", "team", 'window="$window"'), _LEGEND)],
            low=0,
            decimals=0,
        ),
        Panel(
            "Attrition",
            f"{INDEXES['cx_attrition:ratio'].meaning} Its 95 % interval is Wilson's.",
            [
                Query(_recorded("cx_attrition:ratio", "_lower95"), "from"),
                Query(_recorded("cx_attrition:ratio"), "is"),
                Query(_recorded("cx_attrition:ratio", "_upper95"), "to"),
                Query(_recorded("cx_agents_employed:mean"), "Mean employed", "none"),
            ],
            "table",
            "percentunit",
            decimals=1,
        ),
    ),
)
AGENTS = Dashboard(
    "cx-agents",
    "Agents and schedule",
    "How agents' time is used, whether the schedule is kept and fits. Needs the setting agents.",
    (NOW, TIME, SCHEDULE, STAFF),
    (_TEAM, WINDOW),
    since="now-7d",
)
