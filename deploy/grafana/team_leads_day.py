"""A team lead's day: what today has brought so far, beside yesterday at the same hour.

Needs `today` among the settings' `calendar_windows`; `yesterday` and `this_week` where they are,
and `teams` for what is told by team.
"""

from __future__ import annotations

from deploy.grafana.choices import (
    BAD_ABOVE_5,
    CHANNEL,
    DAY,
    DAYS,
    GOOD_ABOVE_80,
    QUEUE,
    REPEAT_WINDOW,
    TEAM,
    TODAY,
)
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
    chosen,
    of_index,
    unit_of,
)

_STARTED = 'cx_window_contacts_started{direction="inbound"}'
_CLOSED = 'cx_window_contacts_closed{outcome!="void"}'
_THE_DAY = "$day"
_YESTERDAY = (
    "Beside it yesterday at this hour: what today's number was 24 hours ago (a day on which the "
    "clocks change: an hour off)."
)
_BY_TEAM = ("team",)


def _count(title: str, what: str, expr: str) -> Panel:
    return Panel(
        title,
        f"{what} {_YESTERDAY}",
        [
            Query(chosen(f"sum({expr})", TODAY), "today"),
            Query(chosen(f"sum({expr})", TODAY, ago="1d"), "yesterday at this hour"),
        ],
        "stat",
        width=6,
        height=5,
        low=0,
    )


def _index(
    title: str,
    name: str,
    *links: Link | Runbook,
    steps: tuple[tuple[float | None, str], ...] = (),
) -> Panel:
    unit = unit_of(name)
    return Panel(
        title,
        f"{INDEXES[name].meaning} {_YESTERDAY}",
        [
            of_index(name, "today", window=TODAY),
            of_index(name, "yesterday at this hour", window=TODAY, ago="1d"),
        ],
        "stat",
        unit,
        width=6,
        height=5,
        steps=steps,
        low=0,
        links=links,
        decimals=1,
    )


def _open(title: str, meaning: str, expr: str, colour: str | None, *links: Link | Runbook) -> Panel:
    return Panel(
        title,
        meaning,
        [Query(chosen(f"sum({expr}) or vector(0)"))],
        "stat",
        width=6,
        height=4,
        steps=((None, GREEN), (1, colour)) if colour else (),
        links=links,
    )


