"""What customers say of each thing that they expect, beside the operating numbers it goes with."""

from __future__ import annotations

from collections.abc import Callable

from deploy.grafana.choices import (
    CHANNEL,
    GOOD_ABOVE_80,
    QUEUE,
    REPEAT_WINDOW,
    SHARE,
    WINDOW,
)
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

_OF_EVALUATIONS = "Only with contact_evaluated."
_INDEX = "cx_survey_index:mean"
_POINTS, _PLACED = (
    f'cx_window_survey_index_{part}{{survey="csat"%s}}' for part in ("sum", "count")
)


def _of(shape: Callable[[str, str], promql.Expression], aspect: str = "", *by: str) -> str:
    """Of the CSAT answers, on an aspect: NPS and CES ask for something else."""
    wanted = f',aspect="{aspect}"' if aspect else ""
    return chosen(shape(_POINTS % wanted, _PLACED % wanted)(by))


def _said(aspect: str, meaning: str) -> Panel:
    return Panel(
        f"Satisfaction with {aspect}",
        f"{meaning} {INDEXES[_INDEX].meaning} Its 95 % interval is Wilson's.",
        [
            Query(_of(promql.ratio, aspect), aspect),
            Query(_of(promql.index_lower, aspect), "from (95 %)"),
            Query(_of(promql.index_upper, aspect), "to (95 %)"),
        ],
        low=0,
        high=100,
        decimals=0,
        links=(Runbook("CxAspectFell"),),
    )


ALL = Row(
    "Satisfaction by what customers expect",
    (
        index_panel(
            "Access, resolution and treatment",
            [
                ("cx_art:index", "ART"),
                ("cx_art:lower95", "from (95 %)"),
                ("cx_art:upper95", "to (95 %)"),
            ],
            low=0,
            high=100,
            decimals=0,
        ),
        Panel(
            "Satisfaction by aspect",
            f"CSAT answers. {INDEXES[_INDEX].meaning}",
            [Query(_of(promql.ratio, "", "aspect"), "{{aspect}}")],
            "bargauge",
            low=0,
            high=100,
            decimals=0,
        ),
        Panel(
            "Answers by aspect",
            "Answers within the window. The mean of few of them says little.",
            [Query(chosen(promql.total(_PLACED % "")(["aspect"])), "{{aspect}}")],
            low=0,
        ),
    ),
)
ACCESS = Row(
    "Access: could I reach somebody?",
    (
        _said("access", "How easily and how soon customers say they reached somebody."),
        index_panel(
            "Service level",
            [("cx_service_level:ratio_offered", "offered")],
            steps=GOOD_ABOVE_80,
            links=(Link("cx-service-today", "Service level"),),
            **SHARE,
        ),
        index_panel(
            "Abandoned",
            [("cx_abandonment:ratio", "abandoned")],
            links=(Link("cx-service-today", "First response time"),),
            **SHARE,
        ),
    ),
)
RESOLUTION = Row(
    "Resolution: was it solved?",
    (
        _said("resolution", "Whether customers say that it was solved."),
        index_panel(
            "FCR, settled",
            [("cx_fcr:ratio_settled", "settled")],
            steps=GOOD_ABOVE_80,
            links=(Link("cx-root-causes", "Excess repeats by reason"),),
            **SHARE,
        ),
        Panel(
            "Reopened, transferred",
            "\n\n".join(
                INDEXES[name].meaning for name in ("cx_reopened:ratio", "cx_transferred:ratio")
            ),
            [
                of_index("cx_reopened:ratio", "reopened ÷ closed"),
                of_index("cx_transferred:ratio", "transferred"),
            ],
            unit="percentunit",
            low=0,
            decimals=1,
        ),
    ),
)
TREATMENT = Row(
    "Treatment: how was I treated?",
    (
        _said("treatment", "How customers say they were treated."),
        index_panel(
            "Evaluation score",
            [("cx_evaluation_score:mean", "score")],
            note=_OF_EVALUATIONS,
            low=0,
            high=100,
            decimals=0,
        ),
        index_panel(
            "Net emotional value",
            [("cx_emotion:nev", "NEV")],
            note=_OF_EVALUATIONS,
            low=-10,
            high=10,
            decimals=1,
        ),
    ),
)
MONITORING = Row(
    "Quality monitoring",
    (
        index_panel(
            "Fatal errors",
            [
                ("cx_evaluations:ratio_fatal", "fatal"),
                ("cx_evaluations:ratio_fatal_lower95", "from (95 %)"),
                ("cx_evaluations:ratio_fatal_upper95", "to (95 %)"),
            ],
            note=_OF_EVALUATIONS,
            links=(Runbook("CxFatalErrorsHigh"),),
            **SHARE,
        ),
        index_panel(
            "Errors an evaluation",
            [
                ("cx_evaluation_errors:fatal_per_evaluation", "fatal"),
                ("cx_evaluation_errors:nonfatal_per_evaluation", "nonfatal"),
            ],
            note=_OF_EVALUATIONS,
            low=0,
            decimals=2,
        ),
        Panel(
            "Evaluations",
            f"Evaluations within the window by what they found. {_OF_EVALUATIONS}",
            [Query(chosen("sum by (result) (cx_window_evaluations)"), "{{result}}")],
            low=0,
        ),
    ),
)
QUALITY = Dashboard(
    "cx-quality",
    "Quality and loyalty",
    "What customers say of each thing they expect, beside the operating numbers it goes with.",
    (ALL, ACCESS, RESOLUTION, TREATMENT, MONITORING),
    (CHANNEL, QUEUE, WINDOW, REPEAT_WINDOW),
    since="now-7d",
)
