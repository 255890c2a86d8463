"""CONTRACT 1.1 and 2: which of two events for one part stands, and parts without their contact."""

from __future__ import annotations

from typing import Final

from tests.rules.life_cases import (
    AGAIN,
    BACKLOG,
    CLOSED,
    DONE,
    UPDATES,
    WAITING,
    A,
    life,
    once_closed,
)
from tests.rules.notation import Case, answered, resolved, responded, started, updated

VERSIONS: Final = (
    life(
        "the higher version stands, whatever the times",
        [A, resolved("a", "09:00", outcome="abandoned", version=1), resolved("a", "11:00")],
        once_closed("abandoned"),
    ),
    life(
        "a start can be corrected to an earlier time by its version",
        [A, started("a", "07:00", version=2)],
        {"cx_backlog_oldest_age_seconds": 5 * 3600},
    ),
    life(
        "of equal versions the later time stands",
        [
            A,
            resolved("a", "09:00", version=3),
            resolved("a", "10:00", version=3, outcome="unresolved"),
        ],
        once_closed("unresolved"),
    ),
    life(
        "at equal times the fixed order decides: void is the greatest",
        [A, resolved("a", "09:00", outcome="void"), resolved("a", "09:00", outcome="abandoned")],
        {f"{CLOSED}void": 1},
    ),
    life(
        "an answer of a higher version stands though it is earlier",
        [
            *(A, answered("a", "09:00", "csat", 2, version=1)),
            answered("a", "10:00", "csat", 5),
        ],
        {"cx_window_survey_answers survey=csat score=2": 1},
    ),
    life(
        "of updates at one time each field is that of the highest version that has it",
        [
            A,
            updated("a", "09:00", queue="q", status="waiting", version=1),
            updated("a", "09:00", queue="p", status="open"),
            updated("a", "09:00", queue="o", version=2),
        ],
        {f"{BACKLOG} queue=o": 1, f"{WAITING} queue=o": 1},
    ),
    life(
        "of updates of one time and version the fixed order decides, field by field",
        [
            *(A, DONE, updated("a", "10:00", status="open", by="system", queue="q")),
            updated("a", "10:00", status="waiting", by="customer"),
        ],
        {f"{BACKLOG} queue=q": 1, f"{WAITING} queue=q": 1, f"{AGAIN}customer queue=q": 1},
    ),
    life(
        "the same again is a duplicate, another version is not",
        [A, A, started("a", "08:00", version=0), started("a", "08:00", version=1)],
        {
            "cx_pipeline_events_total topic=contact-started result=accepted": 2,
            "cx_pipeline_events_total topic=contact-started result=duplicate": 2,
        },
    ),
)
ORPHANS: Final = (
    Case(
        "parts without their contact wait for it",
        [
            *(updated("a", "09:00", queue="q"), updated("a", "10:00", status="open")),
            *(resolved("a", "09:30"), responded("a", "09:10"), answered("a", "10:00", "csat", 4)),
        ],
        "12:00",
        {
            "cx_pipeline_waiting_parts type=contact-updated": 2,
            "cx_pipeline_waiting_parts type=contact-resolved": 1,
            "cx_pipeline_waiting_parts type=contact-responded": 1,
            "cx_pipeline_waiting_parts type=survey-answered": 1,
            "cx_pipeline_orphans_total": 0,
        },
        UPDATES | {"contact_responded": True},
    ),
    Case(
        "an update without its contact leaves after the retention",
        [updated("a", "04 09:00", queue="q")],
        "05 11:00:30",
        {"cx_pipeline_orphans_total type=contact-updated": 1, "cx_pipeline_waiting_parts": 0},
        UPDATES,
    ),
)
CASES: Final = (*VERSIONS, *ORPHANS)
