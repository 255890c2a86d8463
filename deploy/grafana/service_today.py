"""What a team lead watches."""

from __future__ import annotations

from deploy.grafana.choices import (
    BAD_ABOVE_5,
    CHANNEL,
    GOOD_ABOVE_80,
    QUEUE,
    REPEAT_WINDOW,
    SHARE,
    WINDOW,
)
from deploy.grafana.panels import (
    GREEN,
    RED,
    YELLOW,
    Dashboard,
    Link,
    Panel,
    Query,
    Row,
    Runbook,
    chosen,
    index_panel,
)


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
            width=3,
            height=4,
        ),
        Panel(
            "Waiting for the customer",
            "Open contacts that wait for their customer: the clock of their resolution target "
            "stands. None without the topic of updates.",
            [Query(chosen("sum(cx_backlog_waiting_contacts) or vector(0)"))],
            "stat",
            width=3,
            height=4,
        ),
        Panel(
            "Oldest open contact",
            "Its age: from its start to the service's clock.",
            [Query(chosen("max(cx_backlog_oldest_age_seconds)"))],
            "stat",
            "s",
            width=3,
            height=4,
            links=(Runbook("CxBacklogOld"),),
        ),
        Panel(
            "At risk",
            "Open contacts for which three quarters of a target (at_risk_fraction) have passed, in "
            "counted time: business hours in which the contact did not wait for the customer. "
            "Counted for each target.",
            [_open("at_risk")],
            "stat",
            width=3,
            height=4,
            steps=((None, GREEN), (1, YELLOW)),
            links=(Link("cx-error-budget", "At risk"), Runbook("CxContactsAtRisk")),
        ),
        Panel(
            "Past their target",
            "Open contacts that have missed a target, in counted time, counted for each target.",
            [_open("breached")],
            "stat",
            width=3,
            height=4,
            steps=((None, GREEN), (1, RED)),
            links=(
                Link("cx-error-budget", "Past their target"),
                Runbook("CxContactsBreached"),
                Runbook("CxOverdueGrows"),
            ),
        ),
        index_panel(
            "Service level",
            [("cx_service_level:ratio_offered", "")],
            kind="stat",
            width=3,
            height=4,
            steps=GOOD_ABOVE_80,
            links=(Link("cx-service-today", "Service level"),),
            **SHARE,
        ),
        index_panel(
            "Abandoned",
            [("cx_abandonment:ratio", "")],
            note="3 to 5 % is usually called good.",
            kind="stat",
            width=3,
            height=4,
            steps=BAD_ABOVE_5,
            links=(Runbook("CxAbandonmentHigh"),),
            **SHARE,
        ),
        index_panel(
            "Reopened", [("cx_reopened:ratio", "")], kind="stat", width=3, height=4, decimals=1
        ),
    ),
)
VOLUME = Row(
    "Volume and backlog",
    (
        Panel(
            "Contacts within the window",
            "Contacts started, opened again, and closed by outcome, within the window that ends at "
            "each moment. void: merged, spam, deleted or a test.",
            [
                Query(chosen('sum(cx_window_contacts_started{direction="inbound"})'), "started"),
                Query(chosen("sum by (by) (cx_window_contacts_reopened)"), "reopened by {{by}}"),
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
        index_panel(
            "Share of the backlog that waits",
            [("cx_backlog_waiting:ratio", "waiting for the customer")],
            **SHARE,
        ),
        index_panel("Reopened", [("cx_reopened:ratio", "reopened ÷ closed")], decimals=1),
        Panel(
            "Backlog by age",
            "Open contacts that are at most so many seconds old.",
            [Query(chosen("sum by (le) (cx_backlog_age_seconds_bucket)"), "≤ {{le}} s")],
            "bargauge",
            width=16,
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
        index_panel("Resolved by bots", [("cx_containment:ratio", "bots ÷ resolved")], **SHARE),
        index_panel(
            "First response in business time",
            [
                ("cx_first_response_counted_seconds:mean", "mean"),
                ("cx_first_response_counted_seconds:p50", "p50"),
                ("cx_first_response_counted_seconds:p90", "p90"),
            ],
            note="Only with a calendar or the topic of updates.",
            low=0,
        ),
        index_panel(
            "Resolution in counted time",
            [
                ("cx_resolution_counted_seconds:mean", "mean"),
                ("cx_resolution_counted_seconds:p50", "p50"),
                ("cx_resolution_counted_seconds:p90", "p90"),
            ],
            note="Counted: business hours in which the contact was neither closed nor waiting for "
            "the customer. Only with a calendar or the topic of updates.",
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
            steps=GOOD_ABOVE_80,
            links=(Link("cx-root-causes", "Excess repeats by reason"), Runbook("CxFcrFell")),
            **SHARE,
        ),
        index_panel(
            "FCR, provisional",
            [("cx_fcr:ratio_provisional", "provisional")],
            steps=GOOD_ABOVE_80,
            **SHARE,
        ),
        index_panel(
            "Repeat contacts",
            [("cx_repeat_contacts:ratio", "repeats ÷ started")],
            links=(Link("cx-root-causes", "Repeats within each repeat window"),),
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
            links=(Link("cx-teams", "CSAT, 4 or 5"), Runbook("CxCsatBelowTarget")),
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
        index_panel(
            "Satisfaction index",
            [("cx_survey_index:mean", "{{survey}} {{aspect}}")],
            low=0,
            high=100,
            decimals=0,
        ),
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
