"""CONTRACT 1: what is read from an event, and what is refused."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.rules.notation import LEFT_OUT, Case, answered, line, resolved, responded, started

A: Final = {"contact_id": "a", "customer_id": "x"}


def of_size(size: int) -> bytes:
    """A line whose value is that many bytes long."""
    start = {**A, "started_at": "2024-03-05T10:00:00Z", "channel": "voice", "note": ""}
    start["note"] = "n" * (size - len(json.dumps(start)))
    return json.dumps({"topic": "contact-started", "value": start}).encode()


def read(rule: str, *lines: bytes, **counts: float) -> Case:
    """How many events of `contact-started` were taken, refused, or there before."""
    expected = {
        f"cx_pipeline_events_total topic=contact-started result={result}": count
        for result, count in counts.items()
    }
    return Case(rule, lines, "12:00", expected)


def refused(rule: str, event: bytes, topic: str = "contact-started", **given: Any) -> Case:
    """Counted as invalid, and nothing else on the page."""
    expected = {
        f"cx_pipeline_events_total topic={topic} result=invalid": 1,
        "cx_window_contacts_started": 0,
        "cx_window_contacts_closed": 0,
        "cx_window_survey_answers": 0,
    }
    return Case(rule, [event], "12:00", expected, given)


def refused_start(rule: str, **fields: Any) -> Case:
    return refused(rule, started("a", "10:00", **fields))


def refused_end(rule: str, **fields: Any) -> Case:
    return refused(rule, resolved("a", "10:00", **fields), "contact-resolved")


def refused_answer(rule: str, survey: Any, score: Any, **fields: Any) -> Case:
    return refused(rule, answered("a", "10:00", survey, score, **fields), "survey-answered")


def lasting(rule: str, begin: str, end: str, seconds: float) -> Case:
    """A contact from `begin` to `end`: the resolution time it is read as."""
    lines = [started("a", begin), resolved("a", end)]
    return Case(rule, lines, "12:00", {"cx_window_resolution_seconds_sum": seconds})


TIMES: Final = (
    lasting("an offset is taken off", "2024-03-05T12:00:00+02:00", "10:05", 300),
    lasting("a negative offset is added", "2024-03-04T23:30:00-10:30", "10:05", 300),
    lasting("an offset has minutes", "2024-03-05T15:45:00+05:45", "10:05", 300),
    lasting("fractions of a second count", "10:00:00.25", "10:00:01", 0.75),
    lasting("t and z may be lower case", "2024-03-05t10:00:00z", "10:05", 300),
    lasting("-00:00 is UTC", "2024-03-05T10:00:00-00:00", "10:05", 300),
    lasting("a leap day is a day", "2024-02-29T10:00:00Z", "10:00", 5 * 86_400),
    Case(
        "digits beyond the microsecond are cut off, however large",
        [
            started("a", "10:00"),
            resolved("a", "10:05", first_response_at="10:00:20.0000009"),
        ],
        "12:00",
        {"cx_sla_contacts_total target=first_response result=met": 1}
        | {"cx_sla_contacts_total target=resolution result=met": 1},
    ),
    Case(
        "a time cut off stays in its day",
        [
            started("a", "2024-03-04T23:59:59.9999999Z"),
            resolved("a", "2024-03-05T00:00:20Z", first_response_at="2024-03-05T00:00:20Z"),
        ],
        "12:00",
        {"cx_window_first_response_seconds_sum": 20.000001},
    ),
    refused_start("a time needs an offset", started_at="2024-03-05T10:00:00"),
    refused_start("a time needs a day that exists", started_at="2024-02-30T10:00:00Z"),
    refused_start("a time needs an hour that exists", started_at="2024-03-05T24:00:00Z"),
    refused_start("a time needs seconds", started_at="2024-03-05T10:00Z"),
    refused_start("a time is no number", started_at=1_709_632_800),
    refused_start("a date is no time", started_at="2024-03-05"),
    refused_start("a leap second is not taken", started_at="2023-12-31T23:59:60Z"),
    refused_start("an offset is less than a day", started_at="2024-03-05T10:00:00+24:00"),
    refused_start("a time in the far future is refused", started_at="2999-01-01T00:00:00Z"),
    refused_end(
        "a first response in the far future is refused", first_response_at="2999-01-01T00:00:00Z"
    ),
    refused_end("a first response needs an offset", first_response_at="2024-03-05T10:00:00"),
    Case(
        "a refused time does not move the clock",
        [started("a", "10:00"), started("b", "10:10"), started("c", "2999-01-01T00:00:00Z")],
        None,
        {"cx_backlog_oldest_age_seconds": 600},
    ),
)
TEXTS: Final = (
    read(
        "an id has up to 256 characters, also when they are more bytes",
        started("ü" * 256, "10:00"),
        started("a" * 257, "10:00"),
        accepted=1,
        invalid=1,
    ),
    read(
        "a label has up to 64 characters, also when they are more bytes",
        started("a", "10:00", queue="ü" * 64),
        started("b", "10:00", queue="q" * 65),
        accepted=1,
        invalid=1,
    ),
    refused_start("an empty contact_id is refused", contact_id=""),
    refused_start("an empty channel is refused", channel=""),
    refused_start("too long an event_id is refused", event_id="e" * 257),
    refused_start("a contact_id is no number", contact_id=7),
    refused_start("a label is no object", reason={"name": "bill"}),
    refused("an unpaired surrogate is no JSON", started("a", "10:00", queue="\ud800"), "unknown"),
    refused_start("an unknown direction is refused", direction="sideways"),
    refused_start("words are case-sensitive", direction="Inbound"),
    refused_end("`expired` is no outcome of a publisher", outcome="expired"),
    refused_end("too long an agent_id is refused", agent_id="a" * 257),
    refused_start("a missing contact_id is refused", contact_id=LEFT_OUT),
    refused_start("a missing customer_id is refused", customer_id=LEFT_OUT),
    refused_start("a missing started_at is refused", started_at=LEFT_OUT),
    refused_start("a missing channel is refused", channel=LEFT_OUT),
    refused_start("a required field that is null is missing", channel=None),
    refused_end("a missing resolved_at is refused", resolved_at=LEFT_OUT),
    refused_answer("a missing survey is refused", LEFT_OUT, 4),
    refused_answer("a missing score is refused", "csat", LEFT_OUT),
)
NUMBERS: Final = (
    Case(
        "4.0 is the integer 4",
        [
            answered("a", "10:00", "csat", 4.0),
            started("b", "10:00"),
            resolved("b", "10:05", agent_replies=1.0, transfers=2.0),
        ],
        "12:00",
        {
            "cx_window_survey_answers channel=unknown queue=unknown survey=csat score=4": 1,
            "cx_window_agent_replies_sum": 1,
            "cx_window_transferred_contacts": 1,
        },
    ),
    refused_answer("4.5 is no score", "csat", 4.5),
    refused_answer("a score is no string", "csat", "4"),
    refused_answer("true is no score", "csat", True),
    refused_answer("csat is not below 1", "csat", 0),
    refused_answer("csat is not above 5", "csat", 6),
    refused_answer("nps is not below 0", "nps", -1),
    refused_answer("nps is not above 10", "nps", 11),
    refused_answer("ces is not below 1", "ces", 0),
    refused_answer("ces is not above 7", "ces", 8),
    refused_answer("an unknown survey is refused", "stars", 3),
    refused_answer("issue_resolved is a boolean", "csat", 4, issue_resolved=1),
    Case(
        "the ends of each survey's scale are on it",
        [
            answered("a", "10:00", "csat", 1),
            answered("b", "10:00", "csat", 5),
            answered("a", "10:00", "nps", 0),
            answered("b", "10:00", "nps", 10),
            answered("a", "10:00", "ces", 1),
            answered("b", "10:00", "ces", 7),
        ],
        "12:00",
        {
            f"cx_window_survey_answers channel=unknown queue=unknown survey={answer}": 1
            for answer in (
                *("csat score=1", "csat score=5"),
                *("nps score=0", "nps score=10"),
                *("ces score=1", "ces score=7"),
            )
        },
    ),
    refused_end("replies are not negative", agent_replies=-1),
    refused_end("replies are whole", agent_replies=1.5),
    refused_end("replies are at most a million", agent_replies=1_000_001),
    refused_end("transfers are not negative", transfers=-1),
    refused_end("transfers are at most a million", transfers=1_000_001),
    refused_end("a handle time is not negative", handle_seconds=-0.001),
    refused_end("a handle time is at most a hundred days", handle_seconds=8_640_001),
    refused_end("a handle time is no string", handle_seconds="12"),
    refused_end("a handle time is no boolean", handle_seconds=True),
    Case(
        "the greatest numbers count",
        [
            started("a", "10:00"),
            resolved("a", "11:00", agent_replies=1_000_000, handle_seconds=8_640_000),
        ],
        "12:00",
        {"cx_window_agent_replies_sum": 1_000_000, "cx_window_handle_seconds_sum": 8_640_000},
    ),
)
SHAPES: Final = (
    read("unknown fields are ignored", started("a", "10:00", mood={"a": [1, None]}), accepted=1),
    Case(
        "an optional field that is null is absent",
        [
            started("a", "10:00", queue=None, reason=None, direction=None, priority=None),
            resolved("a", "10:05", outcome=None, first_response_at=None, handle_seconds=None),
        ],
        "12:00",
        {
            "cx_window_contacts_started": 1,
            "cx_window_contacts_closed outcome=resolved": 1,
            "cx_window_first_response_seconds_count": 0,
            "cx_window_handle_seconds_count": 0,
        },
    ),
    read(
        "of a field that stands twice the last counts",
        b'{"topic": "contact-started", "value": {"contact_id": "a", "customer_id": "x",'
        b' "started_at": "yesterday", "started_at": "2024-03-05T10:00:00Z", "channel": "voice"}}',
        accepted=1,
    ),
    refused(
        "what is not JSON has no topic to be counted under",
        b'{"topic": "contact-started", "value": {',
        "unknown",
    ),
    refused("a line that is no object has no topic", b'["contact-started", {}]', "unknown"),
    refused("NaN is not JSON", b'{"topic": "contact-started", "value": NaN}', "unknown"),
    refused("another topic is not read", line("contacts", A), "unknown"),
    refused("a value is an object", b'{"topic": "contact-started", "value": ["a"]}'),
    refused("a value of null is no event", b'{"topic": "contact-started", "value": null}'),
    refused("a line without a value has no topic", b'{"topic": "contact-started"}', "unknown"),
    refused("JSON within a string is no object", b'{"topic": "contact-started", "value": "{}"}'),
    read(
        "an event has up to 65,536 bytes",
        of_size(65_536),
        of_size(65_537),
        accepted=1,
        invalid=1,
    ),
    read("a blank line is nothing", b"", started("a", "10:00"), b" \n", accepted=1),
    Case(
        "bad lines leave the good ones alone",
        [started("a", "10:00", direction="up"), b"{", started("a", "10:00"), b"[]"],
        "12:00",
        {"cx_window_contacts_started": 1, "cx_backlog_contacts": 1},
    ),
)
RESULTS: Final = (
    read(
        "the same event again is a duplicate",
        *[started("a", "10:00")] * 3,
        accepted=1,
        duplicate=2,
    ),
    read(
        "the same event in another spelling is a duplicate",
        started("a", "10:00"),
        started("a", "2024-03-05T12:00:00.0+02:00", direction="inbound", queue=None, event_id="e"),
        accepted=1,
        duplicate=1,
    ),
    read(
        "an amendment is accepted, also one that comes too late to stand",
        started("a", "10:01"),
        started("a", "10:02"),
        started("a", "10:00"),
        accepted=3,
    ),
    read(
        "an event that was amended is a duplicate when it comes again",
        started("a", "10:01"),
        started("a", "10:02"),
        started("a", "10:01"),
        accepted=2,
        duplicate=1,
    ),
    read(
        "duplicates are as many in any order",
        started("a", "10:02"),
        started("a", "10:01"),
        started("a", "10:01"),
        accepted=2,
        duplicate=1,
    ),
    Case(
        "each part of a contact has its own duplicates",
        [
            started("a", "10:00"),
            resolved("a", "10:00"),
            answered("a", "10:00", "csat", 4),
            answered("a", "10:00", "ces", 4),
            answered("a", "10:00", "csat", 4, event_id="other"),
            resolved("a", "10:00", agent_id="other"),
        ],
        "12:00",
        {
            "cx_pipeline_events_total topic=contact-started result=accepted": 1,
            "cx_pipeline_events_total topic=contact-resolved result=accepted": 1,
            "cx_pipeline_events_total topic=contact-resolved result=duplicate": 1,
            "cx_pipeline_events_total topic=survey-answered result=accepted": 2,
            "cx_pipeline_events_total topic=survey-answered result=duplicate": 1,
        },
    ),
    Case(
        "a response is a duplicate when its time and responder are the same",
        [
            responded("a", "10:00"),
            responded("a", "10:00", responder="agent", event_id="e"),
            responded("a", "10:00", responder="bot"),
            responded("a", "10:00:00.000001"),
        ],
        "12:00",
        {
            "cx_pipeline_events_total topic=contact-responded result=accepted": 3,
            "cx_pipeline_events_total topic=contact-responded result=duplicate": 1,
        },
        {"contact_responded": True},
    ),
    refused(
        "an unknown responder is refused",
        responded("a", "10:00", responder="robot"),
        "contact-responded",
        contact_responded=True,
    ),
    refused(
        "without its setting the topic of responses is not read",
        responded("a", "10:00"),
        "unknown",
    ),
)
CASES: Final = (*TIMES, *TEXTS, *NUMBERS, *SHAPES, *RESULTS)
