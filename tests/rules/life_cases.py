"""CONTRACT 1.1, the life of a contact: waiting, closed, opened again, expired; and versions."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.notation import (
    Case,
    reopened,
    resolved,
    responded,
    started,
    updated,
    waiting,
)

UPDATES: Final[dict[str, Any]] = {"contact_updated": True}
CLOSED: Final = "cx_window_contacts_closed outcome="
AGAIN: Final = "cx_window_contacts_reopened by="
BACKLOG: Final = "cx_backlog_contacts"
WAITING: Final = "cx_backlog_waiting_contacts"
A: Final = started("a", "08:00")
DONE: Final = resolved("a", "09:00")


def life(rule: str, lines: list[bytes], expected: dict[str, float], **given: Any) -> Case:
    """As it stands at 12:00."""
    return Case(rule, lines, "12:00", expected, UPDATES | given)


def once_closed(outcome: str = "resolved") -> dict[str, float]:
    return {f"{CLOSED}{outcome}": 1, "cx_window_contacts_reopened": 0, BACKLOG: 0}


OPENED_AGAIN: Final = (
    life(
        "a status after a closing opens the contact again, and the closing stays counted",
        [A, DONE, reopened("a", "10:00")],
        {f"{CLOSED}resolved": 1, f"{AGAIN}customer": 1, BACKLOG: 1, WAITING: 0},
    ),
    life(
        "a contact opened again is as old as its start",
        [A, DONE, reopened("a", "10:00")],
        {"cx_backlog_oldest_age_seconds": 4 * 3600},
    ),
    life(
        "a contact may be opened again as waiting",
        [A, DONE, waiting("a", "10:00", by="system")],
        {f"{AGAIN}system": 1, BACKLOG: 1, WAITING: 1},
    ),
    life(
        "who opens it is an agent unless told otherwise",
        [A, DONE, updated("a", "10:00", status="open")],
        {f"{AGAIN}agent": 1},
    ),
    life(
        "only the first status after a closing opens it again",
        [A, DONE, reopened("a", "10:00"), reopened("a", "10:30", "agent")],
        {f"{AGAIN}customer": 1},
    ),
    life(
        "every closing and every reopening counts: backlog = started + reopened - closed",
        [
            *(A, DONE, reopened("a", "09:30"), resolved("a", "10:00", outcome="unresolved")),
            *(reopened("a", "10:30"), resolved("a", "11:00"), reopened("a", "11:30", "agent")),
        ],
        {
            "cx_window_contacts_started": 1,
            f"{CLOSED}resolved": 2,
            f"{CLOSED}unresolved": 1,
            f"{AGAIN}customer": 2,
            f"{AGAIN}agent": 1,
            BACKLOG: 1,
        },
    ),
    life(
        "labels alone do not open a contact again",
        [A, DONE, updated("a", "10:00", queue="q", by="customer")],
        once_closed(),
    ),
    life(
        "of a resolution and a status at one time the status comes first",
        [A, reopened("a", "09:00"), DONE],
        once_closed(),
    ),
    life(
        "a status a microsecond after the resolution opens it again",
        [A, DONE, reopened("a", "09:00:00.000001")],
        {f"{AGAIN}customer": 1, BACKLOG: 1},
    ),
    life(
        "a status before the start counts as at it",
        [A, waiting("a", "07:00")],
        {BACKLOG: 1, WAITING: 1, "cx_window_resolution_counted_seconds_count": 0},
    ),
    life(
        "statuses before the start keep their own order",
        [A, reopened("a", "07:30"), waiting("a", "07:00")],
        {BACKLOG: 1, WAITING: 0},
    ),
    life(
        "a status before a resolution before the start opens it again at the start",
        [A, resolved("a", "07:30"), reopened("a", "07:00")],
        {f"{CLOSED}resolved": 1, f"{AGAIN}customer": 1, BACKLOG: 1},
    ),
    life(
        "resolutions with no status between them are one closing, the latest of them",
        [A, resolved("a", "11:00", outcome="unresolved"), DONE],
        once_closed("unresolved"),
    ),
    life(
        "a correction of a resolution cannot cross a status",
        [A, DONE, reopened("a", "09:30"), resolved("a", "11:00", outcome="unresolved")],
        {f"{CLOSED}resolved": 1, f"{CLOSED}unresolved": 1, f"{AGAIN}customer": 1},
    ),
    life(
        "a contact that is open again has no outcome: no resolution, replies or transfers",
        [A, resolved("a", "09:00", agent_replies=1, transfers=1), reopened("a", "10:00")],
        {
            "cx_window_resolution_seconds_count": 0,
            "cx_window_agent_replies_count": 0,
            "cx_window_one_touch_contacts": 0,
            "cx_window_transferred_contacts": 0,
            f"{CLOSED}resolved": 1,
        },
    ),
    life(
        "the resolution time is that of the last closing",
        [A, DONE, reopened("a", "10:00"), resolved("a", "11:00")],
        {"cx_window_resolution_seconds_sum": 3 * 3600, "cx_window_resolution_seconds_count": 1},
    ),
    life(
        "handle time is of every closing, all else of the last one",
        [
            *(A, resolved("a", "09:00", handle_seconds=60, agent_replies=9, transfers=1)),
            *(reopened("a", "10:00"), resolved("a", "11:00", handle_seconds=30, agent_replies=1)),
        ],
        {
            "cx_window_handle_seconds_sum": 90,
            "cx_window_handle_seconds_count": 2,
            "cx_window_agent_replies_sum": 1,
            "cx_window_agent_replies_count": 1,
            "cx_window_one_touch_contacts": 1,
            "cx_window_transferred_contacts": 0,
        },
    ),
    life(
        "the first response is the earliest of those that standing closings give",
        [
            *(A, resolved("a", "09:00", first_response_at="08:02")),
            *(reopened("a", "10:00"), resolved("a", "11:00", first_response_at="08:01")),
        ],
        {"cx_window_first_response_seconds_sum": 60, "cx_window_first_response_seconds_count": 1},
    ),
    life(
        "of a resolution that does not stand no first response is known",
        [A, resolved("a", "09:00", first_response_at="08:01"), resolved("a", "10:00")],
        {"cx_window_first_response_seconds_count": 0, f"{CLOSED}resolved": 1},
    ),
    life(
        "reopenings are final after the lateness, by their own time",
        [A, DONE, reopened("a", "11:59:30"), responded("a", "11:59")],
        {"cx_contacts_reopened_total by=customer": 1},
        contact_responded=True,
    ),
    life(
        "a reopening is not final before the lateness",
        [A, DONE, reopened("a", "11:59:30.000001")],
        {"cx_contacts_reopened_total": 0, f"{AGAIN}customer": 1},
    ),
    life(
        "outbound contacts are not reopened either",
        [started("a", "08:00", direction="outbound"), DONE, reopened("a", "10:00")],
        {"cx_window_contacts_reopened": 0, "cx_window_contacts_closed": 0, BACKLOG: 0},
    ),
    Case(
        "updates are not read unless they are asked for",
        [A, DONE, reopened("a", "10:00")],
        "12:00",
        {
            f"{CLOSED}resolved": 1,
            BACKLOG: 0,
            "cx_pipeline_events_total topic=contact-started result=accepted": 1,
            "cx_pipeline_events_total topic=contact-resolved result=accepted": 1,
            "cx_pipeline_events_total topic=unknown result=invalid": 1,
        },
    ),
    life(
        "bot-resolved is what a bot closed as resolved, last",
        [
            *(A, resolved("a", "09:00", resolved_by="bot")),
            *(started("b", "08:00"), resolved("b", "09:00", resolved_by="bot")),
            *(reopened("b", "10:00"), resolved("b", "11:00", resolved_by="agent")),
            started("c", "08:00"),
            resolved("c", "09:00", resolved_by="bot", outcome="unresolved"),
        ],
        {"cx_window_bot_resolved_contacts": 1},
    ),
)
EXPIRED: Final = (
    life(
        "it expires after the horizon since it was opened last",
        [A, DONE, reopened("a", "10:00")],
        {f"{CLOSED}resolved": 1, f"{CLOSED}expired": 1, BACKLOG: 0},
        open_horizon=7200,
    ),
    life(
        "before that it is open",
        [A, DONE, reopened("a", "10:00:00.000001")],
        {f"{CLOSED}resolved": 1, BACKLOG: 1},
        open_horizon=7200,
    ),
    life(
        "a status while it is open does not put its expiry off",
        [A, waiting("a", "09:00")],
        {f"{CLOSED}expired": 1, BACKLOG: 0},
        open_horizon=7200,
    ),
    life(
        "a status later than the expiry opens it again",
        [A, reopened("a", "10:00:00.000001")],
        {f"{CLOSED}expired": 1, f"{AGAIN}customer": 1, BACKLOG: 1},
        open_horizon=7200,
    ),
    life(
        "a status at the moment of the expiry is not later",
        [A, reopened("a", "10:00")],
        {f"{CLOSED}expired": 1, "cx_window_contacts_reopened": 0, BACKLOG: 0},
        open_horizon=7200,
    ),
    life(
        "a later resolution takes the place of the expiry",
        [A, resolved("a", "11:00")],
        once_closed(),
        open_horizon=7200,
    ),
    life(
        "it does not where a status has opened it again before",
        [A, reopened("a", "10:30"), resolved("a", "11:00")],
        {f"{CLOSED}expired": 1, f"{CLOSED}resolved": 1, f"{AGAIN}customer": 1, BACKLOG: 0},
        open_horizon=7200,
    ),
)
CASES: Final = (*OPENED_AGAIN, *EXPIRED)
