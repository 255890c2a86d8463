"""Every published index: a ratio, mean or difference of the raw parts within a window.

An index is described once and recorded for several levels, always from the parts: a queue's ratios
are never averaged into a channel's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.alerting import promql

if TYPE_CHECKING:
    from service.alerting.promql import Expression

Labels = tuple[str, ...]

#: The levels that an index is recorded for, each named by its labels. () are all contacts.
USUAL: tuple[Labels, ...] = ((), ("channel",), ("channel", "queue"))
BY_REASON: tuple[Labels, ...] = (("reason",), ("queue", "reason"))


@dataclass(frozen=True, slots=True)
class Index:
    """A published number, recorded as `level:name` for each of its levels.

    `unit` and `meaning` are what the metric reference says of it. `keeps` are the labels that every
    level has besides its own.
    """

    name: str
    unit: str
    meaning: str
    expr: Expression
    keeps: Labels = ("window",)
    levels: tuple[Labels, ...] = USUAL


_FCR = "cx_window_fcr_contacts"
_SLA = "cx_window_sla_contacts"
_FIRST_RESPONSE = _SLA + '{target="first_response",result=~"%s"}'
_CLOSED = "cx_window_contacts_closed"
_OFFERED = _CLOSED + '{outcome=~"resolved|unresolved|abandoned"}'
_ANSWERED = _CLOSED + '{outcome=~"resolved|unresolved"}'
_STARTED = 'cx_window_contacts_started{direction="inbound"}'
_REPEATS = "cx_window_repeat_contacts"
_SURVEY = "cx_window_survey_answers"
_REPEAT_KEEPS = ("repeat_window", "window")

FCR_INDEXES = (
    Index(
        "cx_fcr:ratio_settled",
        "ratio",
        "FCR of the contacts of the window that are decided. Contacts still pending are left out, "
        "so it reads low in a window that is not much longer than the repeat window, and has no "
        "value in one that is not longer.",
        promql.settled(
            _FCR + '{result="resolved_first_time"}',
            _FCR + '{result=~"resolved_first_time|repeated|unresolved"}',
            _FCR + '{result="pending"}',
        ),
        _REPEAT_KEEPS,
        (*USUAL, *BY_REASON),
    ),
    Index(
        "cx_fcr:ratio_provisional",
        "ratio",
        "FCR with the pending contacts counted as resolved: what it will be at best.",
        promql.ratio(_FCR + '{result=~"resolved_first_time|pending"}', _FCR),
        _REPEAT_KEEPS,
        (*USUAL, *BY_REASON),
    ),
    Index(
        "cx_repeat_contacts:ratio",
        "ratio",
        "Repeat contacts ÷ contacts started.",
        promql.ratio_to_shared(_REPEATS, _STARTED, "repeat_window"),
        _REPEAT_KEEPS,
    ),
    Index(
        "cx_repeat_contacts:excess",
        "contacts",
        "Repeats minus volume x overall repeat rate: how many more repeats a reason has than if it "
        "were like all others; where to look first. Volume = contacts judged for FCR + repeats.",
        promql.excess(_REPEATS, _FCR),
        _REPEAT_KEEPS,
        BY_REASON,
    ),
)

SERVICE_INDEXES = (
    Index(
        "cx_service_level:ratio_answered",
        "ratio",
        "First responses on target ÷ first responses. Abandons are left out.",
        promql.ratio(_FIRST_RESPONSE % "met", _FIRST_RESPONSE % "met|breached"),
    ),
    Index(
        "cx_service_level:ratio_offered",
        "ratio",
        "First responses on target ÷ first responses and all abandons.",
        promql.ratio(
            _FIRST_RESPONSE % "met", _FIRST_RESPONSE % "met|breached|abandoned|short_abandoned"
        ),
    ),
    Index(
        "cx_service_level:ratio_without_short_abandons",
        "ratio",
        "First responses on target ÷ first responses and abandons, short ones left out.",
        promql.ratio(_FIRST_RESPONSE % "met", _FIRST_RESPONSE % "met|breached|abandoned"),
    ),
    Index(
        "cx_service_level:ratio_short_abandons_met",
        "ratio",
        "As ratio_offered, but a short abandon counts as served on target.",
        promql.ratio(
            _FIRST_RESPONSE % "met|short_abandoned",
            _FIRST_RESPONSE % "met|breached|abandoned|short_abandoned",
        ),
    ),
    Index(
        "cx_sla:ratio",
        "ratio",
        "SLA compliance: contacts that met the target ÷ contacts judged by it.",
        promql.ratio(_SLA + '{result="met"}', _SLA + '{result=~"met|breached"}'),
        ("target", "window"),
    ),
    Index(
        "cx_abandonment:ratio",
        "ratio",
        "Abandoned contacts ÷ closed contacts (expired ones left out).",
        promql.ratio(_CLOSED + '{outcome="abandoned"}', _OFFERED),
    ),
    Index(
        "cx_answered:ratio",
        "ratio",
        "Answer rate: contacts closed as resolved or unresolved ÷ closed contacts (expired ones "
        "left out).",
        promql.ratio(_ANSWERED, _OFFERED),
    ),
    Index(
        "cx_backlog:growth",
        "contacts",
        "Contacts started minus contacts closed within the window.",
        promql.difference(_STARTED, _CLOSED),
    ),
)

HANDLING_INDEXES = (
    *(
        Index(
            f"cx_{what}_seconds:p{percent}",
            "seconds",
            f"{percent} % of the {said} took at most this long, interpolated between buckets.",
            promql.quantile(percent / 100, f"cx_window_{what}_seconds"),
        )
        for what, said in (("first_response", "first responses"), ("resolution", "resolutions"))
        for percent in (50, 90, 95)
    ),
    *(
        Index(
            f"cx_{what}:mean",
            unit,
            meaning,
            promql.mean(f"cx_window_{what}_sum", f"cx_window_{what}_count"),
        )
        for what, unit, meaning in (
            ("first_response_seconds", "seconds", "Mean time to first response."),
            ("resolution_seconds", "seconds", "Mean time to resolution."),
            ("handle_seconds", "seconds", "AHT: handle time ÷ contacts that have one."),
            ("agent_replies", "replies", "Replies ÷ resolved contacts whose replies are known."),
        )
    ),
    Index(
        "cx_one_touch:ratio",
        "ratio",
        "Resolved with at most one agent reply ÷ resolved contacts whose replies are known.",
        promql.ratio("cx_window_one_touch_contacts", "cx_window_agent_replies_count"),
    ),
    Index(
        "cx_transferred:ratio",
        "ratio",
        "Contacts transferred at least once ÷ closed contacts (expired ones left out).",
        promql.ratio("cx_window_transferred_contacts", _OFFERED),
    ),
)

_CSAT = _SURVEY + '{survey="csat"}'
_CSAT_TOP2 = _SURVEY + '{survey="csat",score=~"4|5"}'
_NPS = _SURVEY + '{survey="nps"}'
_PROMOTERS = _SURVEY + '{survey="nps",score=~"9|10"}'
_DETRACTORS = _SURVEY + '{survey="nps",score=~"[0-6]"}'
_CES = _SURVEY + '{survey="ces"}'

SURVEY_INDEXES = (
    Index(
        "cx_csat:ratio_top1",
        "ratio",
        "CSAT answers of 5 ÷ answers.",
        promql.ratio(_SURVEY + '{survey="csat",score="5"}', _CSAT),
    ),
    Index(
        "cx_csat:ratio_top2",
        "ratio",
        "CSAT answers of 4 or 5 ÷ answers.",
        promql.ratio(_CSAT_TOP2, _CSAT),
    ),
    Index(
        "cx_csat:ratio_top2_lower95",
        "ratio",
        "Lower end of the 95 % interval of cx_csat:ratio_top2 (Wilson).",
        promql.wilson_lower(_CSAT_TOP2, _CSAT),
    ),
    Index(
        "cx_csat:mean",
        "score 1 to 5",
        "Mean CSAT score.",
        promql.mean_score(_SURVEY, "csat", range(1, 6)),
    ),
    Index(
        "cx_csat:index",
        "0 to 100",
        "CSAT index: (mean - 1) x 25; unlike the top boxes it uses every grade.",
        promql.mean_score(_SURVEY, "csat", range(1, 6), {n: 25 * (n - 1) for n in range(1, 6)}),
    ),
    Index(
        "cx_nps:score",
        "-100 to 100",
        "NPS: 100 x (answers of 9 or 10 - answers of 0 to 6) ÷ answers.",
        promql.net_score(_PROMOTERS, _DETRACTORS, _NPS),
    ),
    Index(
        "cx_nps:margin95",
        "points",
        "Half the 95 % interval of cx_nps:score: the interval is score ± this.",
        promql.net_score_margin(_PROMOTERS, _DETRACTORS, _NPS),
    ),
    Index(
        "cx_ces:ratio_high",
        "ratio",
        "CES answers of 5 to 7 ÷ answers: low effort where 7 means easy.",
        promql.ratio(_SURVEY + '{survey="ces",score=~"[5-7]"}', _CES),
    ),
    Index(
        "cx_ces:ratio_low",
        "ratio",
        "CES answers of 1 to 3 ÷ answers: low effort where 1 means easy.",
        promql.ratio(_SURVEY + '{survey="ces",score=~"[1-3]"}', _CES),
    ),
    Index(
        "cx_ces:mean",
        "score 1 to 7",
        "Mean CES score.",
        promql.mean_score(_SURVEY, "ces", range(1, 8)),
    ),
    Index(
        "cx_ces:mean_reversed",
        "score 1 to 7",
        "Mean of 8 - CES score: for comparing with surveys of the other polarity.",
        promql.mean_score(_SURVEY, "ces", range(1, 8), {n: 8 - n for n in range(1, 8)}),
    ),
    Index(
        "cx_issue_resolved:ratio",
        "ratio",
        "Survey-stated resolution: yes ÷ (yes + no).",
        promql.ratio(
            'cx_window_issue_resolved_answers{answer="yes"}', "cx_window_issue_resolved_answers"
        ),
    ),
    Index(
        "cx_survey_answers:ratio_response",
        "ratio",
        "Survey answers ÷ contacts closed as resolved or unresolved. It can be above 1 in short "
        "windows: an answer belongs to the window of its own time.",
        promql.ratio_to_shared(_SURVEY, _ANSWERED, "survey"),
        ("survey", "window"),
    ),
)

INDEXES: tuple[Index, ...] = (
    *FCR_INDEXES,
    *SERVICE_INDEXES,
    *HANDLING_INDEXES,
    *SURVEY_INDEXES,
)
