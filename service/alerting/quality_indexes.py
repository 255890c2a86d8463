"""What quality monitoring found, within the windows."""

from __future__ import annotations

from service.alerting import promql
from service.alerting.index import Index

_EVALUATIONS = "cx_window_evaluations"
_FATAL = _EVALUATIONS + '{result="fatal"}'
_ERRORS = "cx_window_evaluation_errors"
_POSITIVE, _NEGATIVE = (f"cx_window_emotion_{kind}_sum" for kind in ("positive", "negative"))

QUALITY_INDEXES: tuple[Index, ...] = (
    Index(
        "cx_evaluations:ratio_fatal",
        "ratio",
        "Evaluations that found a fatal error ÷ evaluations.",
        promql.ratio(_FATAL, _EVALUATIONS),
    ),
    Index(
        "cx_evaluations:ratio_fatal_lower95",
        "ratio",
        "Lower end of the 95 % interval of cx_evaluations:ratio_fatal (Wilson).",
        promql.wilson_lower(_FATAL, _EVALUATIONS),
    ),
    Index(
        "cx_evaluations:ratio_fatal_upper95",
        "ratio",
        "Upper end of the 95 % interval of cx_evaluations:ratio_fatal (Wilson).",
        promql.wilson_upper(_FATAL, _EVALUATIONS),
    ),
    *(
        Index(
            f"cx_evaluation_errors:{severity}_per_evaluation",
            "errors",
            f"Errors found that are {severity} ÷ evaluations.",
            promql.ratio(f'{_ERRORS}{{severity="{severity}"}}', _EVALUATIONS),
        )
        for severity in ("fatal", "nonfatal")
    ),
    Index(
        "cx_evaluation_score:mean",
        "0 to 100",
        "Mean score of the evaluations that have one.",
        promql.ratio("cx_window_evaluation_score_sum", "cx_window_evaluation_score_count"),
    ),
    Index(
        "cx_emotion:nev",
        "-10 to 10",
        "Net emotional value: mean of positive - negative emotions, of evaluations with both.",
        promql.difference_per(_POSITIVE, _NEGATIVE, "cx_window_emotion_count"),
    ),
)
