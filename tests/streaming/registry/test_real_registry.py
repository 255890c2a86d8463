"""A real registry, and records as another client's serialisers write them."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from service.events.decoding import Decoder
from service.feeds.definition import FeedDefinition
from service.feeds.mapper import Mapper
from service.feeds.record import ForeignRecord
from service.feeds.schemas import SchemaRef
from service.streaming.registry.config import RegistryConfig
from service.streaming.registry.requests import Registry
from service.streaming.registry.schemas import Schemas
from service.streaming.value_formats import JsonSchema
from tests.brokers.apicurio import Apicurio
from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from pathlib import Path

WALL = 1_767_225_600_000_000
CUSTOMER = {
    "type": "record",
    "name": "desk.Customer",
    "fields": [{"name": "id", "type": "long"}, {"name": "vip", "type": ["null", "boolean"]}],
}
TICKET = {
    "type": "record",
    "name": "desk.Ticket",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "customer", "type": "desk.Customer"},
        {"name": "opened", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    ],
}
DATUM: dict[str, Any] = {
    "id": "t1",
    "customer": {"id": 17, "vip": None},
    "opened": 1_767_225_000_250,
}
JSON_SCHEMA = {"title": "Ticket", "type": "object", "properties": {"id": {"type": "string"}}}


def mapper() -> Mapper:
    feed = FeedDefinition(
        name="desk",
        topic="tickets",
        emit="contact-started",
        format="avro",
        fields={
            "contact_id": "id",
            "customer_id": "customer.id",
            "started_at": "opened",
            "channel": "'email'",
        },
    )
    return Mapper([feed], Decoder(65_536, 300_000_000))


def serialised(url: str) -> tuple[bytes, bytes]:
    """The ticket in Avro, its customer's schema by reference; and an object by JSON Schema."""
    client = SchemaRegistryClient({"url": url})
    context = SerializationContext("tickets", MessageField.VALUE)
    client.register_schema("customers", Schema(json.dumps(CUSTOMER), "AVRO"))
    reference = SchemaReference("desk.Customer", "customers", 1)
    schema = Schema(json.dumps(TICKET), "AVRO", [reference])
    avro = AvroSerializer(client, schema)(DATUM, context)
    as_json = JSONSerializer(json.dumps(JSON_SCHEMA), client)({"id": "t1"}, context)
    assert avro is not None
    assert as_json is not None
    return avro, as_json


@pytest.mark.kafka
@pytest.mark.slow
async def test_records_of_another_client_are_read_by_the_schemas_of_a_real_registry(
    tmp_path: Path,
) -> None:
    with Apicurio(tmp_path) as apicurio:
        avro, as_json = await asyncio.to_thread(serialised, apicurio.url)
        registry = Registry(RegistryConfig(apicurio.url))
        await registry.open()
        schemas = Schemas(registry)
        try:
            await registry.answers()
            record = ForeignRecord("tickets", 0, None, (), avro)
            [needed] = mapper().schemas_needed(record)
            unknown = (SchemaRef("id", "2147483647"), SchemaRef("id", "4294967295"))
            guid = SchemaRef("guid", "6f9619ff-8b86-d011-b42d-00c04fc964ff")
            async with asyncio.timeout(PATIENCE_S):
                await schemas.look_up([needed, *unknown, guid])
        finally:
            await schemas.close()
    assert schemas.known[needed].problem is None
    assert all(schemas.known[ref].problem for ref in (*unknown, guid))
    [event] = mapper().map(record, WALL, schemas.known).emitted
    assert json.loads(event.value) == {
        "contact_id": "t1",
        "customer_id": "17",
        "started_at": "2025-12-31T23:50:00.250000Z",
        "channel": "email",
    }
    # Of JSON no schema is needed.
    assert json.loads(JsonSchema().taken_off(as_json)) == {"id": "t1"}
