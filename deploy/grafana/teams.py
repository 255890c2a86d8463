"""How teams do: of what they closed. Needs the setting `teams`."""

from __future__ import annotations

from deploy.grafana.choices import GOOD_ABOVE_80, REPEAT_WINDOW, SHARE, TEAM, WINDOW
from deploy.grafana.panels import (
    INDEXES,
    Dashboard,
    Link,
    Panel,
    Query,
    Row,
    Runbook,
    chosen,
    index_panel,
    of_index,
)
from service.alerting import promql

_OF = "{{team}}"
_BY = ("team",)
_FCR = "cx_team_fcr:ratio_settled"
_AHT = "cx_team_handle_seconds:mean"
_CSAT = "cx_team_csat:ratio_top2"
_CLOSED = chosen('sum by (team) (cx_window_team_contacts_closed{outcome!="void"})')
_ANSWERS = chosen(promql.total('cx_window_team_survey_answers{survey="csat"}')(_BY))
_SMALL = (
    "The team is the one that closed the contact. What few contacts say may be chance: look at the "
    "interval before you compare, and at what kind of contacts a team gets."
)


WORK = Row(
    "Work",
    (
        Panel(
            "Contacts closed",
            "Contacts closed within the window, by the team that closed them; void ones (merged, "
            "spam, deleted, tests) left out.",
            [Query(_CLOSED, _OF)],
            low=0,
            width=12,
        ),
        index_panel("Average handle time", [(_AHT, _OF)], by=_BY, low=0, width=12),
    ),
)
RESULTS = Row(
    "What came of it",
    (
        index_panel(
            "FCR, settled",
            [(_FCR, _OF)],
            note=_SMALL,
            by=_BY,
            steps=GOOD_ABOVE_80,
            links=(Link("cx-root-causes", "Excess repeats by reason"),),
            **SHARE,
        ),
        index_panel(
            "FCR, provisional",
            [("cx_team_fcr:ratio_provisional", _OF)],
            by=_BY,
            steps=GOOD_ABOVE_80,
            **SHARE,
        ),
        index_panel(
            "CSAT, 4 or 5",
            [(_CSAT, _OF)],
            note=_SMALL,
            by=_BY,
            steps=GOOD_ABOVE_80,
            links=(Runbook("CxCsatBelowTarget"),),
            **SHARE,
        ),
    ),
)
INTERVALS = Row(
    "How sure that is",
    (
        *(
            Panel(
                title,
                f"{INDEXES[name].meaning} Its 95 % interval is Wilson's.",
                [
                    of_index(f"{name}_lower95", "from", _BY),
                    of_index(name, "is", _BY),
                    of_index(f"{name}_upper95", "to", _BY),
                ],
                "table",
                "percentunit",
                width=8,
                height=9,
                decimals=1,
            )
            for title, name in (("FCR, settled", _FCR), ("CSAT, 4 or 5", _CSAT))
        ),
        Panel(
            "Of how many",
            "Contacts closed, and CSAT answers, within the window.",
            [Query(_CLOSED, "closed"), Query(_ANSWERS, "CSAT answers")],
            "table",
            width=8,
            height=9,
            decimals=0,
        ),
    ),
)
TEAMS = Dashboard(
    "cx-teams",
    "Teams",
    "How teams do: of what they closed. Needs the setting teams.",
    (WORK, RESULTS, INTERVALS),
    (TEAM, WINDOW, REPEAT_WINDOW),
    since="now-7d",
)
