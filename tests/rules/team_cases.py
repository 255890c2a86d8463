"""CONTRACT 3, teams: by the team of the closing that a fact belongs to, of surveys the last one."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.notation import Case, answered, reopened, resolved, started

TEAMS: Final[dict[str, Any]] = {"contact_updated": True, "teams": True}
CLOSED: Final = "cx_window_team_contacts_closed"
HANDLED: Final = "cx_window_team_handle_seconds"
ANSWERS: Final = "cx_window_team_survey_answers"
#: What the contact of all these cases says by itself.
OWN: Final = {f"{ANSWERS} team=blue survey=csat score=2": 1}
LINES: Final = (
    started("a", "08:00"),
    resolved("a", "09:00", team=" red ", handle_seconds=60),
    reopened("a", "10:00"),
    resolved("a", "11:00", team="blue", handle_seconds=30, outcome="unresolved"),
    answered("a", "11:30", "csat", 2),
)


def by_team(rule: str, lines: list[bytes], expected: dict[str, float], **given: Any) -> Case:
    return Case(rule, [*LINES, *lines], "18:00", expected, TEAMS | given)


CASES: Final = (
    by_team(
        "closings, handle time and answers belong to the team of their closing",
        [],
        {
            f"{CLOSED} team=red outcome=resolved": 1,
            f"{CLOSED} team=blue outcome=unresolved": 1,
            f"{HANDLED}_sum team=red": 60,
            f"{HANDLED}_sum team=blue": 30,
            f"{HANDLED}_count team=red": 1,
            f"{HANDLED}_count team=blue": 1,
            f"{ANSWERS} team=blue survey=csat score=2": 1,
        },
    ),
    by_team(
        "FCR belongs to the team of the first closing",
        [],
        {"cx_window_team_fcr_contacts team=red result=repeated": 1},
    ),
    by_team(
        "opened again its answers stay with the team of the last closing",
        [reopened("a", "12:00")],
        {f"{ANSWERS} team=blue survey=csat score=2": 1},
    ),
    by_team(
        "an expiry is the closing of no team, and its answers are no team's",
        [reopened("a", "12:00")],
        {
            f"{ANSWERS} team=none survey=csat score=2": 1,
            f"{CLOSED} team=none outcome=expired": 1,
            f"{CLOSED} team=red outcome=resolved": 1,
            f"{CLOSED} team=blue outcome=unresolved": 1,
        },
        open_horizon=6 * 3600,
    ),
    by_team(
        "answers of a contact that was never closed are no team's",
        [started("b", "09:00", customer="y"), answered("b", "10:00", "nps", 9, customer="y")],
        {f"{ANSWERS} team=none survey=nps score=9": 1, **OWN},
    ),
    by_team(
        "answers about an unknown contact are of an unknown team",
        [answered("u", "10:00", "nps", 9)],
        {f"{ANSWERS} team=unknown survey=nps score=9": 1, **OWN},
    ),
    by_team(
        "teams are not told unless they are asked for", [], {CLOSED: 0, ANSWERS: 0}, teams=False
    ),
)
