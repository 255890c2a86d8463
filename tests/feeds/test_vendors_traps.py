"""Ready-made feeds: what systems write beside their usual records, and what an analyst expects."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from service.feeds.record import ForeignRecord
from tests.feeds.vendor_samples import mapped

SENT_MS: Final = 1_772_452_800_000
TOPICS: Final = {
    "amazon-connect-records": "aws-connect-ctr",
    "chatwoot": "chatwoot-webhooks",
    "debezium-osticket": "ost.osticket.ost_ticket",
    "freeswitch-callcenter": "freeswitch-events",
    "freshdesk": "freshdesk-webhooks",
    "genesys-cloud": "genesys-events",
    "intercom": "intercom-webhooks",
    "qiyu": "qiyu-sessions",
    "salesforce": "salesforce-case",
    "twilio-taskrouter": "twilio-events",
    "zammad": "zammad-webhooks",
    "zendesk": "zendesk-events",
}


def events(system: str, value: Any) -> dict[str, dict[str, Any]]:
    """What becomes of one record, by rule; none of it may fail."""
    record = ForeignRecord(TOPICS[system], SENT_MS, None, (), json.dumps(value).encode())
    emitted, failed = mapped(system, [record])
    assert not failed
    return {event.feed.removeprefix(f"{system}-"): json.loads(event.value) for event in emitted}


def case(header: dict[str, Any], **fields: Any) -> dict[str, Any]:
    common = {"entityName": "Case", "recordIds": ["500"], "commitTimestamp": SENT_MS}
    return {"ChangeEventHeader": {**common, **header}, "ContactId": "003", **fields}


def test_salesforce_closes_a_case_that_is_closed_as_it_is_made() -> None:
    value = case(
        {"changeType": "CREATE"},
        CreatedDate=SENT_MS,
        IsClosed=True,
        ClosedDate=SENT_MS,
        Origin=None,
    )
    made = events("salesforce", value)
    assert made["start"]["channel"] == "other"
    assert made["end"]["resolved_at"] == made["start"]["started_at"]


@pytest.mark.parametrize(
    ("closed", "status", "rule"),
    [(True, "Closed", "end"), (False, "Working", "reopened"), (None, "Pending", "status")],
)
def test_salesforce_reads_changed_fields_that_are_bits(
    closed: bool | None, status: str, rule: str
) -> None:
    header = {"changeType": "UPDATE", "changedFields": ["0x400402"]}
    assert events("salesforce", case(header, IsClosed=closed, Status=status)).keys() == {rule}


def conversation(topic: str, **item: Any) -> dict[str, Any]:
    common = {
        "id": "2132",
        "created_at": SENT_MS // 1000,
        "updated_at": SENT_MS // 1000,
        "contacts": {"contacts": [{"id": "5c95"}]},
    }
    return {"topic": topic, "data": {"item": {**common, **item}}}


def test_intercom_takes_number_0_for_nobody() -> None:
    value = conversation("conversation.admin.closed", admin_assignee_id=0, team_assignee_id=0)
    assert not events("intercom", value)["end"].keys() & {"agent_id", "queue", "team"}
    value = conversation("conversation.admin.assigned", team_assignee_id=0)
    assert not events("intercom", value)


def test_intercom_begins_a_conversation_of_an_old_version_without_source() -> None:
    made = events("intercom", conversation("conversation.user.created"))
    assert made["start"]["channel"] == "chat"


def test_intercom_dates_a_changed_rating_by_its_change() -> None:
    first, second = SENT_MS // 1000, SENT_MS // 1000 + 60
    rating = {"rating": 2, "created_at": first, "updated_at": second}
    made = events("intercom", conversation("conversation.rating.added", conversation_rating=rating))
    assert made["csat"]["answered_at"] == "2026-03-02T12:01:00Z"
    rating["rating"] = None  # type: ignore[assignment]
    value = conversation("conversation.rating.added", conversation_rating=rating)
    assert not events("intercom", value)


@pytest.mark.parametrize(("kind", "is_reply"), [("email", True), ("phone", True), ("note", False)])
def test_zammad_takes_no_note_for_a_reply(kind: str, is_reply: bool) -> None:
    article = {
        "sender": "Agent",
        "internal": False,
        "type": kind,
        "created_at": "2026-03-02T12:00:00Z",
    }
    ticket = {
        "id": 81,
        "customer_id": 8,
        "created_at": "2026-03-02T11:00:00Z",
        "create_article_type": "email",
    }
    assert ("reply" in events("zammad", {"ticket": ticket, "article": article})) is is_reply


USER: Final = {"id": 9, "type": "user"}


@pytest.mark.parametrize(
    ("message", "responder"),
    [
        ({"sender": USER}, "agent"),
        ({"sender": USER, "additional_attributes": {"campaign_id": 5}}, "bot"),
        ({"sender": USER, "content_attributes": {"automation_rule_id": 5}}, "bot"),
        ({"sender": None, "content_attributes": {"external_echo": True}}, "agent"),
        ({"sender": None}, "bot"),
        ({"sender": USER, "message_type": 1, "created_at": SENT_MS // 1000}, "agent"),
    ],
)
def test_chatwoot_tells_agents_from_what_writes_by_itself(
    message: dict[str, Any], responder: str
) -> None:
    value = {
        "event": "message_created",
        "message_type": "outgoing",
        "private": False,
        "created_at": "2026-03-02T12:00:00.000Z",
        "conversation": {"id": 412, "meta": {"sender": {"id": 31}}},
        **message,
    }
    made = events("chatwoot", value)["reply"]
    assert made["responder"] == responder
    assert made["responded_at"].startswith("2026-03-02T12:00:00")


def ticket(**fields: Any) -> dict[str, Any]:
    common = {"ticket_id": "11", "requester_email": "e@example.com", "ticket_source": "Phone"}
    return {"freshdesk_webhook": {**common, **fields}}


def test_freshdesk_closes_a_call_that_is_logged_when_it_is_over() -> None:
    value = ticket(triggered_event="{ticket_action:created}", ticket_status="Closed")
    assert events("freshdesk", value).keys() == {"start", "resolved-at-once"}


def test_freshdesk_knows_who_wrote_and_grades_in_any_spelling() -> None:
    value = ticket(triggered_event="{reply_sent:sent}", performed_by="Agent")
    assert events("freshdesk", value).keys() == {"reply"}
    value = ticket(triggered_event="{reply_sent:sent}", performed_by="Customer")
    assert events("freshdesk", value).keys() == {"customer"}
    assert events("freshdesk", ticket(survey_rating="Extremely Happy"))["csat"]["score"] == 5


@pytest.mark.parametrize(
    ("requester", "customer"),
    [
        ({"requester_email": "E@Example.com", "requester_phone": "+4930"}, "e@example.com"),
        ({"requester_email": "", "requester_phone": "+4930"}, "+4930"),
        ({"requester_email": "", "requester_phone": ""}, "anonymous"),
        ({"requester_email": None}, "anonymous"),
    ],
)
def test_freshdesk_leaves_out_nobody_who_has_no_address(
    requester: dict[str, Any], customer: str
) -> None:
    made = events("freshdesk", ticket(triggered_event="{ticket_action:created}", **requester))
    assert made["start"]["customer_id"] == customer


@pytest.mark.parametrize(
    ("via", "direction"), [("phone_call_outbound", "outbound"), ("phone_call_inbound", "inbound")]
)
def test_zendesk_tells_a_call_that_an_agent_makes(via: str, direction: str) -> None:
    detail = {
        "id": "9",
        "requester_id": "7",
        "created_at": "2026-03-02T12:00:00Z",
        "via": {"channel": via},
    }
    made = events("zendesk", {"type": "zen:event-type:ticket.created", "id": "e", "detail": detail})
    assert (made["start"]["channel"], made["start"]["direction"]) == ("voice", direction)


def test_qiyu_has_sessions_that_nobody_grades() -> None:
    value = {
        "id": 1,
        "interaction": 0,
        "userId": "u",
        "startTime": SENT_MS,
        "endTime": SENT_MS,
        "staffFirstReplyTime": -1,
        "evaluation": None,
        "evaluationType": None,
    }
    assert events("qiyu", value).keys() == {"start", "end"}


def test_amazon_connect_takes_no_listening_supervisor_for_an_agent() -> None:
    value = {
        "ContactId": "a2",
        "InitialContactId": "a1",
        "InitiationMethod": "MONITOR",
        "DisconnectTimestamp": "2026-03-02T12:00:00Z",
        "CustomerEndpoint": {"Address": "+4930"},
        "Queue": {"Name": "q", "EnqueueTimestamp": "2026-03-02T11:00:00Z"},
        "Agent": {"Username": "boss", "ConnectedToAgentTimestamp": "2026-03-02T11:01:00Z"},
    }
    assert not events("amazon-connect-records", value)
    assert events("amazon-connect-records", {**value, "InitiationMethod": "TRANSFER"})


def test_withheld_numbers_are_anonymous_in_whatever_way_they_are_written() -> None:
    body = {"eventTime": SENT_MS, "conversationId": "c", "mediaType": "VOICE"}
    for number in ("tel:+266696687", "sip:Anonymous@anonymous.invalid", "", None):
        detail = {
            "topicName": "v2.detail.events.conversation.c.customer.start",
            "eventBody": {**body, "ani": number},
        }
        made = events("genesys-cloud", {"detail": detail})
        assert made["start"]["customer_id"] == "anonymous"
    payload = {
        "task_sid": "WT",
        "task_date_created": "2026-03-02T12:00:00Z",
        "task_channel_unique_name": "voice",
    }
    for number in ("sip:anonymous@anonymous.invalid", "+266696687", "ANONYMOUS", None):
        value = {
            "specversion": "1.0",
            "type": "com.twilio.taskrouter.task.created",
            "data": {"payload": {**payload, "task_attributes": json.dumps({"from": number})}},
        }
        assert events("twilio-taskrouter", value)["start"]["customer_id"] == "anonymous"


def test_osticket_takes_topic_0_for_none() -> None:
    row = {"ticket_id": 7, "user_id": 1, "dept_id": 2, "topic_id": 0, "source": "Email"}
    after = {**row, "created": SENT_MS, "updated": SENT_MS}
    made = events("debezium-osticket", {"op": "r", "after": after, "source": {}})
    assert made.keys() == {"start", "changed"}
    assert not any("reason" in event for event in made.values())


def test_freeswitch_ends_a_call_of_which_no_answer_is_known() -> None:
    value = {
        "Event-Subclass": "callcenter::info",
        "CC-Action": "member-queue-end",
        "CC-Queue": "support@default",
        "CC-Member-Session-UUID": "b7",
        "CC-Member-CID-Number": "4385",
        "CC-Cause": "Terminated",
        "CC-Agent-Answered-Time": "0",
        "CC-Member-Leaving-Time": "1772452800",
        "Event-Date-Timestamp": "1772452800000000",
    }
    assert "handle_seconds" not in events("freeswitch-callcenter", value)["end"]


@pytest.mark.parametrize("former", [0, "0", "", None])
def test_qiyu_makes_no_contact_0_of_handed_over_sessions_without_a_former_one(former: Any) -> None:
    value = {
        "id": 7,
        "interaction": 0,
        "userId": "u",
        "startTime": SENT_MS,
        "endTime": SENT_MS,
        "relatedType": 4,
        "relatedId": former,
    }
    made = events("qiyu", value)
    assert made.keys() == {"start", "end"}
    assert {event["contact_id"] for event in made.values()} == {"7"}
