"""The decoder and the schemas take and refuse the same events."""

from __future__ import annotations

import json
from typing import Any, get_args

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.events import model
from service.events.agents import AGENT_EVENT_CLASSES, AgentEventType
from service.events.decoding import Decoder
from service.events.model import EVENT_CLASSES, EventType
from service.events.refusal import Refused
from tests.events.samples import ALL_EVENTS, EVENTS, MAX_BYTES, SCHEMAS
from tests.events.strategies import ANY_JSON, MUTATED_TIMES, documents, times

TYPES: tuple[EventType | AgentEventType, ...] = (*get_args(EventType), *get_args(AgentEventType))
CLASSES = {**EVENT_CLASSES, **AGENT_EVENT_CLASSES}
SCHEMA_OF = {type_: json.loads((SCHEMAS / f"{type_}.schema.json").read_text()) for type_ in TYPES}
VALIDATORS = {type_: jsonschema.Draft7Validator(SCHEMA_OF[type_]) for type_ in TYPES}

#: How two times stand to each other is no matter of a schema either.
TWO_TIMES = (
    "ends_at must be later than starts_at",
    "employed_until must not be before employed_from",
)

#: No time is in the future: what the wall clock says is no matter of a schema.
DECODER = Decoder(10 * MAX_BYTES, max_future_skew_us=2**62)
THOROUGH = settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)


PLANNED: tuple[tuple[AgentEventType, str], ...] = (
    ("agent-scheduled", "starts_at"),
    ("agent-scheduled", "ends_at"),
    ("agent-employed", "employed_from"),
    ("agent-employed", "employed_until"),
)


def taken(type_: EventType | AgentEventType, event: Any) -> bool:
    try:
        DECODER.decode_without_key(type_, json.dumps(event).encode(), 0)
    except Refused as refused:
        return refused.detail in TWO_TIMES
    return True


def assert_agreed(type_: EventType | AgentEventType, event: Any) -> None:
    assert taken(type_, event) == VALIDATORS[type_].is_valid(event)


def assert_agreed_on_time(time: str) -> None:
    assert_agreed("contact-started", {**EVENTS["contact-started"], "started_at": time})
    assert_agreed("contact-resolved", {**EVENTS["contact-resolved"], "first_response_at": time})
    for type_, name in PLANNED:
        assert_agreed(type_, {**ALL_EVENTS[type_], name: time})


@pytest.mark.parametrize("type_", TYPES)
def test_the_schema_is_valid_draft_07(type_: EventType | AgentEventType) -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA_OF[type_])
    assert SCHEMA_OF[type_]["$schema"] == "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize("type_", TYPES)
def test_the_schema_has_the_fields_of_the_model_in_its_order(
    type_: EventType | AgentEventType,
) -> None:
    fields = msgspec.structs.fields(CLASSES[type_])
    assert list(SCHEMA_OF[type_]["properties"]) == [field.name for field in fields]
    assert SCHEMA_OF[type_]["required"] == [field.name for field in fields if field.required]


@pytest.mark.parametrize("type_", TYPES)
def test_the_schema_has_the_defaults_of_the_model(type_: EventType | AgentEventType) -> None:
    for field in msgspec.structs.fields(CLASSES[type_]):
        default = SCHEMA_OF[type_]["properties"][field.name].get("default")
        assert default == (None if field.required else field.default)


def test_all_schemas_have_the_same_times() -> None:
    first, *others = (schema["definitions"]["time"] for schema in SCHEMA_OF.values())
    assert all(other == first for other in others)


def test_the_bounds_of_the_model_stand_in_the_schemas() -> None:
    resolved = SCHEMA_OF["contact-resolved"]["properties"]
    assert resolved["agent_replies"]["anyOf"][0]["maximum"] == model.MAX_COUNT
    assert resolved["transfers"]["anyOf"][0]["maximum"] == model.MAX_COUNT
    assert resolved["handle_seconds"]["anyOf"][0]["maximum"] == model.MAX_HANDLE_SECONDS
    version = {"type": "integer", "minimum": 0, "maximum": model.MAX_VERSION}
    for schema in SCHEMA_OF.values():
        assert schema["properties"]["version"]["anyOf"][0] == version