NOW = Row(
    "Now",
    (
        _open(
            "Open",
            "Contacts that started and are not closed, whatever the day they began on.",
            "cx_backlog_contacts",
            None,
            Link("cx-service-today", "Backlog"),
            Runbook("CxBacklogOld"),
        ),
        _open(
            "Waiting for the customer",
            "Open contacts that wait for their customer: nothing to be done until there is an "
            "answer. None without the topic of updates.",
            "cx_backlog_waiting_contacts",
            None,
        ),
        _open(
            "At risk",
            "Open contacts for which three quarters of a target (at_risk_fraction) have passed, in "
            "counted time; counted for each target. Those first.",
            'cx_sla_open_contacts{state="at_risk"}',
            YELLOW,
            Link("cx-error-budget", "At risk"),
            Runbook("CxContactsAtRisk"),
        ),
        _open(
            "Past their target",
            "Open contacts that have missed a target, in counted time; counted for each target.",
            'cx_sla_open_contacts{state="breached"}',
            RED,
            Link("cx-error-budget", "Past their target"),
            Runbook("CxContactsBreached"),
        ),
    ),
)
SO_FAR = Row(
    "Today so far",
    (
        _count("Came in", "Contacts that customers began today.", _STARTED),
        _count("Closed", "Contacts closed today; void ones left out.", _CLOSED),
        _index(
            "Service level",
            "cx_service_level:ratio_offered",
            Link("cx-service-today", "Service level"),
            steps=GOOD_ABOVE_80,
        ),
        _index(
            "Abandoned", "cx_abandonment:ratio", Runbook("CxAbandonmentHigh"), steps=BAD_ABOVE_5
        ),
        _index(
            "FCR, settled",
            "cx_fcr:ratio_settled",
            Link("cx-root-causes", "Excess repeats by reason"),
            Runbook("CxFcrFell"),
            steps=GOOD_ABOVE_80,
        ),
        _index(
            "FCR, provisional",
            "cx_fcr:ratio_provisional",
            Link("cx-root-causes", "Excess repeats by reason"),
            steps=GOOD_ABOVE_80,
        ),
        _index("Reopened", "cx_reopened:ratio"),
        _index(
            "CSAT, 4 or 5",
            "cx_csat:ratio_top2",
            Link("cx-teams", "CSAT, 4 or 5"),
            Runbook("CxCsatBelowTarget"),
            steps=GOOD_ABOVE_80,
        ),
    ),
)
COURSE = Row(
    "The course of the day",
    tuple(
        Panel(
            title,
            f"{what}, from midnight on (of the time zone of the settings), beside yesterday.",
            [
                Query(chosen(f"sum({expr})", TODAY), "today"),
                Query(chosen(f"sum({expr})", TODAY, ago="1d"), "yesterday"),
            ],
            width=12,
            low=0,
        )
        for title, what, expr in (
            ("Came in, added up", "Contacts that customers began", _STARTED),
            ("Closed, added up", "Contacts closed, void ones left out", _CLOSED),
        )
    ),
)
TEAMS = Row(
    "By team",
    (
        Panel(
            "Handled by team",
            "Of the contacts that each team closed on the chosen day (void ones left out): how "
            f"many, and what came of them. FCR: {INDEXES['cx_team_fcr:ratio_settled'].meaning} "
            "What few contacts say may be chance.",
            [
                Query(
                    chosen(
                        'sum by (team) (cx_window_team_contacts_closed{outcome!="void"})', _THE_DAY
                    ),
                    "Closed",
                ),
                *(
                    of_index(name, legend, _BY_TEAM, _THE_DAY)
                    for name, legend in (
                        ("cx_team_handle_seconds:mean", "AHT"),
                        ("cx_team_fcr:ratio_settled", "FCR, settled"),
                        ("cx_team_fcr:ratio_provisional", "FCR, provisional"),
                        ("cx_team_csat:ratio_top2", "CSAT, 4 or 5"),
                    )
                ),
            ],
            "table",
            width=12,
            height=9,
            links=(Link("cx-teams"),),
        ),
        Panel(
            "By queue",
            "What came in and was closed on the chosen day, and what is open now.",
            [
                Query(chosen(f"sum by (queue) ({_STARTED})", _THE_DAY), "Came in"),
                Query(chosen(f"sum by (queue) ({_CLOSED})", _THE_DAY), "Closed"),
                Query(chosen("sum by (queue) (cx_backlog_contacts)"), "Open now"),
                *(
                    Query(
                        chosen(f'sum by (queue) (cx_sla_open_contacts{{state="{state}"}})'), legend
                    )
                    for state, legend in (("at_risk", "At risk"), ("breached", "Past their target"))
                ),
            ],
            "table",
            width=12,
            height=9,
            decimals=0,
            links=(Link("cx-service-today"),),
        ),
    ),
)
WEEK = Row(
    "The days side by side",
    (
        Panel(
            "Today, yesterday, this week",
            "Each line is of a calendar window of the settings: today and this week so far, "
            "yesterday as a whole.",
            [
                Query(chosen(f"sum by (window) ({_STARTED})", DAYS), "Came in"),
                Query(chosen(f"sum by (window) ({_CLOSED})", DAYS), "Closed"),
                *(
                    of_index(name, legend, (), DAYS)
                    for name, legend in (
                        ("cx_service_level:ratio_offered", "Service level"),
                        ("cx_abandonment:ratio", "Abandoned"),
                        ("cx_fcr:ratio_settled", "FCR, settled"),
                        ("cx_fcr:ratio_provisional", "FCR, provisional"),
                        ("cx_reopened:ratio", "Reopened"),
                        ("cx_csat:ratio_top2", "CSAT, 4 or 5"),
                    )
                ),
            ],
            "table",
            width=24,
            height=6,
        ),
    ),
)
TEAM_LEADS_DAY = Dashboard(
    "cx-team-leads-day",
    "Team lead's day",
    "What today has brought so far, beside yesterday. Needs today in calendar_windows.",
    (NOW, SO_FAR, COURSE, TEAMS, WEEK),
    (CHANNEL, QUEUE, TEAM, DAY, REPEAT_WINDOW),
    since="now/d",
)
