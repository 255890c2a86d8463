"""First contact resolution, handle time and satisfaction by team, within the windows."""

from __future__ import annotations

from service.alerting import promql
from service.alerting.index import BY_TEAM, Index

_FCR = "cx_window_team_fcr_contacts"
_FIRST_TIME = _FCR + '{result="resolved_first_time"}'
_DECIDED = _FCR + '{result=~"resolved_first_time|repeated|unresolved"}'
_CSAT = 'cx_window_team_survey_answers{survey="csat"}'
_CSAT_TOP2 = 'cx_window_team_survey_answers{survey="csat",score=~"4|5"}'
_REPEAT = ("repeat_window", "window")
_WINDOW = ("window",)

TEAM_INDEXES: tuple[Index, ...] = tuple(
    Index(name, unit, meaning, expr, keeps, BY_TEAM)
    for name, unit, meaning, expr, keeps in (
        (
            "cx_team_fcr:ratio_settled",
            "ratio",
            "cx_fcr:ratio_settled of the contacts that the team closed first.",
            promql.ratio(_FIRST_TIME, _DECIDED),
            _REPEAT,
        ),
        (
            "cx_team_fcr:ratio_settled_lower95",
            "ratio",
            "Lower end of the 95 % interval of cx_team_fcr:ratio_settled (Wilson).",
            promql.wilson_lower(_FIRST_TIME, _DECIDED),
            _REPEAT,
        ),
        (
            "cx_team_fcr:ratio_settled_upper95",
            "ratio",
            "Upper end of the 95 % interval of cx_team_fcr:ratio_settled (Wilson).",
            promql.wilson_upper(_FIRST_TIME, _DECIDED),
            _REPEAT,
        ),
        (
            "cx_team_fcr:ratio_provisional",
            "ratio",
            "cx_fcr:ratio_provisional of the contacts that the team closed first.",
            promql.ratio(_FCR + '{result=~"resolved_first_time|pending"}', _FCR),
            _REPEAT,
        ),
        (
            "cx_team_handle_seconds:mean",
            "seconds",
            "AHT of the closings of the team that have a handle time.",
            promql.ratio(
                "cx_window_team_handle_seconds_sum", "cx_window_team_handle_seconds_count"
            ),
            _WINDOW,
        ),
        (
            "cx_team_csat:ratio_top2",
            "ratio",
            "CSAT answers of 4 or 5 ÷ answers, of contacts that the team closed last.",
            promql.ratio(_CSAT_TOP2, _CSAT),
            _WINDOW,
        ),
        (
            "cx_team_csat:ratio_top2_lower95",
            "ratio",
            "Lower end of the 95 % interval of cx_team_csat:ratio_top2 (Wilson).",
            promql.wilson_lower(_CSAT_TOP2, _CSAT),
            _WINDOW,
        ),
        (
            "cx_team_csat:ratio_top2_upper95",
            "ratio",
            "Upper end of the 95 % interval of cx_team_csat:ratio_top2 (Wilson).",
            promql.wilson_upper(_CSAT_TOP2, _CSAT),
            _WINDOW,
        ),
    )
)
