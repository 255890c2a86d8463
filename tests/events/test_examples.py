"""Every example in schemas/ is what its place and its name say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast, get_args

import jsonschema
import pytest

from service.events.agents import AgentEventType
from service.events.model import EventType
from service.events.refusal import Reason
from tests.events.samples import DECODER, SCHEMAS, WALL, refusal

TYPES: tuple[EventType | AgentEventType, ...] = (*get_args(EventType), *get_args(AgentEventType))
VALID = sorted(SCHEMAS.glob("examples/*/valid/*.json"))
INVALID = sorted(SCHEMAS.glob("examples/*/invalid/*.json"))


def name(path: Path) -> str:
    return str(path.relative_to(SCHEMAS / "examples"))


def type_of(path: Path) -> EventType | AgentEventType:
    return cast("EventType | AgentEventType", path.parts[-3])


def key(event: Any) -> bytes:
    return cast("str", event.get("customer_id") or event["agent_id"]).encode()


def schema(type_: EventType | AgentEventType) -> Any:
    return json.loads((SCHEMAS / f"{type_}.schema.json").read_text())


def validator(type_: EventType | AgentEventType) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(schema(type_))


@pytest.mark.parametrize("path", VALID, ids=name)
def test_a_valid_example_is_taken_by_schema_and_decoder(path: Path) -> None:
    event = json.loads(path.read_text())
    validator(type_of(path)).validate(event)
    DECODER.decode(type_of(path), key(event), path.read_bytes(), WALL)


@pytest.mark.parametrize("path", INVALID, ids=name)
def test_an_invalid_example_is_refused_by_both_for_the_reason_in_its_name(path: Path) -> None:
    assert not validator(type_of(path)).is_valid(json.loads(path.read_text()))
    assert refusal(type_of(path), path.read_bytes()) == path.name.partition(".")[0]


@pytest.mark.parametrize("type_", TYPES)
def test_the_examples_in_the_schema_are_taken(type_: EventType | AgentEventType) -> None:
    for event in schema(type_)["examples"]:
        validator(type_).validate(event)
        DECODER.decode(type_, key(event), json.dumps(event).encode(), WALL)


@pytest.mark.parametrize("type_", TYPES)
def test_every_type_has_examples_of_both_kinds(type_: EventType | AgentEventType) -> None:
    assert any(type_of(path) == type_ for path in VALID)
    assert any(type_of(path) == type_ for path in INVALID)


def test_every_reason_a_schema_can_express_has_an_example() -> None:
    shown = {path.name.partition(".")[0] for path in INVALID}
    assert shown == {
        Reason.NOT_AN_OBJECT,
        Reason.MISSING_FIELD,
        Reason.WRONG_TYPE,
        Reason.OUT_OF_RANGE,
        Reason.NOT_A_TIME,
        Reason.NO_OFFSET,
    }


def test_the_readme_explains_every_reason() -> None:
    readme = (SCHEMAS / "README.md").read_text()
    assert [reason for reason in Reason if f"`{reason}`" not in readme] == []
