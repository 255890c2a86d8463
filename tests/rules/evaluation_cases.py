"""CONTRACT 1.1 and 3, evaluations: their parts, labels and results."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.notation import Case, evaluated, reopened, resolved, started, updated

ON: Final[dict[str, Any]] = {"contact_evaluated": True, "contact_updated": True}
RESULT: Final = "cx_window_evaluations result="
COUNTED: Final = "cx_evaluations_total result="
ERRORS: Final = "cx_window_evaluation_errors severity="
EVENTS: Final = "cx_pipeline_events_total topic=contact-evaluated result="


def judged(rule: str, lines: list[bytes], expected: dict[str, float], at: str = "12:00") -> Case:
    return Case(rule, lines, at, expected, ON)


PARTS: Final = (
    judged(
        "evaluations are told apart by their id, absent being an id of its own",
        [
            started("a", "08:00"),
            evaluated("a", "09:00"),
            evaluated("a", "09:00", evaluation_id="p"),
            evaluated("a", "10:00", evaluation_id="q", fatal_errors=1),
        ],
        {f"{RESULT}clean": 2, f"{RESULT}fatal": 1, f"{COUNTED}clean": 2, f"{COUNTED}fatal": 1},
    ),
    judged(
        "of two evaluations of one id the later one stands",
        [
            started("a", "08:00"),
            evaluated("a", "10:00", nonfatal_errors=1),
            evaluated("a", "09:00", fatal_errors=1),
        ],
        {f"{RESULT}nonfatal": 1, f"{ERRORS}nonfatal": 1},
    ),
    judged(
        "the higher version of an evaluation stands, whatever the times",
        [
            started("a", "08:00"),
            evaluated("a", "10:00", nonfatal_errors=1),
            evaluated("a", "09:00", fatal_errors=1, version=1),
        ],
        {f"{RESULT}fatal": 1, f"{ERRORS}fatal": 1},
    ),
    judged(
        "the same evaluation again is a duplicate, and errors left out are none",
        [
            evaluated("a", "10:00", fatal_errors=0),
            evaluated("a", "10:00", event_id="again"),
        ],
        {f"{EVENTS}accepted": 1, f"{EVENTS}duplicate": 1},
    ),
)
RESULTS: Final = (
    judged(
        "an evaluation with fatal errors is fatal, whatever else; errors are added up",
        [
            started("a", "08:00"),
            evaluated("a", "09:00", fatal_errors=2, nonfatal_errors=3),
            evaluated("a", "09:00", nonfatal_errors=4, evaluation_id="p"),
        ],
        {
            f"{RESULT}fatal": 1,
            f"{RESULT}nonfatal": 1,
            f"{ERRORS}fatal": 2,
            f"{ERRORS}nonfatal": 7,
        },
    ),
    judged(
        "scores are of the evaluations that have one",
        [
            started("a", "08:00"),
            evaluated("a", "09:00", score=87.5),
            evaluated("a", "09:00", score=0, evaluation_id="p"),
            evaluated("a", "09:00", evaluation_id="q"),
        ],
        {
            "cx_window_evaluation_score_sum window=24h": 87.5,
            "cx_window_evaluation_score_count window=24h": 2,
        },
    ),
    judged(
        "emotions are of the evaluations that have both",
        [
            started("a", "08:00"),
            evaluated("a", "09:00", positive=7.25, negative=2),
            evaluated("a", "09:00", positive=0, negative=10, evaluation_id="p"),
            evaluated("a", "09:00", positive=9, evaluation_id="q"),
        ],
        {
            "cx_window_emotion_positive_sum window=24h": 7.25,
            "cx_window_emotion_negative_sum window=24h": 12,
            "cx_window_emotion_count window=24h": 2,
        },
    ),
    judged(
        "an evaluation belongs to the window of its own time",
        [
            started("a", "03 08:00"),
            evaluated("a", "03 09:00"),
            evaluated("a", "04 12:15", evaluation_id="p"),
        ],
        {f"{RESULT}clean": 1, f"{COUNTED}clean": 2},
    ),
)
WHOSE: Final = (
    judged(
        "an evaluation needs only itself: its labels are unknown until the start is known",
        [evaluated("a", "09:00")],
        {f"{RESULT}clean channel=unknown queue=unknown": 1},
    ),
    judged(
        "before a closing an evaluation has the labels now",
        [
            started("a", "08:00", queue="q"),
            evaluated("a", "09:00"),
            updated("a", "10:00", queue="p"),
        ],
        {f"{RESULT}clean queue=p": 1},
    ),
    judged(
        "an evaluation has the labels of the last closing",
        [
            started("a", "08:00", queue="q"),
            evaluated("a", "09:00"),
            resolved("a", "10:00", queue="p"),
            updated("a", "11:00", queue="r"),
        ],
        {f"{RESULT}clean queue=p": 1, f"{COUNTED}clean queue=p": 1},
    ),
    judged(
        "an evaluation has the labels of the last closing also while the contact is open again",
        [
            started("a", "08:00", queue="q"),
            resolved("a", "09:00", queue="p"),
            evaluated("a", "09:30"),
            reopened("a", "10:00", queue="r"),
        ],
        {f"{RESULT}clean queue=p": 1},
    ),
    Case(
        "an expiry is a closing: evaluations of what expired, open again, have the labels it had",
        [
            started("a", "04 12:00", queue="q"),
            resolved("a", "04 13:00", queue="p"),
            reopened("a", "04 14:00", queue="r"),
            evaluated("a", "09:00"),
        ],
        "12:00",
        {f"{RESULT}clean queue=r": 1, f"{COUNTED}clean queue=r": 1},
        {**ON, "open_horizon": 20 * 3600},
    ),
    judged(
        "evaluations of void contacts do not count",
        [started("a", "08:00"), evaluated("a", "09:00"), resolved("a", "10:00", outcome="void")],
        {"cx_window_evaluations": 0, "cx_evaluations_total": 0},
    ),
    judged(
        "evaluations of outbound contacts do not count",
        [started("a", "08:00", direction="outbound"), evaluated("a", "09:00")],
        {"cx_window_evaluations": 0, "cx_evaluations_total": 0},
    ),
    judged(
        "without its start a void closing is none yet: evaluations count as unknown until then",
        [evaluated("a", "09:00"), resolved("a", "10:00", outcome="void")],
        {f"{RESULT}clean channel=unknown queue=unknown": 1, "cx_window_contacts_closed": 0},
    ),
    judged(
        "an evaluation of a contact that has not been seen waits",
        [evaluated("a", "09:00")],
        {"cx_pipeline_waiting_parts type=contact-evaluated": 1},
    ),
    Case(
        "an evaluation whose contact is never seen leaves after the retention, as an orphan",
        [evaluated("a", "01 09:00")],
        "05 12:00",
        {"cx_pipeline_orphans_total type=contact-evaluated": 1},
        ON,
    ),
)
CASES: Final = (*PARTS, *RESULTS, *WHOSE)
