"""Ready-made feeds of telephone systems: who the customer is, and how a call ended."""

from __future__ import annotations

import json
from typing import Any

import pytest

from service.feeds.record import ForeignRecord
from tests.feeds.test_vendors_traps import SENT_MS, events
from tests.feeds.vendor_samples import mapped, records

OURS, THEIRS = "tel:+4930999", "tel:+4917222"


def genesys(name: str, **fields: Any) -> dict[str, Any]:
    topic = f"v2.detail.events.conversation.c.{name}"
    body = {"eventTime": SENT_MS, "conversationId": "c", "mediaType": "VOICE", **fields}
    return {"id": "e", "detail": {"topicName": topic, "eventBody": body}}


@pytest.mark.parametrize(
    ("fields", "customer"),
    [
        ({"direction": "INBOUND", "ani": THEIRS, "dnis": OURS}, "+4917222"),
        ({"direction": "OUTBOUND", "ani": OURS, "dnis": THEIRS}, "+4917222"),
        (
            {
                "direction": "OUTBOUND",
                "mediaType": "EMAIL",
                "addressFrom": "care@example.com",
                "addressTo": "bo@example.com",
            },
            "bo@example.com",
        ),
        (
            {
                "direction": "OUTBOUND",
                "ani": OURS,
                "dnis": THEIRS,
                "conversationExternalContactIds": ["x-17"],
            },
            "x-17",
        ),
    ],
)
def test_genesys_takes_whom_the_centre_calls_for_the_customer(
    fields: dict[str, Any], customer: str
) -> None:
    start = events("genesys-cloud", genesys("customer.start", **fields))["start"]
    end = genesys("user.end", interactingDurationMs=1000, userId="u", **fields)
    assert start["customer_id"] == customer
    assert start["direction"] == fields["direction"].lower()
    assert events("genesys-cloud", end)["end"]["customer_id"] == customer


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("BREAK_OUT", "abandoned"),
        ("NONE", "abandoned"),
        ("TIMEOUT", "unresolved"),
        ("NO_AGENT_TIMEOUT", "unresolved"),
        ("EXIT_WITH_KEY", "unresolved"),
    ],
)
def test_freeswitch_takes_for_abandoned_only_who_hangs_up(reason: str, outcome: str) -> None:
    value = {
        "Event-Subclass": "callcenter::info",
        "CC-Action": "member-queue-end",
        "CC-Queue": "support@default",
        "CC-Member-Session-UUID": "b7",
        "CC-Member-CID-Number": "4385",
        "CC-Cause": "Cancel",
        "CC-Cancel-Reason": reason,
        "Event-Date-Timestamp": "1772452800000000",
    }
    assert events("freeswitch-callcenter", value)["end"]["outcome"] == outcome


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        ("EXITWITHTIMEOUT|1|1|30", "unresolved"),
        ("EXITWITHKEY|3|1|1|30", "unresolved"),
        ("EXITEMPTY|1|1|30", "unresolved"),
        ("ABANDON|1|1|30", "abandoned"),
    ],
)
def test_queue_log_takes_for_abandoned_only_who_hangs_up(event: str, outcome: str) -> None:
    assert _after_entry(event)["outcome"] == outcome


@pytest.mark.parametrize(
    "event",
    [
        "BLINDTRANSFER|200|internal|9|61|1",
        "ATTENDEDTRANSFER|BRIDGE|0a1b|9|61|1",
        "ATTENDEDTRANSFER|LINK|Local/1@x;1|Local/1@x;2|9|61|1",
        "TRANSFER|200|internal|9|61|1",
    ],
)
def test_queue_log_tells_the_talk_before_a_transfer_of_whatever_kind(event: str) -> None:
    end = _after_entry(event)
    assert (end["handle_seconds"], end["transfers"]) == (61, 1)


def _numbered(value: Any) -> Any:
    """As bridges tell it that make numbers of what looks like one."""
    try:
        return float(value) if "." in value else int(value)
    except (TypeError, ValueError):
        return value


@pytest.mark.parametrize("system", ["asterisk-ami", "freeswitch-callcenter"])
def test_numbers_may_be_texts_or_numbers(system: str) -> None:
    as_texts = records(system)
    as_numbers = [
        record._replace(value=json.dumps({k: _numbered(v) for k, v in fields.items()}).encode())
        for record in as_texts
        if isinstance(fields := json.loads(record.value or b"null"), dict)
    ]
    (texts, _), (numbers, failed) = mapped(system, as_texts), mapped(system, as_numbers)
    assert not failed
    assert [(it.feed, _labels(it.value)) for it in numbers] == [
        (it.feed, _labels(it.value)) for it in texts
    ]


def _labels(event: bytes) -> dict[str, Any]:
    """What of an event is no id: a number in it loses the noughts at its end."""
    told: dict[str, Any] = json.loads(event)
    return {name: it for name, it in told.items() if not name.endswith("_id")}


def _after_entry(event: str) -> dict[str, Any]:
    """The end that such a line makes of a call that has entered its queue."""
    lines = ["ENTERQUEUE||4930|1", event]
    emitted, failed = mapped(
        "asterisk-queue-log",
        [
            ForeignRecord(
                "asterisk-queue-log", SENT_MS, None, (), f"1772452800|17.1|600|SIP/1|{it}".encode()
            )
            for it in lines
        ],
    )
    assert not failed
    (end,) = (it.value for it in emitted if it.type == "contact-resolved")
    told: dict[str, Any] = json.loads(end)
    return told
