"""CONTRACT 1 and 3, survey answers: ids, aspects, scales, and the satisfaction index."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.notation import Case, answered, started

ANSWERS: Final = "cx_window_survey_answers"
SUM: Final = "cx_window_survey_index_sum survey="
COUNT: Final = "cx_window_survey_index_count survey="
EVENTS: Final = "cx_pipeline_events_total topic=survey-answered result="


def surveyed(rule: str, answers: list[bytes], expected: dict[str, float]) -> Case:
    return Case(rule, [started("a", "08:00"), *answers], "12:00", expected)


def index(rule: str, survey: str, score: int, expected: float, **fields: Any) -> Case:
    answer = answered("a", "09:00", survey, score, **fields)
    return surveyed(rule, [answer], {f"{SUM}{survey}": expected, f"{COUNT}{survey}": 1})


def refused(rule: str, survey: str, score: int, **fields: Any) -> Case:
    answer = answered("a", "09:00", survey, score, **fields)
    return Case(rule, [answer], "12:00", {f"{EVENTS}invalid": 1})


PARTS: Final = (
    surveyed(
        "surveys of one type are told apart by their id, absent being one of its own",
        [
            answered("a", "09:00", "csat", 1),
            answered("a", "10:00", "csat", 2, survey_id="p"),
            answered("a", "11:00", "csat", 3, survey_id="q"),
        ],
        {f"{ANSWERS} survey=csat score={score}": 1.0 for score in (1, 2, 3)},
    ),
    surveyed(
        "a later answer to the same survey replaces the former",
        [
            answered("a", "09:00", "csat", 1, survey_id="p"),
            answered("a", "10:00", "csat", 2, survey_id="p"),
        ],
        {f"{ANSWERS} survey=csat score=2": 1, f"{COUNT}csat": 1},
    ),
    surveyed(
        "aspects are parts of their own, and only the overall one counts by score",
        [
            answered("a", "09:00", "csat", 1, aspect="access"),
            answered("a", "09:00", "csat", 2, aspect="resolution"),
            answered("a", "09:00", "csat", 3, aspect="treatment"),
            answered("a", "09:00", "csat", 5),
        ],
        {
            f"{ANSWERS} survey=csat score=5": 1,
            f"{SUM}csat aspect=access": 0,
            f"{SUM}csat aspect=resolution": 25,
            f"{SUM}csat aspect=treatment": 50,
            f"{SUM}csat": 100,
        },
    ),
    surveyed(
        "an answer on another scale counts in the index alone",
        [answered("a", "09:00", "csat", 3, scale=3), answered("a", "09:00", "ces", 5, scale=5)],
        {ANSWERS: 0, f"{SUM}csat": 100, f"{SUM}ces": 100},
    ),
    surveyed(
        "the usual scale may be told",
        [answered("a", "09:00", "csat", 3, scale=5), answered("a", "09:00", "ces", 7, scale=7)],
        {f"{ANSWERS} survey=csat score=3": 1, f"{ANSWERS} survey=ces score=7": 1},
    ),
    surveyed(
        "whether the issue was resolved counts of any aspect and scale",
        [
            answered("a", "09:00", "csat", 3, aspect="access", issue_resolved=True),
            answered("a", "09:00", "ces", 2, scale=3, issue_resolved=False),
        ],
        {f"cx_window_issue_resolved_answers answer={said}": 1.0 for said in ("yes", "no")},
    ),
)
INDEX: Final = (
    index("the index of the least grade is 0", "csat", 1, 0),
    index("the index of the middle grade is 50", "csat", 3, 50),
    index("the index of ces is of seven grades", "ces", 3, 33.333),
    index("the index is rounded to a thousandth, half up", "csat", 3, 66.667, scale=4),
    index("the index of ten grades", "csat", 2, 11.111, scale=10),
    index("the index of two grades", "ces", 2, 100, scale=2),
    index("the index of nps is ten times the score", "nps", 7, 70),
    surveyed(
        "each answer is rounded before they are added up",
        [answered("a", "09:00", "csat", 3, scale=4, survey_id=it) for it in "pqr"],
        {f"{SUM}csat": 200.001, f"{COUNT}csat": 3},
    ),
)
REFUSED: Final = (
    refused("a score above its scale is refused", "csat", 4, scale=3),
    refused("a score of the usual scale is refused above a smaller one", "ces", 7, scale=5),
    refused("nps has no scale", "nps", 7, scale=10),
    refused("a scale has two grades at least", "csat", 1, scale=1),
    refused("a scale has ten grades at most", "csat", 1, scale=11),
    refused("an aspect is one of four", "csat", 1, aspect="price"),
)
CASES: Final = (*PARTS, *INDEX, *REFUSED)
