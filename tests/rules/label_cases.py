"""CONTRACT 1.1, labels at a time: those of the start, overlaid by the updates up to then."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.notation import (
    Case,
    answered,
    in_state,
    reopened,
    resolved,
    responded,
    started,
    updated,
)

UPDATES: Final[dict[str, Any]] = {"contact_updated": True, "contact_responded": True}
#: In `qs` from its start, in `q1` from 09:00, in `q2` from 10:00.
MOVED: Final = (
    started("a", "08:00", queue="qs", reason="rs"),
    updated("a", "09:00", queue="q1", reason="r1"),
    updated("a", "10:00", queue="q2", reason="r2"),
)


def labelled(rule: str, lines: list[bytes], expected: dict[str, float], **given: Any) -> Case:
    return Case(rule, [*MOVED, *lines], "18:00", expected, UPDATES | given)


PLACES: Final = (
    Case(
        "teams of agents and of contacts share the places of their dimension, in order of arrival",
        [
            started("a", "08:00"),
            in_state("busy", "09:00", team="x"),
            resolved("a", "10:00", team="y"),
        ],
        "12:00",
        {
            "cx_agents state=busy team=x": 1,
            "cx_window_team_contacts_closed outcome=resolved team=other": 1,
            "cx_pipeline_label_overflow_total dimension=team": 1,
        },
        {"agents": True, "teams": True, "max_label_values": 1},
    ),
)
MOMENTS: Final = (
    labelled(
        "started facts have the labels at the start",
        [],
        {"cx_window_contacts_started queue=qs": 1},
    ),
    labelled(
        "an update at or before the start belongs to the labels at the start",
        [updated("a", "08:00", queue="q0")],
        {"cx_window_contacts_started queue=q0": 1},
    ),
    labelled(
        "the backlog has the labels now",
        [],
        {
            "cx_backlog_contacts queue=q2": 1,
            "cx_backlog_oldest_age_seconds queue=q2": 36_000,
            "cx_sla_open_contacts queue=q2 target=resolution state=breached": 1,
            "cx_sla_open_contacts queue=q2 target=first_response state=breached": 1,
        },
    ),
    labelled(
        "a first response has the labels at its time",
        [responded("a", "09:59:59.999999")],
        {"cx_window_first_response_seconds_count queue=q1": 1},
    ),
    labelled(
        "a first response at the moment of an update has its labels",
        [responded("a", "10:00")],
        {"cx_window_first_response_seconds_count queue=q2": 1},
    ),
    labelled(
        "a breach has the labels at the due moment",
        [],
        {
            "cx_window_sla_contacts queue=qs target=first_response result=breached": 1,
            "cx_window_sla_contacts queue=q2 target=resolution result=breached": 1,
        },
    ),
    labelled(
        "a target met has the labels at its time, whatever the resolution says",
        [resolved("a", "09:30", queue="qe"), responded("a", "08:00:20")],
        {
            "cx_window_sla_contacts queue=q1 target=resolution result=met": 1,
            "cx_window_sla_contacts queue=qs target=first_response result=met": 1,
        },
    ),
    labelled(
        "a closing has the labels at its time, overlaid by what the resolution gives",
        [resolved("a", "09:30", reason="re", handle_seconds=5, agent_replies=1, transfers=1)],
        {
            "cx_window_contacts_closed queue=q1 outcome=resolved": 1,
            "cx_window_resolution_seconds_count queue=q1": 1,
            "cx_window_handle_seconds_sum queue=q1": 5,
            "cx_window_agent_replies_sum queue=q1": 1,
            "cx_window_transferred_contacts queue=q1": 1,
            "cx_window_fcr_contacts queue=q1 reason=re result=resolved_first_time": 1,
        },
    ),
    labelled(
        "each closing and each reopening has its own labels",
        [
            *(resolved("a", "08:30"), reopened("a", "09:30"), resolved("a", "11:00", queue="qe")),
            reopened("a", "12:00", "agent"),
        ],
        {
            "cx_window_contacts_closed queue=qs outcome=resolved": 1,
            "cx_window_contacts_reopened queue=q1 by=customer": 1,
            "cx_window_contacts_closed queue=qe outcome=resolved": 1,
            "cx_window_contacts_reopened queue=q2 by=agent": 1,
        },
    ),
    labelled(
        "answers have the labels of the last closing while it is closed",
        [resolved("a", "09:30", queue="qe"), answered("a", "11:00", "csat", 4)],
        {"cx_window_survey_answers queue=qe survey=csat score=4": 1},
    ),
    labelled(
        "answers have the labels now while it is open",
        [resolved("a", "09:30"), reopened("a", "09:40"), answered("a", "09:50", "csat", 4)],
        {"cx_window_survey_answers queue=q2 survey=csat score=4": 1},
    ),
    labelled(
        "an expired contact has the labels at its expiry",
        [],
        {"cx_window_contacts_closed queue=q1 outcome=expired": 1},
        open_horizon=7199,
    ),
    labelled(
        "a repeat has the queue at its start and the reason as last known",
        [started("c", "07:00", reason="r2")],
        {"cx_window_repeat_contacts queue=qs reason=r2": 1},
    ),
)
REASONS: Final = (
    labelled(
        "what was said after the last closing belongs to the reason as last known",
        [resolved("a", "09:30", reason="re"), started("r", "11:00", reason="r2")],
        {"cx_window_repeat_contacts reason=r2": 1},
    ),
    labelled(
        "while it is open again it has the reason now, not that of its closing",
        [
            *(resolved("a", "11:00", reason="re"), reopened("a", "12:00")),
            started("r", "13:00", reason="r2"),
        ],
        {"cx_window_repeat_contacts reason=r2": 1},
    ),
    labelled(
        "the reason it came with no longer matters to the match",
        [resolved("a", "09:30"), started("r", "11:00", reason="rs")],
        {"cx_window_repeat_contacts": 0},
    ),
)
PRIORITIES: Final = (
    Case(
        "the priority that stands last decides the targets, from the start on",
        [started("a", "08:00", priority="low"), updated("a", "11:00", priority="high")],
        "12:00",
        {"cx_window_sla_contacts target=resolution result=breached": 1},
        UPDATES
        | {"sla": {"voice": (None, 86_400)}, "sla_priority": {("voice", "high"): (None, 3600)}},
    ),
)
FORMS: Final = (
    Case(
        "channels count in lower case, and labels without the blanks around them",
        [
            started("a", "10:00", channel=" Voice ", queue="  Nord "),
            started("b", "10:00", channel="VOICE", queue="Nord", customer="y"),
        ],
        "12:00",
        {"cx_backlog_contacts queue=Nord": 2},
    ),
    Case(
        "other labels may count in lower case too",
        [started("a", "10:00", queue="Nord"), started("b", "10:00", queue="nord ", customer="y")],
        "12:00",
        {"cx_backlog_contacts queue=nord": 2},
        {"lowercase_labels": ("channel", "queue")},
    ),
    Case(
        "an optional field that is an empty string is absent, and so is a label of blanks",
        [
            started("a", "10:00", queue="", reason="   ", direction="", previous_contact_id=""),
            resolved("a", "10:05", outcome="", agent_replies="", first_response_at="", team=" "),
        ],
        "18:00",
        {
            "cx_window_contacts_closed outcome=resolved": 1,
            "cx_window_fcr_contacts result=resolved_first_time": 1,
            "cx_window_agent_replies_count": 0,
            "cx_pipeline_events_total topic=contact-started result=accepted": 1,
            "cx_pipeline_events_total topic=contact-resolved result=accepted": 1,
        },
    ),
    Case(
        "a channel of blanks is missing",
        [started("a", "10:00", channel="  ")],
        None,
        {"cx_pipeline_events_total topic=contact-started result=invalid": 1},
    ),
    Case(
        "a label has up to 64 characters beside its blanks",
        [started("a", "10:00", queue=" " * 9 + "q" * 64 + " ")],
        "12:00",
        {f"cx_backlog_contacts queue={'q' * 64}": 1},
    ),
    Case(
        "an update needs one field at least beside `by`",
        [started("a", "10:00"), updated("a", "10:10", by="customer", queue="")],
        "12:00",
        {
            "cx_pipeline_events_total topic=contact-started result=accepted": 1,
            "cx_pipeline_events_total topic=contact-updated result=invalid": 1,
        },
        UPDATES,
    ),
)
CASES: Final = (*PLACES, *MOMENTS, *REASONS, *PRIORITIES, *FORMS)