@pytest.mark.parametrize("survey", get_args(model.Survey))
@pytest.mark.parametrize("scale", [None, "", *range(12)])
def test_decoder_and_schema_agree_on_every_scale(survey: str, scale: Any) -> None:
    for score in range(-1, 12):
        event = {**EVENTS["survey-answered"], "survey": survey, "score": score, "scale": scale}
        assert_agreed("survey-answered", event)


@pytest.mark.parametrize("type_", TYPES)
@given(data=st.data())
@THOROUGH
def test_decoder_and_schema_agree_on_changed_events(
    type_: EventType | AgentEventType, data: st.DataObject
) -> None:
    assert_agreed(type_, data.draw(documents(type_)))


@pytest.mark.parametrize("type_", TYPES)
@given(document=ANY_JSON)
@settings(THOROUGH, max_examples=50)
def test_decoder_and_schema_agree_on_any_json(
    type_: EventType | AgentEventType, document: Any
) -> None:
    assert_agreed(type_, document)


@given(time=times() | MUTATED_TIMES)
@settings(THOROUGH, max_examples=1000)
def test_decoder_and_schema_agree_on_times(time: str) -> None:
    assert_agreed_on_time(time)


def test_an_end_is_not_of_a_year_too_early_even_where_an_offset_puts_it_behind_its_begin() -> None:
    times = {"starts_at": "1900-01-01T00:00:00Z", "ends_at": "1899-12-31T23:00:00-05:00"}
    assert_agreed("agent-scheduled", {**ALL_EVENTS["agent-scheduled"], **times})
    times = {"employed_from": times["starts_at"], "employed_until": times["ends_at"]}
    assert_agreed("agent-employed", {**ALL_EVENTS["agent-employed"], **times})


@pytest.mark.parametrize("century", [0, 1, 4, 19, 20, 21, 24, 99])
def test_decoder_and_schema_agree_on_every_last_of_february(century: int) -> None:
    for year in range(100):
        for day in (28, 29, 30):
            time = f"{century:02}{year:02}-02-{day}T00:00:00Z"
            assert_agreed("contact-started", {**EVENTS["contact-started"], "started_at": time})


def test_decoder_and_schema_agree_on_every_day_of_a_month() -> None:
    for month in range(14):
        for day in range(33):
            time = f"2025-{month:02}-{day:02}T00:00:00Z"
            assert_agreed("contact-started", {**EVENTS["contact-started"], "started_at": time})


@pytest.mark.parametrize(
    "time",
    [
        "9999-12-31T23:59:59.9999994Z",
        "9999-12-31T23:59:59.9999995Z",
        "9999-12-31 23:59:59.99999949999z",
        "9999-12-31T23:59:59.9999999+23:59",
        "9999-12-31T23:59:59.999999-23:59",
        "0001-01-01T00:00:00+23:59",
        "1899-12-31T23:59:59.999999Z",
        "1899-12-31T23:59:59.9999994Z",
        "1899-12-31T23:59:59.9999995Z",
        "1899-12-31T23:59:59.99999949999+05:00",
        "1899-12-31t23:59:59.9999995-23:59",
        "1899-12-31T23:59:58.9999995Z",
        "1900-01-01T00:00:00+23:59",
        "0000-12-31T23:59:59-23:59",
        "2025-01-31T09:30:00." + "1" * 1000 + "Z",
        "2025-01-31T09:30:00." + "9" * 1000 + "Z",
        "2025-01-31T09:30:00Z\n",
        "2025-01-31T09:30:00Z\x00",
        "\n2025-01-31T09:30:00Z",
        "\u0662\u0660\u0662\u0665-01-31T09:30:00Z",
        "2025-01-31T09:30:00\uff3a",
        "2025-01-31T09:30:00Z[Europe/Berlin]",
        "2025-W05-5T09:30:00Z",
        "20250131T093000Z",
        "2025-01-31",
        "",
    ],
)
def test_decoder_and_schema_agree_on_odd_times(time: str) -> None:
    assert_agreed_on_time(time)


@pytest.mark.parametrize("survey", ["csat", "nps", "ces", "CSAT", "", None, 1])
@pytest.mark.parametrize("score", [*range(-1, 12), 0.0, 5.0, 10.0, 7.5, True, None, "5", 10**30])
def test_decoder_and_schema_agree_on_every_score(survey: Any, score: Any) -> None:
    assert_agreed(
        "survey-answered", {**EVENTS["survey-answered"], "survey": survey, "score": score}
    )
