"""What a team lead watches."""

from __future__ import annotations

from typing import Any

from deploy.grafana.panels import (
    GREEN,
    RED,
    YELLOW,
    Dashboard,
    Panel,
    Query,
    Row,
    Variable,
    chosen,
    index_panel,
)

CHANNEL = Variable("channel", "Channel", "label_values(cx_window_contacts_started, channel)")
QUEUE = Variable(
    "queue", "Queue", 'label_values(cx_window_contacts_started{channel=~"$channel"}, queue)'
)
WINDOW = Variable(
    "window",
    "Window",
    "label_values(cx_window_contacts_started, window)",
    several=False,
    default="24h",
)
REPEAT_WINDOW = Variable(
    "repeat_window",
    "Repeat window",
    "label_values(cx_window_fcr_contacts, repeat_window)",
    several=False,
    default="2h",
)
REPEAT = 'repeat_window="$repeat_window"'
SHARE: dict[str, Any] = {"decimals": 1, "high": 1}
GOOD_ABOVE_80 = ((None, RED), (0.7, YELLOW), (0.8, GREEN))
BAD_ABOVE_5 = ((None, GREEN), (0.03, YELLOW), (0.05, RED))


def _open(state: str) -> Query:
    return Query(chosen(f'sum(cx_sla_open_contacts{{state="{state}"}}) or vector(0)'))


