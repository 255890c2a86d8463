"""CONTRACT 3: backlog, first response, resolution, handle time, replies, transfers, surveys."""

from __future__ import annotations

from typing import Final

from tests.rules.notation import Case, answered, resolved, responded, started

BACKLOG: Final = (
    Case(
        "the backlog is what has started and is not known to be closed",
        [
            started("a", "10:00"),
            started("b", "10:30", customer="y"),
            started("c", "10:40", channel="chat", queue="q"),
            started("d", "10:50"),
            resolved("d", "11:00"),
            resolved("e", "11:00"),
            answered("f", "11:00", "csat", 1),
        ],
        "12:00",
        {
            "cx_backlog_contacts": 2,
            "cx_backlog_contacts channel=chat queue=q": 1,
            "cx_backlog_oldest_age_seconds": 7200,
            "cx_backlog_oldest_age_seconds channel=chat queue=q": 4800,
        },
    ),
    Case(
        "every outcome ends the backlog",
        [
            *[started(contact, "10:00", customer=contact) for contact in "abc"],
            resolved("a", "10:10", customer="a"),
            resolved("b", "10:10", customer="b", outcome="unresolved"),
            resolved("c", "10:10", customer="c", outcome="abandoned"),
        ],
        "12:00",
        {"cx_backlog_contacts": 0, "cx_backlog_age_seconds_bucket le=+Inf": 0},
    ),
    Case(
        "an age of exactly a bound is within it",
        [
            started("a", "11:55", customer="a"),
            started("b", "11:54:59.999999", customer="b"),
            started("c", "12:00", customer="c"),
            started("d", "2024-02-27T12:00:00Z", customer="d"),
            started("e", "2024-02-27T11:59:59.999999Z", customer="e"),
        ],
        "12:00",
        {
            "cx_backlog_age_seconds_bucket le=300.0": 2,
            "cx_backlog_age_seconds_bucket le=900.0": 3,
            "cx_backlog_age_seconds_bucket le=259200.0": 3,
            "cx_backlog_age_seconds_bucket le=604800.0": 4,
            "cx_backlog_age_seconds_bucket le=+Inf": 5,
        },
    ),
    Case(
        "an age has microseconds",
        [started("a", "11:59:59.5")],
        "12:00",
        {"cx_backlog_oldest_age_seconds": 0.5},
    ),
)
DURATIONS: Final = (
    Case(
        "first response times are told as buckets, sum and count",
        [
            started("a", "10:00"),
            resolved("a", "10:30", first_response_at="10:00:05"),
            started("b", "10:00", customer="y"),
            resolved("b", "10:30", first_response_at="10:00:05.000001", customer="y"),
            started("c", "10:00", customer="z"),
            resolved("c", "10:30", customer="z"),
        ],
        "12:00",
        {
            "cx_window_first_response_seconds_bucket le=5.0": 1,
            "cx_window_first_response_seconds_bucket le=10.0": 2,
            "cx_window_first_response_seconds_bucket le=86400.0": 2,
            "cx_window_first_response_seconds_bucket le=+Inf": 2,
            "cx_window_first_response_seconds_sum": 10.000001,
            "cx_window_first_response_seconds_count": 2,
            "cx_first_response_seconds_bucket le=5.0": 1,
            "cx_first_response_seconds_bucket le=+Inf": 2,
            "cx_first_response_seconds_sum": 10.000001,
            "cx_first_response_seconds_count": 2,
        },
    ),
    Case(
        "a first response of no time at all counts",
        [started("a", "10:00"), resolved("a", "10:30", first_response_at="10:00")],
        "12:00",
        {
            "cx_window_first_response_seconds_bucket le=5.0": 1,
            "cx_window_first_response_seconds_count": 1,
            "cx_window_first_response_seconds_sum": 0,
        },
    ),
    Case(
        "a first response counts by its own time, whenever the contact was closed",
        [started("a", "04 10:00"), resolved("a", "11:30", first_response_at="04 10:30")],
        "12:00",
        {
            "cx_window_first_response_seconds_count": 0,
            "cx_window_resolution_seconds_count": 1,
        },
    ),
    Case(
        "a first response after the end counts",
        [started("a", "10:00"), resolved("a", "10:10", first_response_at="10:20")],
        "12:00",
        {"cx_window_first_response_seconds_sum": 1200},
    ),
    Case(
        "an abandoned contact may have had a first response",
        [
            started("a", "10:00"),
            resolved("a", "10:10", outcome="abandoned", first_response_at="10:00:10"),
        ],
        "12:00",
        {
            "cx_window_first_response_seconds_count": 1,
            "cx_window_sla_contacts target=first_response result=met": 1,
        },
    ),
    Case(
        "only resolved contacts have a resolution time",
        [
            *[started(contact, "10:00", customer=contact) for contact in "abc"],
            resolved("a", "10:01", customer="a"),
            resolved("b", "10:02", customer="b", outcome="unresolved"),
            resolved("c", "10:03", customer="c", outcome="abandoned"),
        ],
        "12:00",
        {
            "cx_window_resolution_seconds_bucket le=60.0": 1,
            "cx_window_resolution_seconds_bucket le=+Inf": 1,
            "cx_window_resolution_seconds_sum": 60,
            "cx_window_resolution_seconds_count": 1,
            "cx_resolution_seconds_sum": 60,
            "cx_resolution_seconds_count": 1,
            "cx_window_contacts_closed outcome=resolved": 1,
            "cx_window_contacts_closed outcome=unresolved": 1,
            "cx_window_contacts_closed outcome=abandoned": 1,
            "cx_contacts_closed_total outcome=resolved": 1,
            "cx_contacts_closed_total outcome=unresolved": 1,
            "cx_contacts_closed_total outcome=abandoned": 1,
        },
    ),
    Case(
        "a negative first response is not counted, not judged, and an anomaly",
        [started("a", "10:00"), resolved("a", "10:10", first_response_at="09:59:59.999999")],
        "12:00",
        {
            "cx_window_first_response_seconds_count": 0,
            "cx_first_response_seconds_count": 0,
            "cx_window_sla_contacts target=resolution result=met": 1,
            "cx_pipeline_anomalies_total": 1,
        },
    ),
    Case(
        "a negative first response hides the later ones",
        [
            started("a", "10:00"),
            responded("a", "10:01"),
            resolved("a", "10:10", first_response_at="09:59"),
        ],
        "12:00",
        {
            "cx_window_first_response_seconds_count": 0,
            "cx_window_sla_contacts target=resolution result=met": 1,
        },
        {"contact_responded": True},
    ),
    Case(
        "a negative resolution time is not counted, not judged, and an anomaly",
        [started("a", "10:00"), resolved("a", "09:59:59.999999")],
        "15:00",
        {
            "cx_window_resolution_seconds_count": 0,
            "cx_resolution_seconds_count": 0,
            "cx_window_sla_contacts": 0,
            "cx_window_contacts_closed outcome=resolved": 1,
            "cx_window_fcr_contacts result=resolved_first_time": 1,
            "cx_pipeline_anomalies_total": 1,
        },
    ),
    Case(
        "an amended time is no anomaly any more",
        [started("a", "10:00"), resolved("a", "10:10"), started("a", "10:05")],
        "12:00",
        {"cx_window_resolution_seconds_sum": 300, "cx_pipeline_anomalies_total": 0},
    ),
)
EFFORT: Final = (
    Case(
        "handle time is summed for every outcome that gives one",
        [
            *[started(contact, "10:00", customer=contact) for contact in "abcd"],
            resolved("a", "10:10", customer="a", handle_seconds=90),
            resolved("b", "10:10", customer="b", handle_seconds=12.25, outcome="unresolved"),
            resolved("c", "10:10", customer="c", handle_seconds=0, outcome="abandoned"),
            resolved("d", "10:10", customer="d"),
        ],
        "12:00",
        {"cx_window_handle_seconds_sum": 102.25, "cx_window_handle_seconds_count": 3},
    ),
    Case(
        "replies and one-touch are of resolved contacts whose number is known",
        [
            *[started(contact, "10:00", customer=contact) for contact in "abcdef"],
            resolved("a", "10:10", customer="a", agent_replies=0),
            resolved("b", "10:10", customer="b", agent_replies=1),
            resolved("c", "10:10", customer="c", agent_replies=2),
            resolved("d", "10:10", customer="d", agent_replies=1, outcome="unresolved"),
            resolved("e", "10:10", customer="e", agent_replies=1, outcome="abandoned"),
            resolved("f", "10:10", customer="f"),
        ],
        "12:00",
        {
            "cx_window_agent_replies_sum": 3,
            "cx_window_agent_replies_count": 3,
            "cx_window_one_touch_contacts": 2,
        },
    ),
    Case(
        "transferred contacts are counted once each, whatever their outcome",
        [
            *[started(contact, "10:00", customer=contact) for contact in "abcd"],
            resolved("a", "10:10", customer="a", transfers=3),
            resolved("b", "10:10", customer="b", transfers=1, outcome="abandoned"),
            resolved("c", "10:10", customer="c", transfers=0),
            resolved("d", "10:10", customer="d"),
        ],
        "12:00",
        {"cx_window_transferred_contacts": 2},
    ),
    Case(
        "handle time, replies and transfers belong to the end of the contact",
        [
            started("a", "04 10:00"),
            resolved("a", "04 12:15", handle_seconds=9, agent_replies=1, transfers=1),
            started("b", "04 10:00", customer="y"),
            resolved("b", "04 12:14", handle_seconds=7, transfers=1, customer="y"),
        ],
        "12:07",
        {
            "cx_window_handle_seconds_sum": 9,
            "cx_window_handle_seconds_count": 1,
            "cx_window_one_touch_contacts": 1,
            "cx_window_transferred_contacts": 1,
        },
    ),
)
UNKNOWN: Final = "channel=unknown queue=unknown"
SURVEYS: Final = (
    Case(
        "each contact and survey has one standing answer, counted by score",
        [
            started("a", "10:00"),
            answered("a", "10:10", "csat", 5),
            answered("a", "10:11", "csat", 2),
            answered("a", "10:12", "nps", 10),
            answered("a", "10:13", "ces", 7),
            started("b", "10:00", customer="y"),
            answered("b", "10:10", "csat", 2, customer="y"),
        ],
        "12:00",
        {
            "cx_window_survey_answers survey=csat score=2": 2,
            "cx_window_survey_answers survey=nps score=10": 1,
            "cx_window_survey_answers survey=ces score=7": 1,
            "cx_survey_answers_total survey=csat score=2": 2,
            "cx_survey_answers_total survey=nps score=10": 1,
            "cx_survey_answers_total survey=ces score=7": 1,
        },
    ),
    Case(
        "an answer whose contact has not been seen is of unknown labels",
        [answered("a", "10:00", "csat", 4, issue_resolved=False)],
        "12:00",
        {
            f"cx_window_survey_answers {UNKNOWN} survey=csat score=4": 1,
            f"cx_survey_answers_total {UNKNOWN} survey=csat score=4": 1,
            f"cx_window_issue_resolved_answers {UNKNOWN} answer=no": 1,
        },
    ),
    Case(
        "a resolution alone does not show the contact's labels",
        [answered("a", "10:00", "csat", 4), resolved("a", "09:00", queue="q")],
        "12:00",
        {f"cx_window_survey_answers {UNKNOWN} survey=csat score=4": 1},
    ),
    Case(
        "an answer takes the labels of its contact when that is seen",
        [answered("a", "10:00", "csat", 4), started("a", "09:00", queue="q")],
        "12:00",
        {"cx_window_survey_answers queue=q survey=csat score=4": 1},
    ),
    Case(
        "an answer has start labels before the contact is closed",
        [started("a", "09:00", queue="qs"), answered("a", "10:00", "csat", 4, issue_resolved=True)],
        "12:00",
        {
            "cx_window_survey_answers queue=qs survey=csat score=4": 1,
            "cx_window_issue_resolved_answers queue=qs answer=yes": 1,
        },
    ),
    Case(
        "an answer has end labels once the contact is closed, also one given before",
        [
            started("a", "09:00", queue="qs"),
            answered("a", "10:00", "csat", 4, issue_resolved=True),
            resolved("a", "11:00", queue="qe"),
        ],
        "12:00",
        {
            "cx_window_survey_answers queue=qe survey=csat score=4": 1,
            "cx_survey_answers_total queue=qe survey=csat score=4": 1,
            "cx_window_issue_resolved_answers queue=qe answer=yes": 1,
        },
    ),
    Case(
        "answers count whatever became of the contact",
        [
            *[started(contact, "10:00", customer=contact) for contact in "ab"],
            resolved("a", "10:10", customer="a", outcome="abandoned"),
            resolved("b", "10:10", customer="b", outcome="unresolved"),
            answered("a", "10:20", "csat", 1, customer="a"),
            answered("b", "10:20", "csat", 1, customer="b"),
        ],
        "12:00",
        {"cx_window_survey_answers survey=csat score=1": 2},
    ),
    Case(
        "an answer belongs to the window by its own time",
        [
            started("a", "01 10:00"),
            resolved("a", "01 11:00"),
            answered("a", "04 12:15", "csat", 1),
            answered("a", "04 12:14", "nps", 0),
        ],
        "12:07",
        {"cx_window_survey_answers survey=csat score=1": 1},
    ),
    Case(
        "whether the issue is resolved counts for each answer that tells",
        [
            started("a", "10:00"),
            answered("a", "10:10", "csat", 5, issue_resolved=True),
            answered("a", "10:10", "nps", 9, issue_resolved=True),
            answered("a", "10:10", "ces", 2),
            started("b", "10:00", customer="y"),
            answered("b", "10:10", "csat", 1, issue_resolved=False, customer="y"),
        ],
        "12:00",
        {
            "cx_window_issue_resolved_answers answer=yes": 2,
            "cx_window_issue_resolved_answers answer=no": 1,
        },
    ),
    Case(
        "an amended answer forgets what it said of the issue",
        [
            started("a", "10:00"),
            answered("a", "10:10", "csat", 5, issue_resolved=True),
            answered("a", "10:20", "csat", 5),
        ],
        "12:00",
        {"cx_window_issue_resolved_answers": 0, "cx_window_survey_answers survey=csat score=5": 1},
    ),
)
CASES: Final = (*BACKLOG, *DURATIONS, *EFFORT, *SURVEYS)
