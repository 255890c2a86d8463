"""What is taken, and what becomes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, get_args

import msgspec
import pytest

from service.events.model import (
    EVENT_CLASSES,
    TIME_FIELDS,
    ContactResolved,
    ContactResponded,
    ContactStarted,
    EventType,
    SurveyAnswered,
)
from service.events.times import microseconds
from tests.events.samples import DECODER, EVENTS, MAX_BYTES, WALL, decode, text, timed

TYPES: tuple[EventType, ...] = get_args(EventType)


@pytest.mark.parametrize("type_", TYPES)
def test_every_type_has_a_class_and_a_time(type_: EventType) -> None:
    event, at = timed(type_, text(type_))
    assert type(event) is EVENT_CLASSES[type_]
    assert at == microseconds(getattr(event, TIME_FIELDS[type_]))


def test_every_field_of_a_start_is_read() -> None:
    value = text(
        "contact-started",
        queue="billing",
        reason="invoice",
        priority="high",
        direction="outbound",
        previous_contact_id="C-0",
        event_id="e",
    )
    assert decode("contact-started", value) == ContactStarted(
        contact_id="C-1",
        customer_id="customer-1",
        started_at=datetime(2025, 6, 1, 10, tzinfo=UTC),
        channel="voice",
        queue="billing",
        reason="invoice",
        priority="high",
        direction="outbound",
        previous_contact_id="C-0",
        event_id="e",
    )


def test_every_field_of_a_resolution_is_read() -> None:
    value = text(
        "contact-resolved",
        outcome="unresolved",
        first_response_at="2025-06-01T10:01:00Z",
        agent_id="agent",
        queue="billing",
        reason="invoice",
        agent_replies=3,
        handle_seconds=12.5,
        transfers=2,
        event_id="e",
    )
    assert decode("contact-resolved", value) == ContactResolved(
        contact_id="C-1",
        customer_id="customer-1",
        resolved_at=datetime(2025, 6, 1, 10, 5, tzinfo=UTC),
        outcome="unresolved",
        first_response_at=datetime(2025, 6, 1, 10, 1, tzinfo=UTC),
        agent_id="agent",
        queue="billing",
        reason="invoice",
        agent_replies=3,
        handle_seconds=12.5,
        transfers=2,
        event_id="e",
    )


def test_every_field_of_a_survey_is_read() -> None:
    value = text("survey-answered", survey="nps", score=10, issue_resolved=False, event_id="e")
    assert decode("survey-answered", value) == SurveyAnswered(
        contact_id="C-1",
        customer_id="customer-1",
        answered_at=datetime(2025, 6, 1, 11, tzinfo=UTC),
        survey="nps",
        score=10,
        issue_resolved=False,
        event_id="e",
    )


def test_every_field_of_a_response_is_read() -> None:
    value = text("contact-responded", responder="bot", event_id="e")
    assert decode("contact-responded", value) == ContactResponded(
        contact_id="C-1",
        customer_id="customer-1",
        responded_at=datetime(2025, 6, 1, 10, 0, 20, tzinfo=UTC),
        responder="bot",
        event_id="e",
    )


@pytest.mark.parametrize("type_", TYPES)
def test_an_optional_field_that_is_null_is_absent(type_: EventType) -> None:
    names = (field.name for field in msgspec.structs.fields(EVENT_CLASSES[type_]))
    nulls = {name: None for name in names if name not in EVENTS[type_]}
    assert decode(type_, text(type_, **nulls)) == decode(type_, text(type_))


def test_absent_words_have_the_defaults_of_the_contract() -> None:
    started = decode("contact-started", text("contact-started"))
    resolved = decode("contact-resolved", text("contact-resolved"))
    responded = decode("contact-responded", text("contact-responded"))
    assert isinstance(started, ContactStarted)
    assert started.direction == "inbound"
    assert isinstance(resolved, ContactResolved)
    assert resolved.outcome == "resolved"
    assert isinstance(responded, ContactResponded)
    assert responded.responder == "agent"


@pytest.mark.parametrize("type_", TYPES)
def test_unknown_fields_are_ignored(type_: EventType) -> None:
    more: dict[str, Any] = {"tenant": None, "tags": [1, {"channel": 5}], "very": {"deep": [[[[]]]]}}
    assert decode(type_, text(type_, **more)) == decode(type_, text(type_))


def test_of_a_field_that_stands_twice_the_last_counts() -> None:
    twice = text("contact-started")[:-1] + b', "channel": "chat"}'
    event = decode("contact-started", twice)
    assert isinstance(event, ContactStarted)
    assert event.channel == "chat"


def test_of_a_field_that_stands_twice_the_first_may_be_anything() -> None:
    twice = b'{"channel": 5, ' + text("contact-started")[1:]
    assert decode("contact-started", twice) == decode("contact-started", text("contact-started"))


@pytest.mark.parametrize("written", ["4", "4.0", "4.000", "40e-1", "0.4E1", "4e0"])
def test_an_integer_may_be_written_with_a_fraction_of_zero(written: str) -> None:
    value = text("survey-answered").replace(b'"score": 4', b'"score": ' + written.encode())
    event = decode("survey-answered", value)
    assert isinstance(event, SurveyAnswered)
    assert event.score == 4
    assert type(event.score) is int


@pytest.mark.parametrize("written", ["-0", "-0.0", "0e9", "1e-400"])
def test_every_way_to_write_zero_is_zero(written: str) -> None:
    value = text("contact-resolved", transfers=7).replace(b": 7", b": " + written.encode())
    event = decode("contact-resolved", value)
    assert isinstance(event, ContactResolved)
    assert event.transfers == 0


def test_lengths_are_counted_in_characters_not_bytes() -> None:
    event = decode(
        "contact-started", text("contact-started", channel="😀" * 64, contact_id="連" * 256)
    )
    assert isinstance(event, ContactStarted)
    assert (len(event.channel), len(event.contact_id)) == (64, 256)


def test_text_may_be_any_unicode_even_null_characters() -> None:
    event = decode("contact-started", text("contact-started", channel="\x00\x7f\u2028 é"))
    assert isinstance(event, ContactStarted)
    assert event.channel == "\x00\x7f\u2028 é"


def test_white_space_around_the_object_does_not_matter() -> None:
    value = text("contact-started")
    assert decode("contact-started", b" \r\n\t" + value + b"\n") == decode("contact-started", value)


def test_the_key_is_the_customer_id_in_utf8() -> None:
    value = text("contact-started", customer_id="Zoë 連")
    event, _ = DECODER.decode("contact-started", "Zoë 連".encode(), value, WALL)
    assert event.customer_id == "Zoë 連"


def test_a_value_of_exactly_the_greatest_size_is_taken() -> None:
    value = text("contact-started")
    padded = value + b" " * (MAX_BYTES - len(value))
    assert decode("contact-started", padded) == decode("contact-started", value)


def test_an_event_written_by_the_model_is_read_back_as_itself() -> None:
    for type_ in TYPES:
        event = decode(type_, text(type_))
        assert decode(type_, msgspec.json.encode(event)) == event


def test_a_written_event_leaves_out_what_is_absent() -> None:
    event = decode("contact-responded", text("contact-responded"))
    assert json.loads(msgspec.json.encode(event)) == EVENTS["contact-responded"]
