"""What customers say in surveys, within the windows."""

from __future__ import annotations

from service.alerting import promql
from service.alerting.enough import ART
from service.alerting.index import Index
from service.alerting.service_indexes import ANSWERED

_SURVEY = "cx_window_survey_answers"
_CSAT = _SURVEY + '{survey="csat"}'
_CSAT_TOP2 = _SURVEY + '{survey="csat",score=~"4|5"}'
_NPS = _SURVEY + '{survey="nps"}'
_PROMOTERS = _SURVEY + '{survey="nps",score=~"9|10"}'
_DETRACTORS = _SURVEY + '{survey="nps",score=~"[0-6]"}'
_CES = _SURVEY + '{survey="ces"}'
_POINTS, _PLACED = "cx_window_survey_index_sum", "cx_window_survey_index_count"
_ART = f"{{{ART}}}"
#: Asked of one customer at once, and answered much alike.
_ASPECTS = 3

SURVEY_INDEXES: tuple[Index, ...] = (
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
        "cx_csat:ratio_top2_upper95",
        "ratio",
        "Upper end of the 95 % interval of cx_csat:ratio_top2 (Wilson).",
        promql.wilson_upper(_CSAT_TOP2, _CSAT),
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
        "cx_survey_index:mean",
        "0 to 100",
        "Satisfaction index: the mean place of the answers on their scale, of any scale, by what "
        "they are about. CSAT asked with five grades: cx_csat:index.",
        promql.ratio(_POINTS, _PLACED),
        ("survey", "aspect", "window"),
    ),
    Index(
        "cx_survey_index:lower95",
        "0 to 100",
        "Lower end of the 95 % interval of cx_survey_index:mean (Wilson).",
        promql.index_lower(_POINTS, _PLACED),
        ("survey", "aspect", "window"),
    ),
    Index(
        "cx_survey_index:upper95",
        "0 to 100",
        "Upper end of the 95 % interval of cx_survey_index:mean (Wilson).",
        promql.index_upper(_POINTS, _PLACED),
        ("survey", "aspect", "window"),
    ),
    Index(
        "cx_art:index",
        "0 to 100",
        "ART index: the satisfaction index of CSAT answers on access, resolution and treatment "
        "together, what customers expect of a contact centre.",
        promql.ratio(_POINTS + _ART, _PLACED + _ART),
    ),
    Index(
        "cx_art:lower95",
        "0 to 100",
        "Lower end of the 95 % interval of cx_art:index (Wilson, three answers counted as one).",
        promql.index_lower(_POINTS + _ART, _PLACED + _ART, _ASPECTS),
    ),
    Index(
        "cx_art:upper95",
        "0 to 100",
        "Upper end of the 95 % interval of cx_art:index (Wilson, three answers counted as one).",
        promql.index_upper(_POINTS + _ART, _PLACED + _ART, _ASPECTS),
    ),
    Index(
        "cx_nps:score",
        "-100 to 100",
        "NPS: 100 x (answers of 9 or 10 - answers of 0 to 6) ÷ answers.",
        promql.net_score(_PROMOTERS, _DETRACTORS, _NPS),
    ),
    Index(
        "cx_nps:lower95",
        "-100 to 100",
        "Lower end of the 95 % interval of cx_nps:score (Bonett and Price).",
        promql.net_score_lower(_PROMOTERS, _DETRACTORS, _NPS),
    ),
    Index(
        "cx_nps:upper95",
        "-100 to 100",
        "Upper end of the 95 % interval of cx_nps:score (Bonett and Price).",
        promql.net_score_upper(_PROMOTERS, _DETRACTORS, _NPS),
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
        # A kind of survey that nobody has ever answered may never have been asked.
        promql.ratio_to_shared(
            _SURVEY,
            ANSWERED,
            "survey",
            {kind: f'{_SURVEY}{{survey="{kind}"}}' for kind in ("csat", "nps", "ces")},
        ),
        ("survey", "window"),
    ),
)
