"""CONTRACT 1.1: a contact that was none (merged, spam, a test) states one fact only."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.notation import Case, answered, reopened, resolved, started

UPDATES: Final[dict[str, Any]] = {"contact_updated": True, "teams": True}
VOID: Final = {"outcome": "void"}
C: Final = (started("c", "08:00"), resolved("c", "09:00"))


def void(rule: str, lines: list[bytes], expected: dict[str, float], **given: Any) -> Case:
    return Case(rule, lines, "18:00", expected, UPDATES | given)


CASES: Final = (
    void(
        "a void contact counts as closed, and nowhere else",
        [
            started("a", "10:00"),
            resolved(
                *("a", "10:30"),
                **VOID,
                first_response_at="10:00:01",
                handle_seconds=5,
                agent_replies=1,
                transfers=1,
                team="red",
                resolved_by="bot",
            ),
            answered("a", "11:00", "csat", 1, issue_resolved=False),
        ],
        {
            "cx_window_contacts_closed outcome=void": 1,
            "cx_contacts_closed_total outcome=void": 1,
            "cx_window_contacts_started": 0,
            "cx_contacts_started_total": 0,
            "cx_window_first_response_seconds_count": 0,
            "cx_window_resolution_seconds_count": 0,
            "cx_window_handle_seconds_count": 0,
            "cx_window_agent_replies_count": 0,
            "cx_window_transferred_contacts": 0,
            "cx_window_bot_resolved_contacts": 0,
            "cx_window_fcr_contacts": 0,
            "cx_window_sla_contacts": 0,
            "cx_window_survey_answers": 0,
            "cx_window_survey_index_count": 0,
            "cx_window_issue_resolved_answers": 0,
            "cx_window_team_contacts_closed": 0,
            "cx_window_team_handle_seconds_count": 0,
            "cx_backlog_contacts": 0,
        },
    ),
    void(
        "what it was before is gone with it: only its last closing is told",
        [
            *(started("a", "10:00"), resolved("a", "10:30", handle_seconds=9)),
            *(reopened("a", "11:00"), resolved("a", "11:30", handle_seconds=9, **VOID)),
        ],
        {
            "cx_window_contacts_closed outcome=void": 1,
            "cx_window_contacts_reopened": 0,
            "cx_window_handle_seconds_count": 0,
        },
    ),
    void(
        "opened again it is a contact like any",
        [started("a", "10:00"), resolved("a", "10:30", **VOID), reopened("a", "11:00")],
        {
            "cx_window_contacts_started": 1,
            "cx_window_contacts_closed outcome=void": 1,
            "cx_window_contacts_reopened by=customer": 1,
            "cx_backlog_contacts": 1,
        },
    ),
    void(
        "void after the fact takes back what was said",
        [started("a", "10:00"), resolved("a", "10:30"), resolved("a", "12:00", **VOID)],
        {"cx_window_contacts_closed outcome=void": 1, "cx_window_fcr_contacts": 0},
    ),
    void(
        "a void contact is no repeat",
        [*C, started("r", "10:00"), resolved("r", "10:01", **VOID)],
        {"cx_window_repeat_contacts": 0, "cx_window_fcr_contacts result=resolved_first_time": 1},
    ),
    void(
        "a void contact has no repeat, also not one that names it",
        [
            *(started("c", "08:00"), resolved("c", "09:00", **VOID)),
            *(started("r", "10:00", previous_contact_id="c"), resolved("r", "10:01")),
        ],
        {"cx_window_repeat_contacts": 0, "cx_window_fcr_contacts result=resolved_first_time": 1},
    ),
    void(
        "an outbound contact counts as started, void or not",
        [started("a", "10:00", direction="outbound"), resolved("a", "10:30", **VOID)],
        {"cx_window_contacts_started direction=outbound": 1, "cx_window_contacts_closed": 0},
    ),
    void(
        "no duration of a void contact is an anomaly",
        [started("a", "10:00"), resolved("a", "09:30", **VOID)],
        {"cx_pipeline_anomalies_total": 0, "cx_window_contacts_closed outcome=void": 1},
    ),
)