NOW = Row(
    "Now",
    (
        Panel(
            "Backlog",
            "Contacts that started and are not closed.",
            [Query(chosen("sum(cx_backlog_contacts)"))],
            "stat",
            width=4,
            height=4,
        ),
        Panel(
            "Oldest open contact",
            "Its age: from its start to the service's clock.",
            [Query(chosen("max(cx_backlog_oldest_age_seconds)"))],
            "stat",
            "s",
            width=4,
            height=4,
        ),
        Panel(
            "At risk",
            "Open contacts for which three quarters of a target (at_risk_fraction) have passed, "
            "counted for each target.",
            [_open("at_risk")],
            "stat",
            width=4,
            height=4,
            steps=((None, GREEN), (1, YELLOW)),
        ),
        Panel(
            "Past their target",
            "Open contacts that have missed a target, counted for each target.",
            [_open("breached")],
            "stat",
            width=4,
            height=4,
            steps=((None, GREEN), (1, RED)),
        ),
        index_panel(
            "Service level",
            [("cx_service_level:ratio_offered", "")],
            kind="stat",
            width=4,
            height=4,
            steps=GOOD_ABOVE_80,
            **SHARE,
        ),
        index_panel(
            "Abandoned",
            [("cx_abandonment:ratio", "")],
            note="3 to 5 % is usually called good.",
            kind="stat",
            width=4,
            height=4,
            steps=BAD_ABOVE_5,
            **SHARE,
        ),
    ),
)
VOLUME = Row(
    "Volume and backlog",
    (
        Panel(
            "Contacts within the window",
            "Contacts started, and contacts closed by outcome, within the window that ends at each "
            "moment.",
            [
                Query(chosen('sum(cx_window_contacts_started{direction="inbound"})'), "started"),
                Query(chosen("sum by (outcome) (cx_window_contacts_closed)"), "{{outcome}}"),
            ],
            low=0,
        ),
        Panel(
            "Backlog",
            "Contacts that started and are not closed, by channel.",
            [Query(chosen("sum by (channel) (cx_backlog_contacts)"), "{{channel}}")],
            low=0,
        ),
        Panel(
            "Backlog by age",
            "Open contacts that are at most so many seconds old.",
            [Query(chosen("sum by (le) (cx_backlog_age_seconds_bucket)"), "≤ {{le}} s")],
            "bargauge",
            low=0,
        ),
    ),
)
TIMES = Row(
    "Waiting and solving",
    (
        index_panel(
            "Service level",
            [
                ("cx_service_level:ratio_answered", "answered"),
                ("cx_service_level:ratio_offered", "offered"),
                ("cx_service_level:ratio_without_short_abandons", "without short abandons"),
                ("cx_service_level:ratio_short_abandons_met", "short abandons met"),
            ],
            note="Which one your organisation means is for it to agree on: there is no standard.",
            steps=GOOD_ABOVE_80,
            **SHARE,
        ),
        index_panel(
            "First response time",
            [
                ("cx_first_response_seconds:mean", "mean"),
                ("cx_first_response_seconds:p50", "p50"),
                ("cx_first_response_seconds:p90", "p90"),
            ],
            low=0,
        ),
        index_panel(
            "Resolution time",
            [
                ("cx_resolution_seconds:mean", "mean"),
                ("cx_resolution_seconds:p50", "p50"),
                ("cx_resolution_seconds:p90", "p90"),
            ],
            low=0,
        ),
    ),
)
FCR = Row(
    "First contact resolution",
    (
        index_panel(
            "FCR, settled",
            [
                ("cx_fcr:ratio_settled", "settled"),
                ("cx_fcr:ratio_settled_lower95", "from (95 %)"),
                ("cx_fcr:ratio_settled_upper95", "to (95 %)"),
            ],
            note="70 to 79 % is called good, 80 % and more world class, by whatever method.",
            width=8,
            steps=GOOD_ABOVE_80,
            **SHARE,
        ),
        index_panel(
            "FCR, provisional",
            [("cx_fcr:ratio_provisional", "provisional")],
            width=8,
            steps=GOOD_ABOVE_80,
            **SHARE,
        ),
        index_panel(
            "Repeat contacts",
            [("cx_repeat_contacts:ratio", "repeats ÷ started")],
            width=8,
            **SHARE,
        ),
    ),
)
SATISFACTION = Row(
    "Satisfaction",
    (
        index_panel(
            "CSAT",
            [
                ("cx_csat:ratio_top2", "4 or 5"),
                ("cx_csat:ratio_top2_lower95", "4 or 5, from (95 %)"),
                ("cx_csat:ratio_top2_upper95", "4 or 5, to (95 %)"),
                ("cx_csat:ratio_top1", "5"),
            ],
            steps=GOOD_ABOVE_80,
            **SHARE,
        ),
        index_panel(
            "NPS",
            [
                ("cx_nps:score", "NPS"),
                ("cx_nps:lower95", "from (95 %)"),
                ("cx_nps:upper95", "to (95 %)"),
            ],
            note="A change within the interval may be chance.",
            decimals=0,
        ),
        index_panel(
            "CES",
            [("cx_ces:ratio_high", "5 to 7"), ("cx_ces:ratio_low", "1 to 3")],
            note="Which end means little effort depends on the survey.",
            **SHARE,
        ),
        index_panel(
            "Problem solved, customers say",
            [("cx_issue_resolved:ratio", "solved")],
            **SHARE,
        ),
        index_panel(
            "Response rate",
            [("cx_survey_answers:ratio_response", "{{survey}}")],
            note="Low rates make every survey number biased.",
            decimals=1,
        ),
        index_panel("CSAT index", [("cx_csat:index", "index")], low=0, high=100, decimals=0),
    ),
)
HANDLING = Row(
    "Handling",
    (
        index_panel("Average handle time", [("cx_handle_seconds:mean", "AHT")], low=0, width=6),
        index_panel(
            "Replies a resolution",
            [("cx_agent_replies:mean", "replies")],
            low=0,
            width=6,
            decimals=2,
        ),
        index_panel("One-touch", [("cx_one_touch:ratio", "one-touch")], width=6, **SHARE),
        index_panel("Transferred", [("cx_transferred:ratio", "transferred")], width=6, **SHARE),
    ),
)

TODAY = Dashboard(
    "cx-service-today",
    "Service today",
    "What customers meet: waiting, solving, coming back, judging.",
    (NOW, VOLUME, TIMES, FCR, SATISFACTION, HANDLING),
    (CHANNEL, QUEUE, WINDOW, REPEAT_WINDOW),
)
