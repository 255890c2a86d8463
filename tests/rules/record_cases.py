"""CONTRACT 1: a contact is a record, an event is an upsert of one of its parts; its labels."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.notation import Case, answered, resolved, responded, started


def both_orders(rule: str, one: list[bytes], other: list[bytes], **more: Any) -> tuple[Case, Case]:
    return (
        Case(rule, [*one, *other], **more),
        Case(f"{rule}, whichever comes first", [*other, *one], **more),
    )


def closed_as(outcome: str) -> dict[str, Any]:
    return {"as_of": "12:00", "expected": {f"cx_window_contacts_closed outcome={outcome}": 1}}


AMENDMENTS: Final = (
    *both_orders(
        "of two resolutions the later stands",
        [started("a", "10:00"), resolved("a", "10:10", outcome="unresolved")],
        [resolved("a", "10:20")],
        as_of="12:00",
        expected={
            "cx_window_contacts_closed outcome=resolved": 1,
            "cx_window_resolution_seconds_sum": 1200,
        },
    ),
    *both_orders(
        "a microsecond later stands",
        [started("a", "10:00"), resolved("a", "10:10", outcome="abandoned")],
        [resolved("a", "10:10:00.000001")],
        **closed_as("resolved"),
    ),
    *both_orders(
        "at equal times unresolved stands against resolved",
        [started("a", "10:00"), resolved("a", "10:10")],
        [resolved("a", "10:10", outcome="unresolved")],
        **closed_as("unresolved"),
    ),
    *both_orders(
        "at equal times abandoned stands against unresolved",
        [started("a", "10:00"), resolved("a", "10:10", outcome="abandoned")],
        [resolved("a", "10:10", outcome="unresolved")],
        **closed_as("abandoned"),
    ),
    *both_orders(
        "at equal times a queue stands against none",
        [started("a", "10:00"), resolved("a", "10:10")],
        [resolved("a", "10:10", queue="q")],
        **closed_as("resolved queue=q"),
    ),
    *both_orders(
        "at equal times the outcome decides before the queue",
        [started("a", "10:00"), resolved("a", "10:10", queue="z")],
        [resolved("a", "10:10", queue="b", outcome="unresolved")],
        **closed_as("unresolved queue=b"),
    ),
    *both_orders(
        "at equal times the greater number of replies stands, compared as numbers",
        [started("a", "10:00"), resolved("a", "10:10", agent_replies=9)],
        [resolved("a", "10:10", agent_replies=10)],
        as_of="12:00",
        expected={"cx_window_agent_replies_sum": 10},
    ),
    *both_orders(
        "of two starts the later stands",
        [started("a", "10:00", channel="chat")],
        [started("a", "10:10")],
        as_of="12:00",
        expected={"cx_window_contacts_started": 1, "cx_backlog_oldest_age_seconds": 6600},
    ),
    *both_orders(
        "at equal times the channel that sorts last stands",
        [started("a", "10:00", channel="chat", queue="z")],
        [started("a", "10:00", channel="voice")],
        as_of="12:00",
        expected={"cx_backlog_contacts": 1},
    ),
    *both_orders(
        "at equal times outbound stands against inbound",
        [started("a", "10:00")],
        [started("a", "10:00", direction="outbound")],
        as_of="12:00",
        expected={"cx_window_contacts_started direction=outbound": 1, "cx_backlog_contacts": 0},
    ),
    *both_orders(
        "of two ratings the later stands",
        [answered("a", "10:00", "csat", 5)],
        [answered("a", "10:01", "csat", 1)],
        as_of="12:00",
        expected={"cx_window_survey_answers channel=unknown queue=unknown survey=csat score=1": 1},
    ),
    *both_orders(
        "at equal times the higher rating stands",
        [answered("a", "10:00", "nps", 9)],
        [answered("a", "10:00", "nps", 10)],
        as_of="12:00",
        expected={"cx_window_survey_answers channel=unknown queue=unknown survey=nps score=10": 1},
    ),
    *both_orders(
        "at equal times and scores a resolved issue stands against an open one",
        [answered("a", "10:00", "csat", 4, issue_resolved=False)],
        [answered("a", "10:00", "csat", 4, issue_resolved=True)],
        as_of="12:00",
        expected={
            "cx_window_issue_resolved_answers channel=unknown queue=unknown answer=yes": 1,
        },
    ),
    *both_orders(
        "an amendment replaces its part as a whole",
        [
            started("a", "10:00"),
            resolved("a", "10:10", first_response_at="10:01", handle_seconds=60, transfers=1),
        ],
        [resolved("a", "10:20")],
        as_of="12:00",
        expected={
            "cx_window_first_response_seconds_count": 0,
            "cx_window_handle_seconds_count": 0,
            "cx_window_transferred_contacts": 0,
            "cx_window_contacts_closed outcome=resolved": 1,
        },
    ),
    Case(
        "three amendments in any order leave one contact",
        [
            resolved("a", "10:20", outcome="unresolved"),
            resolved("a", "10:30"),
            started("a", "10:00"),
            resolved("a", "10:10", outcome="abandoned"),
        ],
        "12:00",
        {"cx_window_contacts_closed outcome=resolved": 1, "cx_window_contacts_started": 1},
    ),
)
PARTS: Final = (
    Case(
        "a contact_id names a contact within its customer only",
        [started("a", "10:00"), started("a", "10:10", customer="y"), resolved("a", "10:20")],
        "12:00",
        {
            "cx_window_contacts_started": 2,
            "cx_backlog_contacts": 1,
            "cx_backlog_oldest_age_seconds": 6600,
            "cx_window_contacts_closed outcome=resolved": 1,
        },
    ),
    Case(
        "a resolution alone closes nothing",
        [resolved("a", "10:10", first_response_at="10:01", handle_seconds=60, transfers=1)],
        "12:00",
        {
            "cx_window_contacts_closed": 0,
            "cx_window_first_response_seconds_count": 0,
            "cx_window_handle_seconds_count": 0,
            "cx_window_transferred_contacts": 0,
            "cx_window_fcr_contacts": 0,
            "cx_window_sla_contacts": 0,
            "cx_backlog_contacts": 0,
        },
    ),
    Case(
        "a resolution counts once its start has come",
        [resolved("a", "10:10"), started("a", "10:00")],
        "12:00",
        {"cx_window_contacts_closed outcome=resolved": 1, "cx_window_resolution_seconds_sum": 600},
    ),
    Case(
        "the first response is the earliest that is told",
        [
            started("a", "10:00"),
            responded("a", "10:03"),
            resolved("a", "10:10", first_response_at="10:02"),
            responded("a", "10:01"),
        ],
        "12:00",
        {"cx_window_first_response_seconds_sum": 60, "cx_window_first_response_seconds_count": 1},
        {"contact_responded": True},
    ),
    Case(
        "the resolution's first response counts where it is the earliest",
        [
            started("a", "10:00"),
            responded("a", "10:03"),
            resolved("a", "10:10", first_response_at="10:02"),
        ],
        "12:00",
        {"cx_window_first_response_seconds_sum": 120},
        {"contact_responded": True},
    ),
    Case(
        "a bot gives no first response and no reply",
        [
            started("a", "10:00"),
            responded("a", "10:01", responder="bot"),
            responded("a", "10:02"),
            resolved("a", "10:10"),
        ],
        "12:00",
        {
            "cx_window_first_response_seconds_sum": 120,
            "cx_window_agent_replies_sum": 1,
            "cx_window_agent_replies_count": 1,
        },
        {"contact_responded": True},
    ),
    Case(
        "replies are the distinct times at which an agent responded",
        [
            started("a", "10:00"),
            *[responded("a", "10:01")] * 2,
            responded("a", "10:01", responder="bot"),
            responded("a", "10:02"),
            responded("a", "10:03", responder="bot"),
            resolved("a", "10:10"),
        ],
        "12:00",
        {"cx_window_agent_replies_sum": 2, "cx_window_one_touch_contacts": 0},
        {"contact_responded": True},
    ),
    Case(
        "the replies given by the resolution stand against the responses",
        [
            started("a", "10:00"),
            responded("a", "10:01"),
            responded("a", "10:02"),
            resolved("a", "10:10", agent_replies=0),
        ],
        "12:00",
        {
            "cx_window_agent_replies_sum": 0,
            "cx_window_agent_replies_count": 1,
            "cx_window_one_touch_contacts": 1,
        },
        {"contact_responded": True},
    ),
    Case(
        "without any response the number of replies is not known",
        [
            started("a", "10:00"),
            responded("a", "10:01", responder="bot"),
            resolved("a", "10:10"),
        ],
        "12:00",
        {"cx_window_agent_replies_count": 0, "cx_window_one_touch_contacts": 0},
        {"contact_responded": True},
    ),
    Case(
        "a first response counts while the contact is open",
        [started("a", "10:00"), responded("a", "10:01")],
        "12:00",
        {"cx_window_first_response_seconds_sum": 60, "cx_backlog_contacts": 1},
        {"contact_responded": True},
    ),
)
LABELLED: Final = (
    Case(
        "a missing queue and a missing reason are `none`",
        [started("a", "09:00"), resolved("a", "09:05")],
        "12:00",
        {"cx_window_fcr_contacts queue=none reason=none result=resolved_first_time": 1},
    ),
    Case(
        "without updates started, first response, SLA and repeat facts have the start's queue",
        [
            started("c", "08:00", queue="qs", reason="re"),
            started("a", "09:00", queue="qs", reason="rs"),
            resolved("a", "09:05", queue="qe", reason="re", first_response_at="09:00:10"),
        ],
        "12:00",
        {
            "cx_window_contacts_started queue=qs": 2,
            "cx_window_first_response_seconds_count queue=qs": 1,
            "cx_window_repeat_contacts queue=qs reason=re": 1,
            "cx_sla_contacts_total queue=qs target=first_response result=met": 1,
            "cx_sla_contacts_total queue=qs target=resolution result=met": 1,
        },
    ),
    Case(
        "backlog facts use start labels",
        [started("a", "11:59", queue="qs")],
        "12:00",
        {
            "cx_backlog_contacts queue=qs": 1,
            "cx_backlog_oldest_age_seconds queue=qs": 60,
            "cx_sla_open_contacts queue=qs target=resolution state=on_track": 1,
        },
    ),
    Case(
        "closed, resolution, handle, replies, transfers and FCR facts use end labels",
        [
            started("a", "09:00", queue="qs", reason="rs"),
            resolved(
                "a",
                "09:05",
                queue="qe",
                reason="re",
                handle_seconds=1,
                agent_replies=1,
                transfers=1,
            ),
        ],
        "12:00",
        {
            "cx_window_contacts_closed queue=qe outcome=resolved": 1,
            "cx_window_resolution_seconds_count queue=qe": 1,
            "cx_window_handle_seconds_count queue=qe": 1,
            "cx_window_agent_replies_count queue=qe": 1,
            "cx_window_one_touch_contacts queue=qe": 1,
            "cx_window_transferred_contacts queue=qe": 1,
            "cx_window_fcr_contacts queue=qe reason=re result=resolved_first_time": 1,
        },
    ),
    Case(
        "end labels are the start's where the resolution gives none, one by one",
        [
            started("a", "09:00", channel="chat", queue="qs", reason="rs"),
            resolved("a", "09:05", reason="re"),
            started("b", "09:00", channel="chat", queue="qs", reason="rs", customer="y"),
            resolved("b", "09:05", queue="qe", customer="y"),
        ],
        "12:00",
        {
            "cx_window_fcr_contacts channel=chat queue=qs reason=re result=resolved_first_time": 1,
            "cx_window_fcr_contacts channel=chat queue=qe reason=rs result=resolved_first_time": 1,
        },
    ),
    Case(
        "the channel is always the start's",
        [started("a", "09:00", channel="chat"), resolved("a", "09:05", channel="voice")],
        "12:00",
        {"cx_window_contacts_closed channel=chat outcome=resolved": 1},
    ),
    Case(
        "outbound contacts count only as started",
        [
            started("a", "09:00", direction="outbound"),
            resolved(
                "a",
                "09:05",
                first_response_at="09:01",
                handle_seconds=5,
                agent_replies=1,
                transfers=1,
            ),
            answered("a", "09:10", "csat", 5, issue_resolved=True),
            started("b", "09:00", direction="outbound", customer="y"),
        ],
        "12:00",
        {
            "cx_window_contacts_started direction=outbound": 2,
            "cx_contacts_started_total direction=outbound": 2,
            **dict.fromkeys(
                (
                    "cx_backlog_contacts",
                    "cx_sla_open_contacts",
                    "cx_window_contacts_closed",
                    "cx_window_first_response_seconds_count",
                    "cx_window_resolution_seconds_count",
                    "cx_window_handle_seconds_count",
                    "cx_window_agent_replies_count",
                    "cx_window_transferred_contacts",
                    "cx_window_fcr_contacts",
                    "cx_window_sla_contacts",
                    "cx_window_survey_answers",
                    "cx_window_issue_resolved_answers",
                    "cx_contacts_closed_total",
                    "cx_sla_contacts_total",
                    "cx_survey_answers_total",
                ),
                0,
            ),
        },
    ),
    Case(
        "a dimension takes its first values, further ones are `other`",
        [
            started("a", "10:00", queue="q1", customer="1"),
            started("b", "10:00", queue="q2", customer="2"),
            started("c", "10:00", queue="q3", customer="3"),
            started("d", "10:00", queue="q4", customer="4"),
            started("e", "10:00", queue="q1", customer="5"),
            started("f", "10:00", customer="6"),
        ],
        "12:00",
        {
            "cx_window_contacts_started queue=q1": 2,
            "cx_window_contacts_started queue=q2": 1,
            "cx_window_contacts_started queue=other": 2,
            "cx_window_contacts_started queue=none": 1,
            "cx_pipeline_label_overflow_total dimension=queue": 2,
        },
        {"max_label_values": 2},
    ),
    Case(
        "labels that the service itself gives take no place",
        [
            started("a", "10:00", queue="other", channel="none", customer="1"),
            started("b", "10:00", queue="unknown", channel="none", customer="2"),
            started("c", "10:00", queue="none", channel="none", customer="3"),
            started("d", "10:00", queue="q1", channel="chat", customer="4"),
        ],
        "12:00",
        {
            "cx_window_contacts_started queue=other channel=none": 1,
            "cx_window_contacts_started queue=unknown channel=none": 1,
            "cx_window_contacts_started queue=none channel=none": 1,
            "cx_window_contacts_started queue=q1 channel=chat": 1,
            "cx_pipeline_label_overflow_total dimension=queue": 0,
            "cx_pipeline_label_overflow_total dimension=channel": 0,
        },
        {"max_label_values": 1},
    ),
    Case(
        "a reason `none` and no reason are the same, and match",
        [
            started("a", "10:00", reason="none"),
            resolved("a", "10:05"),
            started("b", "10:10"),
            resolved("b", "10:15", reason="none"),
            started("c", "10:20", reason="none"),
            resolved("c", "10:25"),
        ],
        "12:30",
        {
            "cx_repeat_contacts_total reason=none repeat_window=2h": 2,
            "cx_fcr_contacts_total reason=none repeat_window=2h result=repeated": 1,
        },
    ),
    Case(
        "an event that differs only in saying `none` is a duplicate",
        [started("a", "10:00"), started("a", "10:00", queue="none", reason="none")],
        "12:00",
        {
            "cx_pipeline_events_total topic=contact-started result=accepted": 1,
            "cx_pipeline_events_total topic=contact-started result=duplicate": 1,
        },
    ),
    Case(
        "an allow-list decides which values a dimension takes",
        [
            started("a", "10:00", queue="q1", customer="1"),
            started("b", "10:00", queue="q2", customer="2"),
        ],
        "12:00",
        {
            "cx_window_contacts_started queue=q2": 1,
            "cx_window_contacts_started queue=other": 1,
            "cx_pipeline_label_overflow_total dimension=queue": 1,
        },
        {"allowed_labels": {"queue": frozenset({"q2", "q3"})}},
    ),
    Case(
        "reasons match as they were sent, not as they are shown",
        [
            started("a", "10:00", reason="r1"),
            started("b", "10:10", reason="r2"),
            started("c", "10:20", reason="r3"),
            started("d", "10:30", reason="r3"),
        ],
        "12:00",
        {"cx_window_repeat_contacts reason=other": 1},
        {"max_label_values": 1},
    ),
    Case(
        "a channel shown as `other` keeps its own targets",
        [
            started("a", "10:00", channel="chat", customer="1"),
            started("b", "10:00", channel="voice", customer="2"),
            resolved("b", "11:00", first_response_at="10:00:21", customer="2"),
        ],
        "12:00",
        {
            "cx_sla_contacts_total channel=other target=first_response result=breached": 1,
            "cx_sla_contacts_total channel=other target=resolution result=met": 1,
        },
        {"max_label_values": 1},
    ),
)
CASES: Final = (*AMENDMENTS, *PARTS, *LABELLED)
