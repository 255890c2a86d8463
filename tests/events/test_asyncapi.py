"""asyncapi.yaml is AsyncAPI 3, and describes the topics as they are."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from typing import Any, get_args

import pytest
import yaml

from service.events.agents import AgentEventType
from service.events.model import EventType
from service.events.refusal import Reason
from service.settings.kafka import Kafka, Topics
from tests.events.samples import SCHEMAS

with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)  # of fields that shadow pydantic's own names
    from asyncapi3 import AsyncAPI3  # type: ignore[import-untyped]

TYPES: tuple[EventType, ...] = get_args(EventType)
AGENT_TYPES: tuple[AgentEventType, ...] = get_args(AgentEventType)


@pytest.fixture
def document() -> Any:
    return yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text())


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)


def resolve(document: Any, reference: str) -> Any:
    file, _, pointer = reference.partition("#")
    node = json.loads((SCHEMAS / file).read_text()) if file else document
    for step in pointer.split("/")[1:]:
        node = node[step]
    return node


def message(document: Any, channel: Any) -> Any:
    (reference,) = references(channel["messages"])
    return resolve(document, reference)


def test_it_is_valid_asyncapi_3(document: Any) -> None:
    assert AsyncAPI3.model_validate(document).asyncapi.startswith("3.")


def test_the_check_of_validity_can_fail(document: Any) -> None:
    document["operations"]["sendDeadLetter"]["action"] = "publish"
    with pytest.raises(ValueError, match="sendDeadLetter"):
        AsyncAPI3.model_validate(document)


def test_every_reference_leads_somewhere(document: Any) -> None:
    found = list(references(document))
    assert found
    for reference in found:
        assert isinstance(resolve(document, reference), dict)


def test_every_event_type_is_a_channel_received_with_its_schema(document: Any) -> None:
    received = [
        resolve(document, operation["channel"]["$ref"])
        for operation in document["operations"].values()
        if operation["action"] == "receive"
    ]
    assert {channel["address"] for channel in received} == {*TYPES, *AGENT_TYPES}
    for channel in received:
        of_channel = message(document, channel)
        assert of_channel["name"] == channel["address"]
        payload = of_channel["payload"]
        assert payload["schemaFormat"] == "application/schema+json;version=draft-07"
        assert resolve(document, payload["schema"]["$ref"])["title"] == channel["address"]


def test_the_key_of_every_event_is_bound_as_the_customer_id_or_the_agent_id(
    document: Any,
) -> None:
    for type_ in (*TYPES, *AGENT_TYPES):
        name = "agent_id" if type_ in AGENT_TYPES else "customer_id"
        (channel,) = (c for c in document["channels"].values() if c["address"] == type_)
        bound = resolve(document, message(document, channel)["bindings"]["$ref"])["kafka"]["key"]
        of_field = resolve(document, f"{type_}.schema.json")["properties"][name]
        assert name in bound["description"]
        for rule in ("type", "minLength", "maxLength"):
            assert bound[rule] == of_field[rule]


def test_the_defaults_are_those_of_the_settings(document: Any) -> None:
    bindings = document["components"]["channelBindings"]["events"]["kafka"]
    group = document["components"]["operationBindings"]["consumer"]["kafka"]["groupId"]
    topics, kafka = Topics.model_fields, Kafka.model_fields
    addresses = {c["address"] for c in document["channels"].values()}
    inner = ("changelog", "agents_changelog", "group_register")
    assert addresses == {f.default for name, f in topics.items() if name not in inner}
    assert bindings["partitions"] == kafka["partitions"].default
    assert group["enum"] == [kafka["group"].default]


def test_event_channels_of_contacts_and_of_agents_each_share_one_number_of_partitions(
    document: Any,
) -> None:
    bindings = [c["bindings"].get("$ref") for c in document["channels"].values()]
    assert bindings.count("#/components/channelBindings/events") == len(TYPES)
    assert bindings.count("#/components/channelBindings/agentEvents") == len(AGENT_TYPES)


def test_dead_letters_are_sent_with_the_four_headers_and_every_reason(document: Any) -> None:
    channel = resolve(document, document["operations"]["sendDeadLetter"]["channel"]["$ref"])
    headers = message(document, channel)["headers"]
    names = ["error.reason", "error.topic", "error.partition", "error.offset"]
    assert headers["required"] == names
    assert set(names) < set(headers["properties"])
    assert headers["properties"]["error.reason"]["enum"] == list(Reason)
